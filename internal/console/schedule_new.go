package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

type scheduleNewBody struct {
	CustomerUID, MerchantUID, Name, Amount, At string
	Problems                                   map[string]string
	Problem                                    string
}

// scheduleNew is the form to book a charge by hand.
func (c *Console) scheduleNew(v *visit) error {
	return v.render("schedule_new", v.t("예약 추가", "Book a charge"), scheduleNewBody{
		CustomerUID: v.field("customer_uid"), At: c.now().In(kst).Truncate(time.Hour).AddDate(0, 0, 1).Format(localTime),
	})
}

// scheduleBook books it.
func (c *Console) scheduleBook(v *visit) error {
	b := scheduleNewBody{v.field("customer_uid"), v.field("merchant_uid"), v.field("name"), v.field("amount"), v.field("at"), map[string]string{}, ""}
	must := func(name, value string) {
		if value == "" {
			b.Problems[name] = v.t("꼭 입력해야 합니다.", "This is needed.")
		}
	}
	must("customer_uid", b.CustomerUID)
	must("merchant_uid", b.MerchantUID)
	must("name", b.Name)
	amount, err := strconv.ParseInt(strings.ReplaceAll(b.Amount, ",", ""), 10, 64)
	if err != nil || amount < 1 {
		b.Problems["amount"] = v.t("1원 이상의 금액을 숫자로 입력해 주세요.", "Enter an amount of at least 1 won, in digits.")
	}
	at, problem := v.timeField("at")
	if problem != "" {
		b.Problems["at"] = problem
	}
	if len(b.Problems) > 0 {
		return c.bookAgain(v, b)
	}
	_, err = c.gateway.Schedule(v.r.Context(), gateway.ScheduleRequest{
		Merchant: v.Store.ID, CustomerUID: pay.CustomerUID(b.CustomerUID),
		Items: []gateway.ScheduleItem{{At: at, Charge: gateway.Charge{
			MerchantUID: pay.MerchantUID(b.MerchantUID), Name: b.Name, Amount: pay.Breakdown{Total: pay.Won(amount)},
		}}},
	})
	if b.Problem = v.whyNot(err); b.Problem != "" {
		return c.bookAgain(v, b)
	}
	if err != nil {
		return err
	}
	return v.done(c.schedulePath(pay.MerchantUID(b.MerchantUID)), "예약했습니다.", "The charge is booked.")
}

func (c *Console) bookAgain(v *visit, b scheduleNewBody) error {
	return v.renderStatus(http.StatusUnprocessableEntity, "schedule_new", v.t("예약 추가", "Book a charge"), b)
}
