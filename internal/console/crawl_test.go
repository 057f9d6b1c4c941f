package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/console"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// fillShop gives the rig's merchant something of everything that the console shows.
func (r *rig) fillShop() {
	r.t.Helper()
	paid := r.charge("order-1", 30_000)
	r.charge("order-2", 12_000)
	r.declined("order-3")
	_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: new(int64(10_000)), Reason: "포장 파손", Webhook: true, Actor: "api"})
	r.must(err)
	_, err = r.gw.Schedule(r.ctx, gateway.ScheduleRequest{Merchant: r.merchant.ID, CustomerUID: "customer_order-1", Items: []gateway.ScheduleItem{{
		At: r.clock.Now().Add(48 * time.Hour), Charge: gateway.Charge{MerchantUID: "booked-1", Name: "다음 달", Amount: pay.Breakdown{Total: pay.Won(9900)}},
	}}})
	r.must(err)
	_, err = r.gw.IssueAccount(r.ctx, gateway.AccountRequest{Merchant: r.merchant.ID, Channel: gateway.ChannelChoice{Key: cardChannel}, Bank: "088", Due: r.clock.Now().Add(72 * time.Hour), Charge: gateway.Charge{
		MerchantUID: "account-1", Name: "에스프레소 머신", Amount: pay.Breakdown{Total: pay.Won(132_000)}, Buyer: pay.Buyer{Name: "정유나"},
	}})
	r.must(err)
	r.work()
	r.must(r.store.Write(r.ctx, func(tx *store.Tx) error {
		return tx.AddAlarm(r.ctx, store.Alarm{ID: "unknown:x", Merchant: r.merchant.ID, Payment: paid.ID, Kind: "unknown_outcome", Text: "the answer was lost"})
	}))
	_, err = r.gw.Follow(r.ctx)
	r.must(err)
}

// trip is what a walk over all links from the first page came across.
type trip struct {
	pages map[string]seen   // by address behind /console
	forms map[string]string // "METHOD path" of each form, and a page it stands on
}

var (
	linkTo = regexp.MustCompile(`(?:href|formaction)="(/console/[^"#]*)"`)
	formOf = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	attrOf = regexp.MustCompile(`\b(method|action|formaction)="([^"]*)"`)
)

// mostPages bounds a walk: filters and calendars go on for ever.
const mostPages = 220

// walk follows every link that a person sees, the first page first.
func (p *person) walk() trip {
	p.r.t.Helper()
	t := trip{pages: map[string]seen{}, forms: map[string]string{}}
	queue := []string{"/"}
	queued := map[string]int{}
	for len(queue) > 0 && len(t.pages) < mostPages {
		path := queue[0]
		queue = queue[1:]
		if _, ok := t.pages[path]; ok {
			continue
		}
		s := p.get(path)
		t.pages[path] = s
		if s.To != "" {
			queue = append(queue, strings.TrimPrefix(s.To, "/console"))
		}
		for _, m := range linkTo.FindAllStringSubmatch(s.Body, -1) {
			to := strings.TrimPrefix(html.UnescapeString(m[1]), "/console")
			plain, _, _ := strings.Cut(to, "?")
			if strings.HasPrefix(to, "/static/") || queued[plain] >= 4 { // a list's filters are alike
				continue
			}
			queued[plain]++
			queue = append(queue, to)
		}
		t.addForms(path, s.Body)
	}
	return t
}

func (t trip) addForms(path, body string) {
	here, _, _ := strings.Cut(path, "?")
	for _, f := range formOf.FindAllStringSubmatch(body, -1) {
		method, actions := "GET", []string{here}
		for _, a := range attrOf.FindAllStringSubmatch(f[1], -1) {
			switch a[1] {
			case "method":
				method = strings.ToUpper(a[2])
			case "action":
				actions[0] = strings.TrimPrefix(html.UnescapeString(a[2]), "/console")
			}
		}
		for _, a := range attrOf.FindAllStringSubmatch(f[2], -1) {
			if a[1] == "formaction" {
				actions = append(actions, strings.TrimPrefix(html.UnescapeString(a[2]), "/console"))
			}
		}
		for _, to := range actions {
			to, _, _ = strings.Cut(to, "?")
			if method != "DIALOG" {
				t.forms[method+" "+to] = path
			}
		}
	}
}

// routeOf is the row of the table that a form goes to.
func routeOf(table []console.Route, method, path string) (console.Route, bool) {
	i := slices.IndexFunc(table, func(r console.Route) bool {
		pattern, parts := strings.Split(r.Pattern, "/"), strings.Split(path, "/")
		if r.Method != method || len(pattern) != len(parts) {
			return false
		}
		for i := range pattern {
			if pattern[i] != parts[i] && !strings.HasPrefix(pattern[i], "{") {
				return false
			}
		}
		return true
	})
	// Fixed parts win over places.
	for j, r := range table {
		if r.Method == method && r.Pattern == path {
			i = j
		}
	}
	if i < 0 {
		return console.Route{}, false
	}
	return table[i], true
}

// What a role may not do stands on no page it can reach, and no link leads to where
// it is refused.
func TestNobodyIsShownWhatTheyMayNotDo(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.fillShop()
	table := console.RoutesOf(r.console)
	for _, role := range pay.Roles() {
		p := r.operator(role, "")
		w := p.walk()
		if len(w.pages) < 2 {
			t.Errorf("a walk of %s came to %d pages", role, len(w.pages))
		}
		for path, s := range w.pages {
			if s.Status >= 400 {
				t.Errorf("%s is led to %s, which answers %d", role, path, s.Status)
			}
			for _, secret := range []string{clientKey, secretKey, billClientKey, billSecretKey, apiKey, billAPIKey, card.Number.Reveal()} {
				if strings.Contains(s.Body, secret) {
					t.Errorf("%s is shown a secret at %s", role, path)
				}
			}
		}
		for form, on := range w.forms {
			method, path, _ := strings.Cut(form, " ")
			route, ok := routeOf(table, method, path)
			if !ok {
				t.Errorf("a form on %s goes to %s, which is no route", on, form)
			} else if route.Right != "" && !(pay.Grant{Role: role}).May(route.Right) {
				t.Errorf("%s is shown a form on %s that goes to %s, which needs %s", role, on, form, route.Right)
			}
		}
	}
	if strings.Contains(r.log.String(), secretKey) || strings.Contains(r.log.String(), card.Number.Reveal()) {
		t.Error("the log holds a secret")
	}
}

// No address and no form of one merchant's pages says or does anything of it for
// another's people.
func TestNothingOfOneMerchantIsThereForAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	r.fillShop()
	mine := r.operator(pay.RoleOwner, r.merchant.ID).walk()
	other := r.addMerchant("m_2", "imp87654321", "다른 상점")
	stranger := r.operator(pay.RoleOwner, other.ID)
	before := r.books()
	marks := []string{r.merchant.UserCode, r.merchant.Name, "홍길동", "gildong@shop.test", "order-1", "order-3", "booked-1", "account-1", "customer_order-1", string(cardChannel), string(billChannel)}
	for path := range mine.pages {
		s := stranger.get(path)
		asked, _ := url.QueryUnescape(path)
		for _, mark := range marks {
			if strings.Contains(s.text(), mark) && !strings.Contains(asked, mark) {
				t.Errorf("%s tells another merchant's owner %q", path, mark)
			}
		}
	}
	table := console.RoutesOf(r.console)
	for form := range mine.forms {
		method, path, _ := strings.Cut(form, " ")
		route, ok := routeOf(table, method, path)
		if method != http.MethodPost || !ok || !strings.Contains(route.Pattern, "{") || route.Open {
			continue
		}
		if s := stranger.post(path); s.Status == http.StatusOK || s.Status >= 500 {
			t.Errorf("%s by another merchant's owner answers %d", form, s.Status)
		}
	}
	if after := r.books(); after != before {
		t.Errorf("another merchant's owner changed something:\n%s\nbefore:\n%s", after, before)
	}
}

// books is what a stranger must not be able to change.
func (r *rig) books() string {
	r.t.Helper()
	var b strings.Builder
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		ps, err := tx.FindPayments(r.ctx, r.merchant.ID, store.PaymentFilter{})
		for _, p := range ps {
			b.WriteString(string(p.ID) + " " + string(p.Status) + " " + p.UpdatedAt.String() + "\n")
		}
		if err != nil {
			return err
		}
		ss, err := tx.FindSchedules(r.ctx, r.merchant.ID, store.ScheduleFilter{})
		for _, s := range ss {
			b.WriteString(string(s.MerchantUID) + " " + string(s.Status) + " " + s.At.String() + "\n")
		}
		if err != nil {
			return err
		}
		cs, err := tx.ListChannels(r.ctx, r.merchant.ID)
		for _, c := range cs {
			b.WriteString(string(c.Key) + " " + c.Name + "\n")
		}
		if err != nil {
			return err
		}
		m, err := tx.Merchant(r.ctx, r.merchant.ID)
		b.WriteString(m.Name + m.Settings.WebhookURL)
		return err
	}))
	return b.String()
}
