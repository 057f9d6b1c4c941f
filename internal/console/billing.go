package console

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (c *Console) billingRoutes() []route {
	return []route{
		get("/billing-keys", pay.SeeBilling, c.billingKeyList),
		get("/billing-keys/{customer_uid}", pay.SeeBilling, c.billingKeyShow),
		post("/billing-keys/{customer_uid}/delete", pay.ActBilling, c.billingKeyDelete),
		get("/schedules", pay.SeeBilling, c.scheduleList),
		post("/schedules/revoke", pay.ActBilling, c.scheduleRevokeSome),
		get("/schedules/calendar", pay.SeeBilling, c.scheduleCalendar),
		get("/schedules/recovery", pay.SeeBilling, c.recoveryShow),
		post("/schedules/recovery", pay.ActBilling, c.recoverySet),
		get("/schedules/new", pay.ActBilling, c.scheduleNew),
		post("/schedules/new", pay.ActBilling, c.scheduleBook),
		get("/schedules/{merchant_uid}", pay.SeeBilling, c.scheduleShow),
		post("/schedules/{merchant_uid}/move", pay.ActBilling, c.scheduleMove),
		post("/schedules/{merchant_uid}/revoke", pay.ActBilling, c.scheduleRevoke),
		post("/schedules/{merchant_uid}/retry", pay.ActBilling, c.scheduleRetry),
		post("/schedules/{merchant_uid}/rebook", pay.ActBilling, c.scheduleRebook),
	}
}

// billingPage is how many rows a list of billing has.
const billingPage = 50

func (c *Console) schedulePath(uid pay.MerchantUID, action ...string) string {
	return c.path("/schedules/" + url.PathEscape(string(uid)) + strings.Join(action, ""))
}

func (c *Console) billingKeyPath(uid pay.CustomerUID, action ...string) string {
	return c.path("/billing-keys/" + url.PathEscape(string(uid)) + strings.Join(action, ""))
}

func (c *Console) paymentPath(id pay.PaymentID) string {
	return c.path("/payments/" + url.PathEscape(string(id)))
}

// billingPlace reads where a page begins, and whether it is read backwards: "at.id" of the
// field after, or of before.
func (v *visit) billingPlace() (p store.Place, back bool) {
	text := v.field("after")
	if before := v.field("before"); before != "" {
		text, back = before, true
	}
	at, id, _ := strings.Cut(text, ".")
	micro, err := strconv.ParseInt(at, 10, 64)
	if err != nil || id == "" {
		return store.Place{}, false
	}
	return store.Place{At: time.UnixMicro(micro).UTC(), ID: id}, back
}

func placeText(p store.Place) string {
	if p == (store.Place{}) {
		return ""
	}
	return strconv.FormatInt(p.At.UnixMicro(), 10) + "." + p.ID
}

// billingTurns are the addresses of the pages beside one; query is that of this page.
func (v *visit) billingTurns(path string, t store.Turned, query ...string) (newer, older string) {
	if t.Before != (store.Place{}) {
		newer = v.c.path(path, append(query, "before", placeText(t.Before))...)
	}
	if t.After != (store.Place{}) {
		older = v.c.path(path, append(query, "after", placeText(t.After))...)
	}
	return newer, older
}

// searchFields are the choices beside a search box.
func (v *visit) searchFields(fields []store.BillingField) []map[string]any {
	out := []map[string]any{{"Value": "", "Text": v.t("전체 항목", "All fields")}}
	for _, f := range fields {
		out = append(out, map[string]any{"Value": f, "Text": wordFor(v.lang, "billing field", string(f))})
	}
	return out
}

// localTime is how a browser's field has a time: in Korea, to the minute.
const localTime = "2006-01-02T15:04"

// timeField reads a time of a form, which is one in Korea.
func (v *visit) timeField(name string) (time.Time, string) {
	at, err := time.ParseInLocation(localTime, v.field(name), kst)
	switch {
	case v.field(name) == "":
		return at, v.t("시각을 입력해 주세요.", "Enter a time.")
	case err != nil:
		return at, v.t("2026-11-21T09:30 형식의 시각이 아닙니다.", "Not a time such as 2026-11-21T09:30.")
	case !at.After(v.c.now()):
		return at, v.t("지금보다 뒤의 시각이어야 합니다.", "It must be later than now.")
	}
	return at.UTC(), ""
}

// whyNot puts a refusal of the gateway into words, "" if it is none.
func (v *visit) whyNot(err error) string {
	var invalid *gateway.Invalid
	switch {
	case errors.Is(err, gateway.ErrScheduleStatus):
		return v.t("그 사이에 결제가 시작되었거나 상태가 바뀌어 할 수 없습니다. 지금 상태를 확인해 주세요.", "It was charged or changed meanwhile. Look at its state now.")
	case errors.Is(err, gateway.ErrNothingToRevoke):
		return v.t("취소할 수 있는 예약이 없습니다. 이미 결제가 시작되었거나 취소되었습니다.", "Nothing can be revoked: it was charged or revoked meanwhile.")
	case errors.Is(err, gateway.ErrNoBillingKey):
		return v.t("이 customer_uid로 등록된 빌링키가 없어 결제할 수 없습니다.", "This customer_uid has no billing key to charge.")
	case errors.Is(err, gateway.ErrScheduleTaken):
		return v.t("이미 예약된 주문번호입니다. 주문번호 하나에는 예약이 하나만 있습니다.", "This order number was booked before. There is one schedule for each.")
	case errors.Is(err, gateway.ErrOrderUsed):
		return v.t("이미 결제되었거나 결제 중인 주문번호입니다.", "This order number is paid or being paid.")
	case errors.Is(err, gateway.ErrProviderDown):
		return v.t("결제사에 연결하지 못했습니다. 결제되지 않았으니 잠시 뒤 다시 시도해 주세요.", "The provider cannot be reached. Nothing was charged: try again in a moment.")
	case errors.Is(err, gateway.ErrChannelMissing):
		return v.t("빌링키를 발급한 채널을 지금 쓸 수 없습니다.", "The channel of the billing key cannot be used now.")
	case errors.As(err, &invalid):
		return invalid.Error()
	}
	return ""
}
