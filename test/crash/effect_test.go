package crash_test

import (
	"net/url"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
)

// entry is money that moved. The amount is never below zero.
type entry struct {
	kind   string // approval, deposit, reversal, cancel
	amount int64
}

// ledger is what the simulators say moved, by our order id there.
func (w *world) ledger() map[string][]entry {
	out := map[string][]entry{}
	for _, m := range w.cards.Ledger() {
		out[m.OrderID] = append(out[m.OrderID], entry{string(m.Kind), max(m.Amount, -m.Amount)})
	}
	for _, m := range w.wallet.Ledger() {
		out[m.OrderNo] = append(out[m.OrderNo], entry{m.Kind, m.Amount})
	}
	return out
}

// count is how many entries are of a kind.
func count(all []entry, kind string) (n int) {
	for _, e := range all {
		if e.kind == kind {
			n++
		}
	}
	return n
}

// payments are those on the books of an order, the newest first; "" is of all.
func (w *world) payments(uid pay.MerchantUID) (all []pay.Payment) {
	w.t.Helper()
	w.must(w.store.Read(w.ctx, func(tx *store.Tx) (err error) {
		all, err = tx.FindPayments(w.ctx, merchant, store.PaymentFilter{MerchantUID: uid, Sort: "-started"})
		return err
	}))
	return all
}

// moves is how often money moved in one way for the order, at the providers.
func (w *world) moves(kinds ...string) (n int) {
	w.t.Helper()
	ledger := w.ledger()
	for _, p := range w.payments(order) {
		for _, kind := range kinds {
			n += count(ledger[p.Ref.Order], kind)
		}
	}
	return n
}

func approvals(w *world) int { return w.moves("approval", "deposit") }
func cancelled(w *world) int { return w.moves("cancel") }

// activeKeys is 1 if V1 shows a key of the customer.
func activeKeys(w *world) int {
	w.t.Helper()
	switch t := w.call("GET", "/subscribe/customers/"+url.PathEscape(customer), nil).says(); t.v {
	case done:
		return 1
	case refused:
		return 0
	default:
		w.t.Fatalf("the customer: %s", t)
		return 0
	}
}

// kept: the key of a charged card is in use if the charge was made.
func kept(w *world, charged bool) {
	w.t.Helper()
	if n := activeKeys(w); n == 1 != charged {
		w.t.Errorf("charged: %v, and the customer has %d keys", charged, n)
	}
}

// revoked: a deleted key cannot be charged at the provider any more.
func revoked(p pay.Provider) func(*world, bool) {
	return func(w *world, deleted bool) {
		w.t.Helper()
		useless := false
		if p == pay.TossPay {
			var key struct{ Status string }
			w.control(w.wallet.Control(), "GET", "/billing-keys/user-1", nil, &key)
			useless = key.Status != "ACTIVE"
		}
		for _, e := range w.cards.Transcript().Entries() { // which shows no keys
			gone := e.Status == 200 || strings.Contains(e.Response.Body, "ALREADY_REMOVED_BILLING_KEY")
			useless = useless || e.Method == "DELETE" && gone
		}
		if useless != deleted {
			w.t.Errorf("deleted: %v, and useless at the provider: %v", deleted, useless)
		}
	}
}

// bookings is how often the order is booked.
func bookings(w *world) int {
	w.t.Helper()
	if w.call("GET", schedules+"/"+url.PathEscape(order), nil).says().v == done {
		return 1
	}
	return 0
}

// accountsIn is how many accounts of the order are in a state at the provider.
func (w *world) accountsIn(states ...string) (n int) {
	w.t.Helper()
	var in struct {
		Payments []struct{ OrderID, Method, Status string }
	}
	w.control(w.cards.Control(), "GET", "/payments", nil, &in)
	for _, p := range in.Payments {
		for _, state := range states {
			if p.Method == "가상계좌" && p.Status == state {
				n++
			}
		}
	}
	return n
}

func waitingAccounts(w *world) int {
	return w.accountsIn("WAITING_FOR_DEPOSIT") + w.accountsIn("EXPIRED")
}
func revokedAccounts(w *world) int { return w.accountsIn("CANCELED") }

// receiptsNow is what the tax office has issued and cancelled.
func (w *world) receiptsNow() (live, ended map[string]int64) {
	w.t.Helper()
	var in struct {
		CashReceipts []struct {
			ReceiptKey, TransactionType, IssueStatus string
			Amount                                   int64
		}
	}
	w.control(w.cards.Control(), "GET", "/cash-receipts", nil, &in)
	live, ended = map[string]int64{}, map[string]int64{}
	for _, r := range in.CashReceipts {
		if r.TransactionType == "CONFIRM" && r.IssueStatus != "FAILED" {
			live[r.ReceiptKey] += r.Amount
		}
	}
	for _, r := range in.CashReceipts {
		if key := strings.TrimPrefix(r.ReceiptKey, "c_"); r.TransactionType == "CANCEL" {
			ended[key] += r.Amount
			delete(live, key)
		}
	}
	return live, ended
}

func liveReceipts(w *world) int      { live, _ := w.receiptsNow(); return len(live) }
func cancelledReceipts(w *world) int { _, ended := w.receiptsNow(); return len(ended) }
