package console

import (
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

// route is a page or an action, and the right that it needs. The table of routes
// is the whole of what operators may reach; tests walk it as each role.
type route struct {
	method, pattern string
	right           pay.Right // "" is: whoever is signed in
	open            bool      // also for those who are not signed in
	upload          bool      // its form brings a file: it reads and checks the form by itself (moving_upload.go)
	do              func(*visit) error
}

func get(pattern string, right pay.Right, do func(*visit) error) route {
	return route{method: http.MethodGet, pattern: pattern, right: right, do: do}
}

func post(pattern string, right pay.Right, do func(*visit) error) route {
	return route{method: http.MethodPost, pattern: pattern, right: right, do: do}
}

// routes is every route, by area; an area's are in the file of its list.
func (c *Console) routes() []route {
	return slices.Concat(
		c.signInRoutes(), c.homeRoutes(), c.peopleRoutes(), c.channelRoutes(), c.keyRoutes(), c.webhookRoutes(), c.paymentRoutes(),
		c.personRoutes(), c.billingRoutes(), c.receiptRoutes(), c.movingRoutes(), c.systemRoutes(),
	)
}

// section is an entry of the menu.
type section struct {
	Path, Icon string
	Ko, En     string
	Group      string // "" is the first
	Count      string // of what waits there; "" is nothing
	right      pay.Right
}

// menu is every section there may be, in the order of the page.
var menu = []section{
	{Path: "/dashboard", Icon: "chart", Ko: "대시보드", En: "Dashboard"},
	{Path: "/payments", Icon: "card", Ko: "결제 내역", En: "Payments"},
	{Path: "/attention", Icon: "bell", Ko: "확인 필요", En: "Needs a person"},
	{Path: "/receipts", Icon: "receipt", Ko: "현금영수증", En: "Cash receipts"},
	{Path: "/billing-keys", Icon: "key", Ko: "빌링키", En: "Billing keys"},
	{Path: "/schedules", Icon: "calendar", Ko: "예약 결제", En: "Schedules"},
	{Path: "/channels", Icon: "plug", Ko: "채널", En: "Channels", Group: "integration"},
	{Path: "/keys", Icon: "code", Ko: "식별코드 · API 키", En: "Identity and keys", Group: "integration"},
	{Path: "/webhooks", Icon: "send", Ko: "웹훅", En: "Webhooks", Group: "integration"},
	{Path: "/deliveries", Icon: "list", Ko: "웹훅 내역", En: "Deliveries", Group: "integration"},
	{Path: "/stores", Icon: "shop", Ko: "상점 · 하위상점", En: "Stores", Group: "settings"},
	{Path: "/operators", Icon: "people", Ko: "운영자", En: "Operators", Group: "settings"},
	{Path: "/audit", Icon: "clock", Ko: "변경 기록", En: "Audit log", Group: "settings"},
	{Path: "/moving", Icon: "box", Ko: "이사 · 내보내기", En: "Moving in and out", Group: "settings"},
	{Path: "/system", Icon: "gauge", Ko: "시스템", En: "System", Group: "settings"},
}

// navOf is the menu of those sections whose page is there.
func navOf(table []route) []section {
	var out []section
	for _, s := range menu {
		for _, t := range table {
			if t.method == http.MethodGet && t.pattern == s.Path {
				s.right = t.right
				out = append(out, s)
			}
		}
	}
	return out
}

// What a handler answers instead of a page.
var (
	errNoPage    = errors.New("no such page")
	errForbidden = errors.New("the role does not allow this")
	errStale     = errors.New("the form belongs to another session or another store")
)

// serve runs a route: it finds out who asks, whether they may, and, of a form,
// whether it is theirs.
func (c *Console) serve(t route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c.secure {
			w.Header().Set("Strict-Transport-Security", strictTransport)
		}
		v, err := c.visit(w, r)
		switch {
		case err == nil:
			err = v.allowed(t)
		case errors.Is(err, people.ErrNoSession) && t.open:
			err = nil
		case errors.Is(err, people.ErrNoSession):
			v.toSignIn()
			return
		}
		if err == nil {
			err = t.do(v)
		}
		if err != nil {
			v.fail(err)
		}
	}
}

// allowed is errForbidden without the right, errStale of a form that is not the
// session's or was made for another store.
func (v *visit) allowed(t route) error {
	if t.right != "" && !v.May(t.right) {
		return errForbidden
	}
	if v.r.Method == http.MethodPost && !t.open && !t.upload {
		return v.checkForm()
	}
	return nil
}

// fail answers with the page of what went wrong.
func (v *visit) fail(err error) {
	var invalid *gateway.Invalid
	var own *people.Invalid
	switch {
	case errors.Is(err, errNoPage), errors.Is(err, store.ErrNotFound), errors.Is(err, gateway.ErrNoPayment):
		v.problem(http.StatusNotFound, v.t("찾을 수 없습니다", "Not found"),
			v.t("주소가 바뀌었거나, 지금 보고 있는 상점의 것이 아닙니다.", "The address has changed, or this is not of the store you are looking at."))
	case errors.Is(err, people.ErrNoOperator), errors.Is(err, people.ErrNotGranted):
		v.problem(http.StatusNotFound, v.t("찾을 수 없습니다", "Not found"),
			v.t("이 상점에서 일하는 운영자가 아닙니다.", "Nobody with a role at this store."))
	case errors.Is(err, people.ErrNoSession):
		v.toSignIn()
	case errors.Is(err, errForbidden), errors.Is(err, people.ErrNotAllowed):
		v.problem(http.StatusForbidden, v.t("권한이 없습니다", "Not allowed"),
			v.t("이 상점에서 맡은 역할로는 할 수 없는 일입니다. 소유자에게 요청해 주세요.", "Your role at this store does not allow this. Ask an owner."))
	case errors.Is(err, errStale):
		v.problem(http.StatusConflict, v.t("다시 시도해 주세요", "Please try again"),
			v.t("페이지를 연 뒤에 상점을 바꾸었거나 다시 로그인했습니다. 아무것도 바뀌지 않았습니다. 페이지를 새로 열고 다시 해 주세요.",
				"You changed the store or signed in again after opening the page. Nothing was changed. Open the page again."))
	case errors.As(err, &invalid):
		v.problem(http.StatusUnprocessableEntity, v.t("입력을 확인해 주세요", "Please check what you entered"), invalid.Error())
	case errors.As(err, &own):
		v.problem(http.StatusUnprocessableEntity, v.t("입력을 확인해 주세요", "Please check what you entered"), own.Error())
	default:
		v.c.log.ErrorContext(v.r.Context(), "a page of the console failed", "route", chi.RouteContext(v.r.Context()).RoutePattern(), "err", err)
		v.problem(http.StatusInternalServerError, v.t("문제가 생겼습니다", "Something went wrong"),
			v.t("잠시 뒤 다시 시도해 주세요. 서버 기록에 원인이 남아 있습니다.", "Try again in a moment. The server's log has the reason."))
	}
}
