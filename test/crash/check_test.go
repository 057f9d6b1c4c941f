package crash_test

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
)

// inBooks is a payment with all that the books have of it.
type inBooks struct {
	pay.Payment
	moves    []pay.Movement
	steps    []store.StepRow
	attempts []pay.Attempt
}

// check holds everything against everything, once the world has come to rest.
func (w *world) check(when string) {
	w.t.Helper()
	var all []inBooks
	w.must(w.store.Read(w.ctx, func(tx *store.Tx) error {
		found, err := tx.FindPayments(w.ctx, merchant, store.PaymentFilter{Sort: "started"})
		all = make([]inBooks, len(found))
		for i, p := range found {
			all[i].Payment = p
			if err == nil {
				all[i].moves, err = tx.Movements(w.ctx, merchant, p.ID)
			}
			if err == nil {
				all[i].steps, err = tx.Steps(w.ctx, merchant, p.ID)
			}
			if err == nil {
				all[i].attempts, err = tx.ListAttempts(w.ctx, merchant, p.ID)
			}
		}
		return err
	}))
	ledger := w.ledger()
	paid := map[pay.MerchantUID]pay.PaymentID{}
	for _, p := range all {
		w.agrees(when, p, ledger[p.Ref.Order])
		w.sound(when, p)
		w.heard(when, p)
		w.shows(when, p)
		delete(ledger, p.Ref.Order)
		if !taken(p.Status) {
			continue
		}
		if other := paid[p.MerchantUID]; other != "" {
			w.t.Errorf("%s: order %q is paid twice, by %s and by %s", when, p.MerchantUID, other, p.ID)
		}
		paid[p.MerchantUID] = p.ID
	}
	for id, moved := range ledger {
		w.t.Errorf("%s: money moved for %s, which is not on the books: %v", when, id, moved)
	}
	w.nothingOpen(when)
	w.noAlarm(when)
}

// entries are the movements of a payment on the books.
func (p inBooks) entries() (out []entry) {
	for _, m := range p.moves {
		kind := string(m.Kind)
		if m.Kind == pay.MovementDepositReversal {
			kind = "reversal"
		}
		out = append(out, entry{kind, m.Amount})
	}
	return out
}

func sorted(all []entry) []entry {
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b entry) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.amount, b.amount)) })
	return out
}

// sum is what the entries of some kinds come to.
func sum(all []entry, kinds ...string) (n int64) {
	for _, e := range all {
		if slices.Contains(kinds, e.kind) {
			n += e.amount
		}
	}
	return n
}

// taken reports whether a payment of this status uses its order number up.
func taken(st pay.Status) bool {
	return st == pay.StatusPaid || st == pay.StatusPartiallyCancelled || st == pay.StatusCancelled
}

// agrees: a payment's movements are the provider's, to the won, and no more than
// one of them took money.
func (w *world) agrees(when string, p inBooks, theirs []entry) {
	w.t.Helper()
	if !slices.Equal(sorted(p.entries()), sorted(theirs)) {
		w.t.Errorf("%s: payment %s of %q (%s): the books have %v, the provider %v\nattempts %+v", when, p.ID, p.MerchantUID, p.Status, p.entries(), theirs, p.attempts)
	}
	if n := count(theirs, "approval") + count(theirs, "deposit"); n > 1 {
		w.t.Errorf("%s: payment %s of %q: money was taken %d times: %v", when, p.ID, p.MerchantUID, n, theirs)
	}
	left := sum(theirs, "approval", "deposit") - sum(theirs, "reversal", "cancel")
	switch {
	case left < 0:
		w.t.Errorf("%s: payment %s: more was given back than taken: %v", when, p.ID, theirs)
	case strings.HasPrefix(string(p.MerchantUID), "checking_") && left != 0:
		w.t.Errorf("%s: a checking amount of %d was kept: %s", when, left, p.ID)
	}
}

// sound: status, sums and steps of a payment agree.
func (w *world) sound(when string, p inBooks) {
	w.t.Helper()
	all := p.entries()
	in, out := sum(all, "approval", "deposit")-sum(all, "reversal"), sum(all, "cancel")
	whole := in == p.Amount.Total.Minor
	ok := false
	switch p.Status {
	case pay.StatusPaid:
		ok = whole && out == 0 || p.CustomerUsage == "issue" && in == 0
	case pay.StatusPartiallyCancelled:
		ok = whole && out > 0 && out < in
	case pay.StatusCancelled:
		ok = whole && out == in
	case pay.StatusFailed:
		ok = in == out
	case pay.StatusAwaitingDeposit, pay.StatusCreated:
		ok = in == 0 && out == 0
	}
	at := pay.StatusCreated
	for _, row := range p.steps {
		to, err := pay.Payments.Next(row.From, row.Event)
		ok = ok && row.From == at && err == nil && to == row.To
		at = row.To
	}
	if !ok || at != p.Status || out != p.Cancelled {
		w.t.Errorf("%s: payment %s of %q is %s with %d cancelled, by steps %v and movements %v", when, p.ID, p.MerchantUID, p.Status, p.Cancelled, p.steps, all)
	}
}

// heard: the merchant heard of each state it must hear of, in order, and of
// nothing that is not so.
func (w *world) heard(when string, p inBooks) {
	w.t.Helper()
	var owed []string
	for _, row := range p.steps {
		switch {
		case p.Notify.Never:
		case row.To == pay.StatusPaid:
			owed = append(owed, "paid")
		case row.To == pay.StatusAwaitingDeposit:
			owed = append(owed, "ready")
		case row.To == pay.StatusFailed && p.Source == pay.SourceSchedule:
			owed = append(owed, "failed")
		}
	}
	for _, m := range p.moves {
		if m.Kind == pay.MovementCancel && !p.Notify.Never { // all that are made here ask for it
			owed = append(owed, "cancelled "+m.CancelID)
		}
	}
	at, all := -1, w.shop.all()
	for _, m := range all {
		if m.ImpUID != p.ID {
			continue
		}
		word := m.Status
		if m.CancelID != "" {
			word += " " + m.CancelID
		}
		switch {
		case m.MerchantUID != string(p.MerchantUID):
			w.t.Errorf("%s: a webhook names %s of %q as %q", when, p.ID, p.MerchantUID, m.MerchantUID)
		case at+1 < len(owed) && word == owed[at+1]:
			at++
		case at < 0 || word != owed[at]: // else it is told again
			w.t.Errorf("%s: payment %s, %s: owed are the webhooks %v; %q is not next in %v", when, p.ID, p.Status, owed, word, all)
		}
	}
	if at != len(owed)-1 {
		w.t.Errorf("%s: payment %s, %s: owed are the webhooks %v, heard were %v", when, p.ID, p.Status, owed, all)
	}
}

// shows: V1 tells of a payment what the books say.
func (w *world) shows(when string, p inBooks) {
	w.t.Helper()
	var got struct {
		Status       string `json:"status"`
		Amount       int64  `json:"amount"`
		CancelAmount int64  `json:"cancel_amount"`
	}
	a := w.call("GET", "/payments/"+string(p.ID), nil)
	if a.says().v != done || json.Unmarshal(a.Response, &got) != nil {
		w.t.Errorf("%s: V1 does not show payment %s: %s", when, p.ID, a)
		return
	}
	want := map[pay.Status]string{
		pay.StatusPaid: "paid", pay.StatusPartiallyCancelled: "cancelled", pay.StatusCancelled: "cancelled", pay.StatusFailed: "failed",
		pay.StatusAwaitingDeposit: "ready", pay.StatusCreated: "ready",
	}[p.Status]
	if got.Status != want || p.CustomerUsage != "issue" && got.Amount != p.Amount.Total.Minor || got.CancelAmount != p.Cancelled {
		w.t.Errorf("%s: payment %s is %s, V1 shows %+v", when, p.ID, p.Status, got)
	}
}

// open is what must not be on the books once every bound has passed. A window
// that nobody came back from may stay.
var open = map[string]string{
	"attempts":     `SELECT kind || ' ' || status FROM attempts WHERE status IN ('started', 'unknown')`,
	"billing keys": `SELECT id || ' ' || status FROM billing_keys WHERE status IN ('issuing', 'held')`,
	"receipts":     `SELECT id || ' ' || status FROM receipts WHERE status IN ('issuing', 'cancelling')`,
	"payments":     `SELECT id || ' ' || status FROM payments WHERE status = 'confirming'`,
	"schedules":    `SELECT merchant_uid || ' ' || status FROM schedules WHERE status = 'running'`,
	"deliveries":   `SELECT id || ' ' || status FROM deliveries WHERE status NOT IN ('delivered', 'superseded')`,
	"jobs":         `SELECT kind || ' ' || key FROM jobs WHERE kind <> 'run_schedule'`,
}

// nothingOpen: no call is undecided and nothing is left to do.
func (w *world) nothingOpen(when string) {
	w.t.Helper()
	for what, question := range open {
		rows, err := w.database().QueryContext(w.ctx, question)
		if err != nil {
			w.t.Fatalf("%s: %v", what, err)
		}
		for rows.Next() {
			var row string
			w.must(rows.Scan(&row))
			w.t.Errorf("%s: left open of the %s: %s", when, what, row)
		}
		w.must(rows.Err())
	}
}

// database is the books as anybody may look into them.
func (w *world) database() *sql.DB {
	w.t.Helper()
	if w.db == nil {
		driver, name := "pgx", w.dsn
		if path, ok := strings.CutPrefix(w.dsn, "sqlite:"); ok {
			driver, name = "sqlite", path
		}
		var err error
		w.db, err = sql.Open(driver, name)
		w.must(err)
		w.db.SetMaxOpenConns(1)
		w.t.Cleanup(func() { _ = w.db.Close() })
	}
	return w.db
}

// noAlarm: no person is called.
func (w *world) noAlarm(when string) {
	w.t.Helper()
	w.must(w.store.Read(w.ctx, func(tx *store.Tx) error {
		all, err := tx.ListAlarms(w.ctx, true)
		for _, a := range all {
			w.t.Errorf("%s: a person is called: %+v", when, a)
		}
		return err
	}))
}
