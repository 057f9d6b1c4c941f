package model_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// settled is longer than any lost answer is asked for: a cancel, for 73 hours.
const settled = 4 * 24 * time.Hour

// settle lets the world come to rest without faults and holds everything
// against everything.
func (s *story) settle() {
	s.t.Helper()
	s.disturbed = true // what comes due was foreseen in a world with faults
	s.note("the faults end, and %s pass", settled)
	s.well()
	s.hook.deafen(0)
	s.pass(time.Hour)
	s.disturbed = false
	s.pass(settled)
	if s.settled = true; s.planted != nil {
		s.planted(s)
	}
	s.look()
	s.everywhere(s.nothingOpen)
	s.agree()
	s.everywhere(s.sameReceipts)
	if !s.unverified {
		s.everywhere(s.reconciled)
	}
	s.heard()
	s.hidden()
	s.everywhere(func() {
		for _, id := range s.ids {
			a := s.call("GET", "/payments/"+string(id), nil, 200)
			s.equal(s.payments[id], s.shown(a.Response))
		}
	})
}

// nothingOpen: no call is undecided, nothing is left to find out, and no person
// is called for but where only a person can help.
func (s *story) nothingOpen() {
	s.t.Helper()
	for _, id := range s.ids {
		p := s.payments[id]
		s.looked(stillUnknown, 1)
		closed := p.Status == pay.StatusCreated && p.Source == pay.SourceWindow && !s.cameBack(id) // as V1 has it for a closed tab
		if p.open || p.Status == pay.StatusConfirming || p.Status == pay.StatusCreated && !closed {
			s.failAs(stillUnknown, "payment %s of %q is %s with an open attempt: %v", id, p.MerchantUID, p.Status, p.open)
		}
	}
	for _, kind := range []string{
		gateway.JobResolve, gateway.JobResolveKey, gateway.JobResolveReceipt, gateway.JobGiveBack, gateway.JobCheckingBack, gateway.JobRevokeKey, gateway.JobHeed,
		"deliver",
	} {
		if s.hasJob(kind) {
			s.failAs(stillUnknown, "a job of kind %s is left, the next at %s", kind, s.nextJob())
		}
	}
	if err := s.openReceipts(); err != nil {
		s.failAs(stillUnknown, "%v", err)
	}
	s.read(func(tx *store.Tx) error {
		stuck, err := tx.StuckAttempts(s.ctx, 10)
		if err == nil && len(stuck) > 0 {
			s.failAs(stillUnknown, "attempts are left to a person: %+v", stuck)
		}
		return err
	})
	for kind, all := range s.alarms() {
		if kind != "paid_twice" && kind != "deposit_reversed" {
			s.fail("a person is called: %+v", all)
		}
	}
	for _, c := range s.customers {
		if c.unsure && !s.goneFromApp(c.holds) {
			s.failAs(stillUnknown, "whether %s has a key is open", c)
		}
	}
}

// agree: each payment's movements are the provider's, to the won, and the
// provider holds nothing that is not on the books.
func (s *story) agree() {
	s.t.Helper()
	ledger := s.ledger()
	s.everywhere(func() { s.agreeHere(ledger) })
	if len(ledger) > 0 {
		s.failAs(lostMovement, "money moved for orders that are not on the books: %v", ledger)
	}
}

// agreeHere holds the payments of a shop against the ledger, and takes them out
// of it.
func (s *story) agreeHere(ledger map[string][]entry) {
	s.t.Helper()
	for _, id := range s.ids {
		p := s.payments[id]
		s.looked(lostMovement, len(ledger[string(id)]))
		if ours, theirs := sorted(p.entries()), sorted(ledger[string(id)]); !slices.Equal(ours, theirs) {
			s.failAs(lostMovement, "payment %s of %q (%s, %s): the books have %v, the provider %v", id, p.MerchantUID, p.Status, p.Provider, ours, theirs)
		}
		left := remains(p.entries())
		if p.Status == pay.StatusFailed && left != 0 && !s.personKnows(id) {
			s.failAs(doubleCharge, "payment %s of %q failed and keeps %d", id, p.MerchantUID, left)
		}
		if strings.HasPrefix(string(p.MerchantUID), "checking_") && left != 0 {
			s.failAs(doubleCharge, "a checking amount of %d was kept: %s", left, id)
		}
		delete(ledger, string(id))
	}
}

func (s *story) personKnows(id pay.PaymentID) bool {
	return slices.ContainsFunc(s.alarms()["paid_twice"], func(a store.Alarm) bool { return a.Payment == id })
}

// sameReceipts: what V1 shows as issued is what the provider has issued.
func (s *story) sameReceipts() {
	s.t.Helper()
	var in struct {
		CashReceipts []struct {
			ReceiptKey, OrderID, TransactionType, IssueStatus string
			Amount                                            int64
		}
	}
	s.bank(s.cards, "GET", "/cash-receipts", nil, &in)
	live := map[string]int64{}
	for _, r := range in.CashReceipts {
		if r.TransactionType == "CONFIRM" && r.IssueStatus != "FAILED" {
			live[r.ReceiptKey] += r.Amount
		}
	}
	for _, r := range in.CashReceipts {
		if r.TransactionType == "CANCEL" {
			delete(live, strings.TrimPrefix(r.ReceiptKey, "c_"))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(s.receipts)) {
		r := s.receipts[path]
		got := s.showReceipt(path)
		issued := got != nil && got.CancelledAt == 0
		if issued != (r.status == pay.ReceiptIssued) {
			s.fail("%s was %s; V1 shows %+v", path, r.status, got)
		}
		if !issued {
			continue
		}
		if live[*got.ReceiptTID] != got.Amount {
			s.fail("%s: V1 shows a receipt over %d, the provider has %d", path, got.Amount, live[*got.ReceiptTID])
		}
		delete(live, *got.ReceiptTID)
	}
	if len(live) > 0 {
		s.fail("the provider has cash receipts that are not on the books: %v", live)
	}
}

// hidden: no card number and no key is in what the gateway logs, sends or keeps.
func (s *story) hidden() {
	s.t.Helper()
	s.secretless("the log", s.log.String())
	for _, m := range s.hook.all() {
		s.secretless("a webhook", m.raw)
	}
	s.everywhere(s.hiddenHere)
	path, ok := strings.CutPrefix(s.dsn, "sqlite:")
	if !ok || !lasts(s.dsn) {
		return
	}
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(path + suffix)
		if err == nil {
			s.secretless("the file of the books", string(raw))
		}
	}
}

func (s *story) hiddenHere() {
	s.t.Helper()
	ids := append([]pay.PaymentID{""}, s.ids...)
	s.read(func(tx *store.Tx) error {
		for _, id := range ids {
			all, err := tx.ListExchanges(s.ctx, s.merchant, id)
			if err != nil {
				return err
			}
			for _, e := range all {
				s.secretless("an exchange of "+string(id), e.Method+" "+e.Path+"\n"+string(e.Request)+"\n"+string(e.Answer)+"\n"+e.Error)
			}
		}
		return nil
	})
}

func (s *story) secretless(what, text string) {
	s.t.Helper()
	s.looked(showsSecret, 1)
	for _, secret := range s.secrets {
		if strings.Contains(text, secret) {
			at := strings.Index(text, secret)
			s.failAs(showsSecret, "%s shows a secret: …%s…", what, text[max(0, at-200):min(len(text), at+len(secret)+20)])
		}
	}
}
