package console

import (
	"slices"

	"naru/internal/pay"
	"naru/internal/store"
)

// paymentsListed is the list of payments.
type paymentsListed struct {
	Filter       paymentFilter
	Page         store.PaymentPage
	Sums         store.PaymentSums
	Tabs         []tab
	Newer, Older string
	Views        []viewLink
	Channels     []pay.Channel
	Hide, Show   string // addresses that hide and show test payments
	Export, Here string
	Searched     bool
}

// tab is a status, how many payments are in it, and where they are listed.
type tab struct {
	Status string // "" is all
	Count  int64
	At     string
	Here   bool
}

// viewLink is a saved view.
type viewLink struct {
	Name, At string
	Here     bool
}

// listPayments lists payments; all of its state stands in the address.
func (c *Console) listPayments(v *visit) error {
	var s paymentsListed
	var all store.PaymentSums
	after, before := cursors(v)
	err := c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		ctx := v.r.Context()
		if s.Filter, s.Channels, err = v.readFilter(ctx, tx); err != nil {
			return err
		}
		q := s.Filter.query
		q.After, q.Before = after, before
		if s.Page, err = tx.ListPayments(ctx, v.Store.ID, q); err != nil {
			return err
		}
		q.After, q.Before, q.Statuses = store.Cursor{}, store.Cursor{}, nil
		if all, err = tx.SumPayments(ctx, v.Store.ID, q); err != nil {
			return err
		}
		if s.Sums = all; len(s.Filter.query.Statuses) > 0 {
			if s.Sums, err = tx.SumPayments(ctx, v.Store.ID, s.Filter.query); err != nil {
				return err
			}
		}
		s.Views, err = c.views(v, tx, s.Filter)
		return err
	})
	if err != nil {
		return err
	}
	f := s.Filter
	at := func(name string, p store.Cursor) string {
		if p.IsZero() {
			return ""
		}
		return f.address(c, "/payments", name, p.String())
	}
	s.Newer, s.Older = at("before", s.Page.Previous), at("after", s.Page.Next)
	s.Tabs = c.tabs(f, all)
	s.Hide, s.Show = f.address(c, "/payments", "tests", testsHidden), f.address(c, "/payments", "tests", testsShown)
	s.Export, s.Here = f.address(c, "/payments/export"), f.values().Encode()
	return v.render("payment_list", v.t("결제 내역", "Payments"), s)
}

// cursors are where the page begins. What is no cursor is the beginning.
func cursors(v *visit) (after, before store.Cursor) {
	after, _ = store.ParseCursor(v.field("after"))
	if after.IsZero() {
		before, _ = store.ParseCursor(v.field("before"))
	}
	return after, before
}

// tabs are the statuses that there are payments in, and the one that is chosen.
func (c *Console) tabs(f paymentFilter, all store.PaymentSums) []tab {
	out := []tab{{At: f.address(c, "/payments", "status", ""), Count: all.Count, Here: len(f.query.Statuses) == 0}}
	for _, s := range []pay.Status{pay.StatusPaid, pay.StatusPartiallyCancelled, pay.StatusCancelled, pay.StatusAwaitingDeposit,
		pay.StatusConfirming, pay.StatusCreated, pay.StatusFailed} {
		here := slices.Contains(f.query.Statuses, s)
		if n := all.Statuses[s]; n > 0 || here {
			out = append(out, tab{string(s), n, f.address(c, "/payments", "status", string(s)), here})
		}
	}
	return out
}

// views are the operator's own.
func (c *Console) views(v *visit, tx *store.Tx, f paymentFilter) (out []viewLink, err error) {
	saved, err := tx.ListViews(v.r.Context(), v.Store.ID, string(v.Operator.ID))
	here := f.values().Encode()
	for _, s := range saved {
		at := c.base + "/payments"
		if s.Query != "" {
			at += "?" + s.Query
		}
		out = append(out, viewLink{s.Name, at, s.Query == here})
	}
	return out, err
}

// ByRequest reports whether the list goes by when payments were asked for.
func (s paymentsListed) ByRequest() bool { return s.Filter.query.ByRequest }

// Periods are what may be chosen.
func (s paymentsListed) Periods(lang string) []choice {
	return options(lang, "period", periodToday, periodWeek, periodMonth, periodThisMonth, periodLastMonth, periodAll, periodOwn)
}

// Fields are what may be searched in.
func (s paymentsListed) Fields(lang string) []choice {
	out := []choice{{"", wordFor(lang, "search field", "all")}}
	for _, f := range store.SearchFields() {
		out = append(out, choice{string(f), wordFor(lang, "search field", string(f))})
	}
	return out
}

// listedMethods are the methods that a list is narrowed to, the usual ones first. One
// that two codes stand for is there once: see alike.
var listedMethods = []pay.Method{
	pay.MethodCard, pay.MethodTrans, pay.MethodVbank, pay.MethodPhone, pay.MethodTossPay, pay.MethodTossPayCard, pay.MethodTossPayMoney,
	pay.MethodKakaoPay, pay.MethodNaverPay, pay.MethodPayco, pay.MethodSamsungPay, pay.MethodApplePay, pay.MethodLPay, pay.MethodSSGPay,
	pay.MethodPoint, pay.MethodCultureland, pay.MethodSmartculture, pay.MethodBooknlife,
}

// alike are the codes that a method of the list stands for.
func alike(m pay.Method) []pay.Method {
	if m == pay.MethodSamsungPay {
		return []pay.Method{pay.MethodSamsungPay, pay.MethodSamsung}
	}
	return []pay.Method{m}
}

// Methods are what may be paid with.
func (s paymentsListed) Methods(lang string) []choice {
	out := make([]choice, len(listedMethods))
	for i, m := range listedMethods {
		out[i].Value, out[i].Text = string(m), wordFor(lang, "method", string(m))
	}
	return out
}

// Providers are who may be paid through.
func (s paymentsListed) Providers(lang string) []choice {
	return options(lang, "provider", string(pay.TossPayments), string(pay.TossPay))
}

// Chosen reports whether a value is among some.
func (s paymentsListed) Chosen(some []string, value any) bool {
	switch x := value.(type) {
	case string:
		return slices.Contains(some, x)
	case pay.ChannelKey:
		return slices.Contains(some, string(x))
	default:
		return false
	}
}

func options(lang, kind string, values ...string) (out []choice) {
	for _, value := range values {
		out = append(out, choice{value, wordFor(lang, kind, value)})
	}
	return out
}
