package v1_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// mortal is a call that a merchant repeats under its key after a death.
type mortal struct {
	name string
	// call is the request about subject i, once all it needs is there.
	call func(r *shopRig, i int) (method, path, body string)
	// done is how often what was asked for has happened.
	done func(r *shopRig, i int) int
}

func num(what string, i int) string { return fmt.Sprintf("%s-%d", what, i) }

// charges counts the charges of an order number at the provider, and holds the
// books against it.
func charges(amount int64, what string) func(*shopRig, int) int {
	return func(r *shopRig, i int) int {
		paid := 0
		for _, p := range r.paymentsOf(num(what, i)) {
			if held := r.atProvider(p); (held > 0) != (p.Status == pay.StatusPaid) {
				r.t.Errorf("%s is %s, the provider holds %d", p.ID, p.Status, held)
			}
			if p.Status == pay.StatusPaid {
				paid++
			}
		}
		if got := r.taken(num(what, i)); got != int64(paid)*amount {
			r.t.Errorf("%s %d: %d won were taken in %d payments", what, i, got, paid)
		}
		return paid
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// booking is how a booked charge stands; "" when there is none.
func (r *shopRig) booking(uid string) (s pay.Schedule) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		if s, err = tx.Schedule(r.ctx, shop, pay.MerchantUID(uid)); errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	}))
	return s
}

// keys counts the billing keys of a customer_uid in a state.
func (r *shopRig) keys(uid string, in pay.KeyStatus) int {
	r.t.Helper()
	var k pay.BillingKey
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		if k, err = tx.NewestBillingKey(r.ctx, shop, pay.CustomerUID(uid)); errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	}))
	return one(k.Status == in)
}

func (r *shopRig) receipt(uid string) (c pay.Receipt) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		if c, err = tx.ReceiptOfOrder(r.ctx, shop, pay.MerchantUID(uid)); errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	}))
	return c
}

func (r *shopRig) prepared(uid string) int64 {
	r.t.Helper()
	o, err := r.gateway.Prepared(r.ctx, shop, pay.MerchantUID(uid))
	if err != nil {
		return 0
	}
	return o.Prepared.Minor
}

const cardFields = `"card_number":"` + pan + `","expiry":"` + panExpiry + `","birth":"` + panBirth + `"`

// book books a charge for ten days on.
func (r *shopRig) book(uid string) string {
	return fmt.Sprintf(`{"customer_uid":"member","schedules":[{"merchant_uid":%q,"schedule_at":%d,"amount":7000}]}`, uid, r.clock.Now().Add(240*time.Hour).Unix())
}

// mortals are all writes of V1.
func mortals() []mortal {
	post := func(path, body string) (string, string, string) { return "POST", path, body }
	return []mortal{
		{"again", func(r *shopRig, i int) (string, string, string) {
			return post("/subscribe/payments/again", order(num("again", i), 12000))
		}, charges(12000, "again")},
		{"onetime", func(r *shopRig, i int) (string, string, string) {
			return post("/subscribe/payments/onetime", fmt.Sprintf(`{"merchant_uid":%q,"amount":3000,"name":"n",%s}`, num("onetime", i), cardFields))
		}, charges(3000, "onetime")},
		{"onetime with a key", func(r *shopRig, i int) (string, string, string) {
			return post("/subscribe/payments/onetime", fmt.Sprintf(`{"merchant_uid":%q,"customer_uid":%q,"amount":4000,"name":"n",%s}`, num("keyed", i), num("kept", i), cardFields))
		}, func(r *shopRig, i int) int {
			paid := charges(4000, "keyed")(r, i)
			if active := r.keys(num("kept", i), pay.KeyActive); active != paid {
				r.t.Errorf("%d charges, %d keys in use", paid, active)
			}
			return paid
		}},
		{"vbank", func(r *shopRig, i int) (string, string, string) {
			return post("/vbanks", fmt.Sprintf(`{"merchant_uid":%q,"amount":5000,"vbank_code":"088","vbank_due":%d,"buyer_name":"김"}`, num("vbank", i), r.clock.Now().Add(240*time.Hour).Unix()))
		}, func(r *shopRig, i int) (n int) {
			for _, p := range r.paymentsOf(num("vbank", i)) {
				n += one(p.Status == pay.StatusAwaitingDeposit)
			}
			return n
		}},
		{"revoke vbank", func(r *shopRig, i int) (string, string, string) {
			a := r.good("", "POST", "/vbanks", fmt.Sprintf(`{"merchant_uid":%q,"amount":5000,"vbank_code":"088","vbank_due":%d,"buyer_name":"김"}`, num("revoke", i), r.clock.Now().Add(240*time.Hour).Unix()))
			return "DELETE", "/vbanks/" + a.payment(r.t).ImpUID, ""
		}, func(r *shopRig, i int) int { return one(r.paymentsOf(num("revoke", i))[0].Status == pay.StatusFailed) }},
		{"cancel", func(r *shopRig, i int) (string, string, string) {
			r.charged(num("cancel", i))
			return post("/payments/cancel", fmt.Sprintf(`{"merchant_uid":%q,"amount":20000,"reason":"변심"}`, num("cancel", i)))
		}, func(r *shopRig, i int) int {
			p := r.paymentsOf(num("cancel", i))[0]
			if held := r.atProvider(p); held != p.Left() {
				r.t.Errorf("%d left, the provider holds %d", p.Left(), held)
			}
			return int(p.Cancelled / 20000)
		}},
		{"issue key", func(r *shopRig, i int) (string, string, string) {
			return post("/subscribe/customers/"+num("issue", i), "{"+cardFields+"}")
		}, func(r *shopRig, i int) int { return r.keys(num("issue", i), pay.KeyActive) }},
		{"delete key", func(r *shopRig, i int) (string, string, string) {
			r.billingKey(num("delete", i))
			return "DELETE", "/subscribe/customers/" + num("delete", i), ""
		}, func(r *shopRig, i int) int { return r.keys(num("delete", i), pay.KeyDeleted) }},
		{"schedule", func(r *shopRig, i int) (string, string, string) {
			return post("/subscribe/payments/schedule", r.book(num("book", i)))
		}, func(r *shopRig, i int) int { return one(r.booking(num("book", i)).Status == pay.ScheduleBooked) }},
		{"schedule with a card and a check", func(r *shopRig, i int) (string, string, string) {
			body := strings.Replace(r.book(num("check", i)), `"member"`, fmt.Sprintf(`%q,"checking_amount":%d,%s`, num("checked", i), 100+i, cardFields), 1)
			return post("/subscribe/payments/schedule", body)
		}, func(r *shopRig, i int) int {
			checks, kept := r.checks(int64(100 + i))
			if checks > 1 || kept > 0 {
				r.t.Errorf("checked %d times, %d won kept", checks, kept)
			}
			return one(r.booking(num("check", i)).Status == pay.ScheduleBooked)
		}},
		{"unschedule", func(r *shopRig, i int) (string, string, string) {
			r.good("", "POST", "/subscribe/payments/schedule", r.book(num("unbook", i)))
			return post("/subscribe/payments/unschedule", fmt.Sprintf(`{"customer_uid":"member","merchant_uid":[%q]}`, num("unbook", i)))
		}, func(r *shopRig, i int) int { return one(r.booking(num("unbook", i)).Status == pay.ScheduleRevoked) }},
		{"move", func(r *shopRig, i int) (string, string, string) {
			r.good("", "POST", "/subscribe/payments/schedule", r.book(num("move", i)))
			return "PUT", "/subscribe/payments/schedule/" + num("move", i), `{"schedule_at":1893456000}`
		}, func(r *shopRig, i int) int { return one(r.booking(num("move", i)).At.Unix() == 1893456000) }},
		{"reschedule", func(r *shopRig, i int) (string, string, string) {
			r.good("", "POST", "/subscribe/payments/schedule", r.book(num("rebook", i)))
			r.good("", "POST", "/subscribe/payments/unschedule", fmt.Sprintf(`{"merchant_uid":%q}`, num("rebook", i)))
			return post("/subscribe/payments/schedule/"+num("rebook", i)+"/reschedule", `{"schedule_at":1893456000}`)
		}, func(r *shopRig, i int) int { return one(r.booking(num("rebook", i)).Status == pay.ScheduleBooked) }},
		{"retry", func(r *shopRig, i int) (string, string, string) {
			r.good("", "POST", "/subscribe/payments/schedule", r.book(num("retry", i)))
			r.good("", "POST", "/subscribe/payments/unschedule", fmt.Sprintf(`{"merchant_uid":%q}`, num("retry", i)))
			return post("/subscribe/payments/schedule/"+num("retry", i)+"/retry", "")
		}, charges(7000, "retry")},
		{"issue receipt", func(r *shopRig, i int) (string, string, string) {
			return post("/receipts/external/"+num("receipt", i), `{"name":"매장 판매","amount":11000,"identifier":"01077889911"}`)
		}, func(r *shopRig, i int) int { return one(r.receipt(num("receipt", i)).Status == pay.ReceiptIssued) }},
		{"cancel receipt", func(r *shopRig, i int) (string, string, string) {
			r.good("", "POST", "/receipts/external/"+num("unreceipt", i), `{"name":"매장 판매","amount":11000,"identifier":"01077889911"}`)
			return "DELETE", "/receipts/external/" + num("unreceipt", i), ""
		}, func(r *shopRig, i int) int {
			return one(r.receipt(num("unreceipt", i)).Status == pay.ReceiptCancelled)
		}},
		{"prepare", func(r *shopRig, i int) (string, string, string) {
			return post("/payments/prepare", fmt.Sprintf(`{"merchant_uid":%q,"amount":500}`, num("prepare", i)))
		}, func(r *shopRig, i int) int { return one(r.prepared(num("prepare", i)) == 500) }},
		{"change prepared", func(r *shopRig, i int) (string, string, string) {
			r.good("", "POST", "/payments/prepare", fmt.Sprintf(`{"merchant_uid":%q,"amount":500}`, num("change", i)))
			return "PUT", "/payments/prepare", fmt.Sprintf(`{"merchant_uid":%q,"amount":900}`, num("change", i))
		}, func(r *shopRig, i int) int { return one(r.prepared(num("change", i)) == 900) }},
	}
}

// checks counts the card checks of an amount that the provider took, and what it
// still holds of them.
func (r *shopRig) checks(amount int64) (n int, kept int64) {
	r.t.Helper()
	var all []pay.Payment
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		all, err = tx.FindPayments(r.ctx, shop, store.PaymentFilter{Sort: "started", Limit: 1000})
		return err
	}))
	for _, p := range all {
		if strings.HasPrefix(string(p.MerchantUID), "checking_") && p.Amount.Total.Minor == amount {
			n += one(!p.PaidAt.IsZero())
			kept += r.atProvider(p)
		}
	}
	return n, kept
}

// TestEveryDeathUnderAKey ends the gateway at each commit and each step of every
// write, before it and after. Whoever repeats the call with its key is told to
// come back, then that it is not known yet, and at last the truth; and whatever
// was asked for has happened once if that says so, and else not at all.
func TestEveryDeathUnderAKey(t *testing.T) {
	t.Parallel()
	for _, m := range mortals() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.dies(newShopRig(t, "sqlite::memory:"))
		})
	}
	for _, m := range mortals()[:6] { // what moves money
		t.Run(m.name+" on PostgreSQL", func(t *testing.T) {
			t.Parallel()
			m.dies(newShopRig(t, pgtest.Lent(t)))
		})
	}
}

// dies tries one death after the other until the call outlives them all.
func (m mortal) dies(r *shopRig) {
	r.t.Helper()
	r.billingKey("member")
	for i := 1; i < 60; i++ {
		method, path, body := m.call(r, i)
		key := num("key", i)
		r.fate.arm(i)
		_, _ = r.send(r.request(r.ctx, key, method, path, body)) // nobody hears the dead
		died, where := r.fate.died(), r.fate.where
		r.fate.arm(0)
		if !died {
			if n := m.done(r, i); n != 1 {
				r.t.Errorf("nobody died, and it happened %d times", n)
			}
			if i <= 6 { // three transactions: the claim, the work, the answer
				r.t.Errorf("only %d deaths were died", i-1)
			}
			return
		}
		m.repeat(r, fmt.Sprintf("death %d at %s", i, where), i, key, method, path, body)
		if r.t.Failed() {
			return
		}
	}
	r.t.Fatal("it dies for ever")
}

// repeat sends the call again: at once, once time has passed, and once more.
func (m mortal) repeat(r *shopRig, what string, i int, key, method, path, body string) {
	r.t.Helper()
	soon := r.call(key, method, path, body)
	r.pass(30*time.Minute, time.Minute)
	a := r.call(key, method, path, body)
	if a.status >= 409 && a.status < 500 || a.status != 200 && a.status != 500 || a.status == 500 && !strings.Contains(path, "receipts") {
		r.t.Fatalf("%s: at last %d %s (at once %d %s)\n%s", what, a.status, a.raw, soon.status, soon.raw, r.log.String())
	}
	paid := strings.Contains(a.raw, `"status":"failed"`) && strings.HasSuffix(path, "/retry") // declined, with code 0
	told := one(a.Code == 0 && !paid)
	if n := m.done(r, i); n != told {
		r.t.Errorf("%s: it is told as %s, and happened %d times (at once %d %s)", what, a.raw, n, soon.status, soon.raw)
	}
	again := r.call(key, method, path, body)
	if again.raw != a.raw || again.status != a.status || !again.replayed() {
		r.t.Errorf("%s: then %s, after %s", what, again.raw, a.raw)
	}
	if k := r.told(key); k.State != "done" || *k.HTTPStatus != a.status {
		r.t.Errorf("%s: told %+v", what, k)
	}
	if n := m.done(r, i); n != told {
		r.t.Errorf("%s: in the end it happened %d times", what, n)
	}
}
