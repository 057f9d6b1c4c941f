package gateway_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

func yes(b bool) *bool { return &b }

func months(n int) *int { return &n }

// TestCardDetail: which companies the buyer may choose from, and where nothing is
// left to choose (decision D6).
func TestCardDetail(t *testing.T) {
	off := gateway.CardRow{Company: gateway.AllCards, Enabled: yes(false)}
	on := func(code string, free int) gateway.CardRow {
		return gateway.CardRow{Company: code, Enabled: yes(true), MaxMonths: free}
	}
	each(t, func(t *testing.T, r *rig) {
		for name, c := range map[string]struct {
			amount  int64
			rows    []gateway.CardRow
			change  func(*gateway.WindowRequest)
			choose  []string // companies to choose from
			months  []int    // of the first
			free    []int    // of the first
			direct  string   // company gone to without a choice
			refused string
		}{
			"some":               {amount: 60000, rows: []gateway.CardRow{off, on("366", 0), on("367", 0)}, choose: []string{"366", "367"}, months: []int{0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
			"some, small amount": {amount: 49999, rows: []gateway.CardRow{off, on("366", 0), on("367", 0)}, choose: []string{"366", "367"}, months: []int{0}},
			"some, quota":        {amount: 50000, rows: []gateway.CardRow{off, on("366", 0), on("367", 0)}, change: func(w *gateway.WindowRequest) { w.Card.MaxMonths = months(3) }, choose: []string{"366", "367"}, months: []int{0, 2, 3}},
			"some, interest free": {amount: 60000, rows: []gateway.CardRow{off, on("366", 3), on("367", 0)}, change: func(w *gateway.WindowRequest) { w.FreeMonths = true },
				choose: []string{"366", "367"}, months: []int{0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, free: []int{2, 3}},
			"one":          {amount: 60000, rows: []gateway.CardRow{off, on("366", 0)}, direct: "41"},
			"one, months":  {amount: 60000, rows: []gateway.CardRow{off, on("366", 0)}, change: func(w *gateway.WindowRequest) { w.Card.MaxMonths = months(2) }, choose: []string{"366"}, months: []int{0, 2}},
			"none":         {amount: 60000, rows: []gateway.CardRow{off}, refused: "card.detail"},
			"nobody's":     {amount: 60000, rows: []gateway.CardRow{on("999", 0)}, refused: "card.detail[0].card_code"},
			"all on":       {amount: 60000, rows: []gateway.CardRow{on("366", 0)}},
			"direct off":   {amount: 60000, rows: []gateway.CardRow{off, on("366", 0)}, change: func(w *gateway.WindowRequest) { w.Card.Company, w.Card.Months = "367", months(0) }, refused: "card.direct.code"},
			"app cards":    {amount: 60000, rows: []gateway.CardRow{off, on("370", 0), on("366", 0)}, change: func(w *gateway.WindowRequest) { w.Card.AppCardOnly = true }, direct: "41"},
			"no app cards": {amount: 60000, rows: []gateway.CardRow{off, on("370", 0)}, change: func(w *gateway.WindowRequest) { w.Card.AppCardOnly = true }, refused: "card.detail"},
		} {
			w := r.request(pay.TossPayments, "detail "+name)
			w.Amount, w.CardRows = won(c.amount), c.rows
			if c.change != nil {
				c.change(&w)
			}
			o, err := r.gw.OpenCheckout(r.ctx, w)
			if refused, ok := errors.AsType[*gateway.Refusal](err); ok || c.refused != "" {
				if !ok || refused.Field != c.refused {
					t.Errorf("%s: %v, want a refusal of %q", name, err, c.refused)
				}
				continue
			}
			must2(t, err)
			b, err := r.gw.BeginCheckout(r.ctx, o.Token, nil)
			must2(t, err)
			if b.Choose == nil {
				v := &visit{r: r, launch: b.Launch}
				if got, _ := v.args()["cardCompany"].(string); got != c.direct || c.choose != nil {
					t.Errorf("%s: goes to %q, want %q, to choose %v", name, got, c.direct, c.choose)
				}
				continue
			}
			var codes []string
			for _, offer := range b.Choose.Companies {
				codes = append(codes, offer.Company)
			}
			first := b.Choose.Companies[0]
			slices.Sort(codes)
			if diff := cmp.Diff(c.choose, codes); diff != "" {
				t.Errorf("%s: companies %s", name, diff)
			}
			if !slices.Equal(first.Months, c.months) || !slices.Equal(first.Free, c.free) {
				t.Errorf("%s: months %v, free %v; want %v and %v", name, first.Months, first.Free, c.months, c.free)
			}
		}
	})
}

// TestPickOfACard goes to the company that was chosen, with the plan, and takes no
// other.
func TestPickOfACard(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		w := r.request(pay.TossPayments, "pick")
		w.FreeMonths = true
		w.CardRows = []gateway.CardRow{{Company: gateway.AllCards, Enabled: yes(false)}, {Company: "366", Enabled: yes(true), MaxMonths: 3}, {Company: "367", Enabled: yes(true)}}
		o, err := r.gw.OpenCheckout(r.ctx, w)
		must2(t, err)
		for _, bad := range []gateway.CardPick{{Company: "365"}, {Company: "366", Months: 13}, {Company: "", Months: 1}} {
			_, err := r.gw.BeginCheckout(r.ctx, o.Token, &bad)
			if _, ok := errors.AsType[*gateway.Refusal](err); !ok {
				t.Errorf("pick %+v: %v", bad, err)
			}
		}
		b, err := r.gw.BeginCheckout(r.ctx, o.Token, &gateway.CardPick{Company: "366", Months: 3})
		must2(t, err)
		v := &visit{r: r, token: o.Token, payment: o.Payment.ID, launch: b.Launch}
		args := v.args()
		got := fmt.Sprint(args["cardCompany"], args["flowMode"], args["cardInstallmentPlan"], args["freeInstallmentPlans"], args["maxCardInstallmentPlan"])
		if want := "41DIRECT3 [map[company:41 months:[2 3]]] <nil>"; got != want {
			t.Errorf("the window is told %s, want %s", got, want)
		}
		if _, err := r.gw.BeginCheckout(r.ctx, o.Token, &gateway.CardPick{Company: "367"}); !errors.Is(err, gateway.ErrCheckoutUsed) {
			t.Errorf("begun twice: %v", err)
		}
		res, err := v.act("approve", map[string]any{"company": "41", "installments": 3}).finish()
		must2(t, err)
		if res.Payment.Status != pay.StatusPaid || res.Payment.Details.Months != 3 {
			t.Errorf("%s in %d months: %s", res.Payment.Status, res.Payment.Details.Months, res.Message)
		}
	})
}

// TestOptionsOfOtherMethods are noted and left out, or refused where leaving them
// out would harm the buyer.
func TestOptionsOfOtherMethods(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for name, c := range map[string]struct {
			provider pay.Provider
			method   pay.Method
			change   func(*gateway.WindowRequest)
			noted    string
			refused  string
		}{
			"escrow of a card":     {pay.TossPayments, "card", func(w *gateway.WindowRequest) { w.Escrow = true }, "", "escrow"},
			"account of nobody":    {pay.TossPayments, "vbank", func(w *gateway.WindowRequest) { w.Buyer.Name = "" }, "", "buyer_name"},
			"small transfer":       {pay.TossPayments, "trans", func(w *gateway.WindowRequest) { w.Amount = won(199) }, "", "amount"},
			"small phone bill":     {pay.TossPayments, "phone", func(w *gateway.WindowRequest) { w.Amount = won(299) }, "", "amount"},
			"receipt of a card":    {pay.TossPayments, "card", func(w *gateway.WindowRequest) { w.Receipt.Type = pay.ReceiptPerson }, "bypass.cashReceiptType", ""},
			"culture of a card":    {pay.TossPayments, "card", func(w *gateway.WindowRequest) { w.Receipt.Culture = true }, "bypass.isCulturalExpense", ""},
			"products, no escrow":  {pay.TossPayments, "trans", func(w *gateway.WindowRequest) { w.Products = []connector.Product{{ID: "1"}} }, "products", ""},
			"due of a card":        {pay.TossPayments, "card", func(w *gateway.WindowRequest) { w.Due = r.clock.Now().Add(time.Hour) }, "vbank_due", ""},
			"app card of a phone":  {pay.TossPayments, "phone", func(w *gateway.WindowRequest) { w.Card.AppCardOnly = true }, "appCard", ""},
			"direct of a transfer": {pay.TossPayments, "trans", func(w *gateway.WindowRequest) { w.Card.Company, w.Card.Months = "366", months(0) }, "card.direct", ""},
			"expiry of a card":     {pay.TossPayments, "card", func(w *gateway.WindowRequest) { w.ExpiresAt = r.clock.Now().Add(time.Minute) }, "bypass.tosspay_v2.expiredTime", ""},
			"app card of a wallet": {pay.TossPay, "tosspay", func(w *gateway.WindowRequest) { w.Card.AppCardOnly = true }, "appCard", ""},
			"quota of a wallet":    {pay.TossPay, "tosspay", func(w *gateway.WindowRequest) { w.Card.MaxMonths = months(6) }, "display.card_quota", ""},
			"English of a wallet":  {pay.TossPay, "tosspay", func(w *gateway.WindowRequest) { w.Language = "en" }, "language", ""},
		} {
			w := r.request(c.provider, "option "+name)
			w.Method = c.method
			c.change(&w)
			o, err := r.gw.OpenCheckout(r.ctx, w)
			if refused, ok := errors.AsType[*gateway.Refusal](err); ok || c.refused != "" {
				if !ok || refused.Field != c.refused {
					t.Errorf("%s: %v, want a refusal of %q", name, err, c.refused)
				}
				continue
			}
			must2(t, err)
			_, notes, err := r.gw.WindowNotes(r.ctx, r.merchant.ID, o.Payment.ID)
			must2(t, err)
			if len(notes) != 1 || notes[0].Parameter != c.noted || notes[0].Kind != gateway.NoteUnused {
				t.Errorf("%s: notes %+v, want %s", name, notes, c.noted)
			}
		}
	})
}

// TestAccountOfAWindow: the account is issued at the end of the window, the page
// goes on, and the deposit comes later.
func TestAccountOfAWindow(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		w := r.request(pay.TossPayments, "account-1")
		w.Method, w.Due = pay.MethodVbank, r.clock.Now().Add(48*time.Hour)
		v := r.open(w).act("approve", map[string]any{"bank": "88", "name": "홍길동", "phone": "01012345678", "receipt": "미발행", "accountKey": "0012"})
		res, err := v.finish()
		must2(t, err)
		p := res.Payment
		if res.Progress != gateway.ProgressDone || res.Code != "" || p.Status != pay.StatusAwaitingDeposit {
			t.Fatalf("%s %s %q %s\n%s", res.Progress, p.Status, res.Code, res.Message, r.log)
		}
		if a := p.Details.Account; a == nil || a.Bank != "088" || a.Number == "" || !a.Due.Equal(w.Due) || !a.Fixed {
			t.Errorf("account %+v, due %s wanted", a, w.Due)
		}
		r.control(r.payments.Control(), "POST", "/payments/"+string(p.ID)+"/deposit", map[string]any{}, nil)
		r.settle(func() bool { return r.payment(p.ID).Status == pay.StatusPaid })
		must2(t, r.runner.RunDue(r.ctx))
		r.agrees(p.ID)
		if told := r.told.of(p.ID); !slices.Equal(told, []pay.Status{pay.StatusAwaitingDeposit, pay.StatusPaid}) {
			t.Errorf("the merchant was told %v", told)
		}
	})
}

// TestSubStoreOpensWindows: IMP.agency pays into the sub-store's books.
func TestSubStoreOpensWindows(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		sub, err := r.gw.AddTier(r.ctx, r.merchant.ID, "ABC", "강남점")
		must2(t, err)
		_, err = r.gw.AddChannel(r.ctx, gateway.NewChannel{
			Merchant: sub.ID, Key: "channel-key-sub", Name: "강남점", Mode: pay.ModeSandbox, Provider: pay.TossPayments, Kind: pay.ChannelPayment, MID: "tnaru",
			API: r.sandbox.URL + "/tosspayments", Script: r.sandbox.URL + "/tosspayments/js/v1", Credentials: map[string]pay.Secret{"client_key": clientKey, "secret_key": secretKey},
		})
		must2(t, err)
		w := r.request(pay.TossPayments, "of-the-sub-store")
		w.ChannelKey, w.Tier = "", "ABC"
		o, err := r.gw.OpenCheckout(r.ctx, w)
		must2(t, err)
		if o.Payment.Merchant != sub.ID || o.Payment.Channel != "channel-key-sub" {
			t.Errorf("the payment is %s's, on %s", o.Payment.Merchant, o.Payment.Channel)
		}
		w.Tier = "XYZ"
		_, err = r.gw.OpenCheckout(r.ctx, w)
		if refused, ok := errors.AsType[*gateway.Refusal](err); !ok || refused.Field != "tier_code" {
			t.Errorf("an unknown tier: %v", err)
		}
	})
}
