package gateway_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (r *rig) timeline(id pay.PaymentID) []store.Happening {
	r.t.Helper()
	var out []store.Happening
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		out, err = tx.Timeline(r.ctx, r.merchant.ID, id)
		return err
	}))
	return out
}

// outline is a timeline in a word for each line.
func outline(told []store.Happening) (out []string) {
	for _, h := range told {
		word := string(h.Kind)
		switch {
		case h.Event != nil:
			word = string(h.Event.Kind)
		case h.Step != nil:
			word = "to " + string(h.Step.To)
		case h.Attempt != nil:
			word += " " + string(h.Attempt.Kind)
		case h.Movement != nil:
			word = string(h.Movement.Kind)
		case h.Audit != nil:
			word = h.Audit.Action
		}
		out = append(out, word)
	}
	return out
}

// Each thing that happens to a window payment, from the click to the cancel, stands in
// its timeline once and in order.
func TestTimelineOfAWindow(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		w := r.request(p, "o1")
		w.ConfirmURL = "https://shop.example/confirm"
		r.stop = func(context.Context, pay.Merchant, pay.Payment) error { r.clock.Advance(time.Second); return nil }
		v := r.open(w)
		r.clock.Advance(time.Minute)
		v.agree("")
		if _, err := v.finish(); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(time.Minute)
		byHand := pay.WithActor(r.ctx, pay.Actor{Kind: pay.ActorOperator, ID: "op_1", Name: "김운영", Address: "127.0.0.1"})
		part := int64(10000)
		_, err := r.gw.Cancel(byHand, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: v.payment, Amount: &part, Reason: "포장 파손", Actor: "console"})
		must2(t, err)
		r.clock.Advance(time.Minute)
		_, err = r.gw.Sync(byHand, r.merchant.ID, v.payment)
		must2(t, err)

		told := r.timeline(v.payment)
		want := []string{"started", "window_opened", "returned", "confirm_asked", "to confirming", "attempt confirm", "attempt_ended confirm", "approval", "to paid",
			"payment.cancel", "attempt cancel", "attempt_ended cancel", "cancel", "to partially_cancelled", "payment.sync", "exchange"}
		if p == pay.TossPay { // whose windows are asked for
			want = slices.Insert(want, 2, "exchange")
		}
		if got := outline(told); !slices.Equal(got, want) {
			t.Fatalf("it says\n%q, want\n%q", got, want)
		}
		for i, h := range told {
			if i > 0 && h.Kind != store.HappenedMovement && told[i-1].Kind != store.HappenedMovement && h.At.Before(told[i-1].At) {
				t.Errorf("%s stands behind %s and happened before it", want[i], want[i-1])
			}
			switch want[i] {
			case "confirm_asked":
				if d := h.Event.Detail; !d.Allowed || d.Status != 200 || d.URL != w.ConfirmURL {
					t.Errorf("confirm_url: %+v", d)
				}
			case "attempt confirm", "attempt cancel":
				if len(h.Exchanges) != 1 || h.Exchanges[0].Status != 200 || len(h.Exchanges[0].Request) == 0 || len(h.Exchanges[0].Answer) == 0 {
					t.Errorf("%s: exchanges %+v", want[i], h.Exchanges)
				}
			case "payment.cancel":
				if h.Audit.Actor.Name != "김운영" || !strings.Contains(string(h.Audit.After), `"amount":10000`) || !strings.Contains(string(h.Audit.After), "포장 파손") {
					t.Errorf("audit: %+v %s", h.Audit, h.Audit.After)
				}
			}
		}
	})
}

// What the merchant's confirm_url says when it stops a payment, or nothing, is told.
func TestTimelineOfAStoppedPayment(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		w := r.request(pay.TossPayments, "o1")
		w.ConfirmURL = "https://shop.example/confirm"
		r.stop = func(context.Context, pay.Merchant, pay.Payment) error {
			return &gateway.Stop{Reason: "품절", Status: 409}
		}
		v := r.open(w).agree("")
		_, err := v.finish()
		must2(t, err)
		told := r.timeline(v.payment)
		if got, want := outline(told), []string{"started", "window_opened", "returned", "confirm_asked", "to failed"}; !slices.Equal(got, want) {
			t.Fatalf("it says %q, want %q", got, want)
		}
		if d := told[3].Event.Detail; d.Allowed || d.Status != 409 || d.Reason != "품절" {
			t.Errorf("%+v", d)
		}
	})
}

func TestTimelineOfABuyerWhoLeft(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		v := r.open(r.request(p, "o1"))
		_, err := r.gw.CloseCheckout(r.ctx, v.token, false)
		must2(t, err)
		got := slices.DeleteFunc(outline(r.timeline(v.payment)), func(s string) bool { return s == "exchange" })
		if want := []string{"started", "window_opened", "left", "to failed"}; !slices.Equal(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	})
}

// A notice stands where it came, and what was asked because of it.
func TestTimelineOfADeposit(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		r.clock.Advance(time.Hour)
		r.atBank(p, "deposit")
		got := outline(r.timeline(p.ID))
		deposit, paid := slices.Index(got, "deposit"), slices.Index(got, "to paid")
		notice := slices.Index(got[:max(paid, 0)], "notice")
		if deposit < 0 || paid < deposit || notice < 0 {
			t.Errorf("it says %q", got)
		}
		if n := len(slices.DeleteFunc(got, func(s string) bool { return s != "deposit" && s != "to paid" })); n != 2 {
			t.Errorf("%d lines of a deposit and its step", n)
		}
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			if _, err := tx.Timeline(r.ctx, "m_other", p.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another merchant's timeline: %v", err)
			}
			return nil
		}))
	})
}

func TestTermsOfACardPayment(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.paid(pay.TossPayments, "o1")
		terms, err := r.gw.CancelTerms(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		if terms.Refused != nil || terms.Free != 60000 || !terms.Partial || terms.RefundTo {
			t.Errorf("terms %+v", terms)
		}
		left := int64(1)
		wrong := gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, Checksum: &left}
		if err := r.gw.CheckCancel(r.ctx, wrong); !errors.Is(err, gateway.ErrChecksum) {
			t.Errorf("a wrong checksum: %v", err)
		}
		_, err = r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: p.ID, Reason: "변심"})
		must2(t, err)
		terms, err = r.gw.CancelTerms(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		if !errors.Is(terms.Refused, gateway.ErrFullyCancelled) {
			t.Errorf("what is cancelled in full may be cancelled: %+v", terms)
		}
		if _, err := r.gw.CancelTerms(r.ctx, "m_other", p.ID); !errors.Is(err, gateway.ErrNoPayment) {
			t.Errorf("another merchant's terms: %v", err)
		}
	})
}

func TestTermsOfADepositedAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears.Store(true)
		p := r.account("o1", 33000)
		terms, err := r.gw.CancelTerms(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		if !errors.Is(terms.Refused, gateway.ErrNotCancellable) {
			t.Errorf("before the deposit: %+v", terms.Refused)
		}
		if _, err := r.gw.ReceiptTerms(r.ctx, r.merchant.ID, p.ID); !errors.Is(err, gateway.ErrReceiptForbidden) {
			t.Errorf("a receipt before the deposit: %v", err)
		}
		if way := r.gw.DepositWay(p); way != gateway.DepositAtSandbox {
			t.Errorf("the way to deposit is %q", way)
		}
		if _, err := r.gw.TestDeposit(r.ctx, r.merchant.ID, p.ID); !errors.Is(err, gateway.ErrNoTestDeposit) {
			t.Errorf("a test deposit where there is no way: %v", err)
		}
		r.atBank(p, "deposit")
		terms, err = r.gw.CancelTerms(r.ctx, r.merchant.ID, p.ID)
		must2(t, err)
		if terms.Refused != nil || !terms.RefundTo || len(terms.Banks) < 10 || terms.Free != 33000 {
			t.Errorf("after it: %+v", terms)
		}
		left, err := r.gw.ReceiptTerms(r.ctx, r.merchant.ID, p.ID)
		if err != nil || left.Total.Minor != 33000 {
			t.Errorf("a receipt after it: %v %v", left, err)
		}
		_, err = r.gw.IssueReceipt(r.ctx, gateway.ReceiptRequest{Merchant: r.merchant.ID, Payment: p.ID, Identifier: "01012345678"})
		must2(t, err)
		if _, err := r.gw.ReceiptTerms(r.ctx, r.merchant.ID, p.ID); !errors.Is(err, gateway.ErrReceiptIssued) {
			t.Errorf("a second receipt: %v", err)
		}
		live := p
		live.Mode = pay.ModeLive
		test := p
		test.Mode = pay.ModeTest
		if r.gw.DepositWay(live) != gateway.DepositNone || r.gw.DepositWay(test) != gateway.DepositAtProvider {
			t.Error("no test deposit is made into a live account, nor by us at the provider")
		}
	})
}

// What is kept of the opening of a window tells that it was asked for, and holds none
// of the links.
func TestOpeningOfAWindowIsKeptWithoutItsLinks(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.open(r.request(pay.TossPay, "o1"))
		var all []store.Exchange
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
			all, err = tx.ListExchanges(r.ctx, r.merchant.ID, v.payment)
			return err
		}))
		if len(all) != 1 || all[0].Status != 200 || len(all[0].Request)+len(all[0].Answer) != 0 {
			t.Errorf("kept: %+v", all)
		}
	})
}
