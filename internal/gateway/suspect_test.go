package gateway_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// under makes a call of a merchant under an Idempotency-Key and keeps an answer.
func (r *rig) under(key, answer string, do func(c *gateway.Claim)) {
	r.t.Helper()
	claim, earlier, err := r.gw.ClaimKey(r.ctx, gateway.KeyedCall{Merchant: r.merchant.ID, Key: key, Method: "POST", Route: "/x", Input: []byte(key)})
	must2(r.t, err)
	if earlier != nil {
		r.t.Fatalf("%s: answered before: %s", key, earlier.Body)
	}
	do(claim)
	must2(r.t, r.gw.EndKey(r.ctx, claim, gateway.KeyedAnswer{Status: 200, Body: []byte(answer)}, true))
}

// What a merchant was answered when it booked charges and revoked them names the
// buyer: it goes with the bookings, and whoever sends the call again is told from
// the books. Others' answers stay.
func TestAnswersAboutBookingsAreErased(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.key(pay.TossPayments, "c1")
		r.key(pay.TossPayments, "c_")
		book := func(customer string, uids ...string) []gateway.Booked {
			rows, err := r.booking(customer, uids...)
			must2(t, err)
			return rows
		}
		book("c1", `50% "a"`)
		erased := []string{"booked", "revoked", "moved"}
		r.under("booked", planted.Name, func(c *gateway.Claim) {
			_, err := r.gw.Schedule(gateway.WithIdempotency(r.ctx, c), r.bookings("c1", `a_1`, `<a>`))
			must2(t, err)
		})
		r.under("other", "somebody else", func(c *gateway.Claim) {
			_, err := r.gw.Schedule(gateway.WithIdempotency(r.ctx, c), r.bookings("c_", `ab1`))
			must2(t, err)
		})
		r.under("revoked", planted.Name, func(c *gateway.Claim) {
			_, err := r.gw.Unschedule(gateway.WithIdempotency(r.ctx, c), r.merchant.ID, "", []pay.MerchantUID{`<a>`, `50% "a"`})
			must2(t, err)
		})
		r.under("moved", planted.Name, func(c *gateway.Claim) {
			_, err := r.gw.Reschedule(gateway.WithIdempotency(r.ctx, c), r.merchant.ID, `<a>`, r.clock.Now().AddDate(0, 0, 9))
			must2(t, err)
		})
		got := r.erase(gateway.EraseRequest{CustomerUID: "c1"})
		for _, key := range erased {
			if a := r.keyedAnswer(key); len(a) > 0 {
				t.Errorf("the answer under %q is left: %d bytes (%+v)", key, len(a), got.Rows)
			}
		}
		if len(r.keyedAnswer("other")) == 0 {
			t.Error("another buyer's answer is gone")
		}
		r.under("booked", "told from the books", func(c *gateway.Claim) {
			rows, err := r.gw.Schedule(gateway.WithIdempotency(r.ctx, c), r.bookings("c1", `a_1`, `<a>`))
			if err != nil || !c.Earlier() || len(rows) != 2 || rows[0].Buyer.Name != "" {
				t.Errorf("sent again: %+v, %v", rows, err)
			}
		})
		r.holds()
	})
}

// bookings asks for charges of a customer a month from now.
func (r *rig) bookings(customer string, uids ...string) gateway.ScheduleRequest {
	req := gateway.ScheduleRequest{Merchant: r.merchant.ID, CustomerUID: pay.CustomerUID(customer)}
	for _, uid := range uids {
		req.Items = append(req.Items, gateway.ScheduleItem{At: r.clock.Now().AddDate(0, 1, 0), Charge: r.plantedCharge(uid, 5000)})
	}
	return req
}

func (r *rig) booking(customer string, uids ...string) ([]gateway.Booked, error) {
	return r.gw.Schedule(r.ctx, r.bookings(customer, uids...))
}

// A cancel that the provider has made and whose answer is not here yet is no
// difference between its books and ours.
func TestVerifyKnowsWhatIsUnderWay(t *testing.T) {
	both(t, func(t *testing.T, r *rig, p pay.Provider) {
		paid := r.paid(p, "o1")
		path := map[pay.Provider]string{pay.TossPayments: "/cancel", pay.TossPay: "/refunds"}[p]
		for _, amount := range []*int64{ptr(1000), nil} {
			acted, done := r.holdAnswer("POST", path), make(chan error, 1)
			go func() {
				_, err := r.gw.Cancel(r.ctx, gateway.CancelRequest{Merchant: r.merchant.ID, PaymentID: paid.ID, Amount: amount})
				done <- err
			}()
			<-acted.arrived
			if report := r.sound(gateway.VerifyOptions{Provider: true}); report.Asked != 1 {
				t.Errorf("while it was under way: %+v", report)
			}
			close(acted.through)
			must2(t, <-done)
			r.sound(gateway.VerifyOptions{Provider: true})
		}
	})
}

// holdAnswer has the answer of the next such request wait at a gate; what was asked
// for is done by then.
func (r *rig) holdAnswer(method, part string) *gate {
	g := &gate{make(chan struct{}), make(chan struct{})}
	var held atomic.Bool
	r.through(func(inner http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			if req.Method != method || !strings.Contains(req.URL.Path, part) || !held.CompareAndSwap(false, true) {
				inner.ServeHTTP(w, req)
				return
			}
			answer := httptest.NewRecorder()
			inner.ServeHTTP(answer, req)
			close(g.arrived)
			<-g.through
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		}
	})
	return g
}

// A webhook that is still being tried keeps its payment from being erased: what it
// is answered, and its address, would stay behind.
func TestErasingWaitsForWebhooks(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.paid(pay.TossPayments, "o1")
		d := store.Delivery{Merchant: r.merchant.ID, ID: "d_1", Payment: p.ID, Event: "paid", URL: "https://shop.example/hook?name=" + p.Buyer.Name, Body: []byte(`{}`)}
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error { return tx.InsertDelivery(r.ctx, d) }))
		if got := r.erase(gateway.EraseRequest{Payment: p.ID}); len(got.Open) != 1 || got.Open[0].ID != string(p.ID) || len(got.Payments) != 0 {
			t.Errorf("while it waits: %+v", got)
		}
		must2(t, r.store.Write(r.ctx, func(tx *store.Tx) error {
			was, err := tx.Delivery(r.ctx, d.Merchant, d.ID)
			if err != nil {
				return err
			}
			done := was
			done.Status, done.Tries = store.DeliveryDelivered, 1
			return tx.EndTry(r.ctx, done, was, store.DeliveryTry{Status: 200, Answer: "thank you, " + p.Buyer.Name})
		}))
		if got := r.erase(gateway.EraseRequest{Payment: p.ID}); len(got.Open) != 0 || len(got.Payments) != 1 {
			t.Errorf("once it is delivered: %+v", got)
		}
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			now, err := tx.Delivery(r.ctx, d.Merchant, d.ID)
			if err != nil {
				return err
			}
			tries, err := tx.DeliveryTries(r.ctx, d.Merchant, d.ID)
			if len(tries) != 1 || strings.Contains(now.URL+tries[0].Answer, p.Buyer.Name) {
				t.Errorf("left: %s %+v", now.URL, tries)
			}
			return err
		}))
	})
}

// What is said to the provider about a cash receipt of a payment that was erased is
// not kept.
func TestReceiptsOfTheErasedKeepNoBodies(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.account("acc", 33000)
		r.atBank(p, "deposit")
		r.day(30)
		if got := r.erase(gateway.EraseRequest{Payment: p.ID}); len(got.Payments) != 1 {
			t.Fatalf("not erased: %+v", got)
		}
		if _, err := r.receipt(p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.gw.CancelReceiptOfPayment(r.ctx, r.merchant.ID, p.ID, ""); err != nil {
			t.Fatal(err)
		}
		must2(t, r.store.Read(r.ctx, func(tx *store.Tx) error {
			all, err := tx.ListExchanges(r.ctx, r.merchant.ID, p.ID)
			for _, e := range all {
				if len(e.Request)+len(e.Answer) > 0 {
					t.Errorf("%s %s is kept: %s %s", e.Method, e.Path, e.Request, e.Answer)
				}
			}
			if len(all) < 3 {
				t.Errorf("%d exchanges", len(all))
			}
			return err
		}))
	})
}
