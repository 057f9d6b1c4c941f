package model_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// receipt is what is known of the cash receipt of a payment or of an order paid
// elsewhere.
type receipt struct {
	path   string // of V1
	status pay.ReceiptStatus
	unsure bool
}

// receiptShown is V1's receipt, as much of it as the model looks at.
type receiptShown struct {
	ImpUID      string  `json:"imp_uid"`
	MerchantUID string  `json:"merchant_uid"`
	ReceiptTID  *string `json:"receipt_tid"`
	ApplyNum    *string `json:"apply_num"`
	Amount      int64   `json:"amount"`
	AppliedAt   int64   `json:"applied_at"`
	CancelledAt int64   `json:"cancelled_at"`
}

func (r receiptShown) String() string { return plain(r) }

func (s *story) receiptOf(path string) *receipt {
	if s.receipts[path] == nil {
		s.receipts[path] = &receipt{path: path}
	}
	return s.receipts[path]
}

// issueReceipt issues the cash receipt of a payment; only those by account that
// are paid may have one.
func (s *story) issueReceipt() {
	p := s.find(func(p *payment) bool {
		return isAccount(p, pay.StatusPaid, pay.StatusPartiallyCancelled) || s.chance(12)
	})
	if p == nil {
		return
	}
	may := isAccount(p, pay.StatusPaid, pay.StatusPartiallyCancelled)
	s.issue(s.receiptOf("/receipts/"+string(p.ID)), fields{"identifier": s.phone(), "type": "person"}, may, p.Left())
}

// phone is the number a receipt is issued for: a secret.
func (s *story) phone() string {
	s.card++
	n := fmt.Sprintf("010%04d6655%03d", s.card, s.rng.IntN(1000))
	s.secrets = append(s.secrets, n)
	return n
}

// externalReceipt issues, or now and then cancels, the receipt of money taken elsewhere.
func (s *story) externalReceipt() {
	number, amount := fmt.Sprintf("elsewhere-%d", 1+s.rng.IntN(4)), s.amount()
	body := fields{"identifier": s.phone(), "type": "company", "name": "나루 머그컵", "amount": amount, "channel_key": string(s.cards.channel)}
	s.issue(s.receiptOf("/receipts/external/"+number), body, true, amount)
}

func (s *story) issue(r *receipt, body fields, may bool, amount int64) {
	s.t.Helper()
	what := fmt.Sprintf("issue %s over %d", r.path, amount)
	s.note("%s", what)
	foreseen := []verdict{done}
	switch {
	case !may, r.status == pay.ReceiptIssued && !r.unsure:
		foreseen = []verdict{refused}
	case r.unsure:
		foreseen = []verdict{done, refused, unknown}
	}
	before := s.moved()
	a := s.call("POST", r.path, body, 200, 400, 500, 501)
	v := s.judge(what, a, foreseen...)
	if s.moved() != before {
		s.fail("%s moved money", what)
	}
	switch v {
	case done:
		var got receiptShown
		decode(s.t, a.Response, &got)
		if got.ReceiptTID == nil || got.Amount != amount || got.AppliedAt == 0 || got.CancelledAt != 0 {
			s.fail("%s: the answer shows %s", what, a)
		}
		r.status, r.unsure = pay.ReceiptIssued, false
	case unknown, lost:
		r.unsure = true
	}
}

// cancelReceipt cancels a receipt.
func (s *story) cancelReceipt() {
	var all []*receipt
	for _, r := range s.receipts {
		all = append(all, r)
	}
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b *receipt) int { return cmp.Compare(a.path, b.path) })
	r := one(s, all)
	what := fmt.Sprintf("cancel %s, %s", r.path, r.status)
	s.note("%s", what)
	foreseen := []verdict{refused}
	switch {
	case r.unsure:
		foreseen = []verdict{done, refused, unknown}
	case r.status == pay.ReceiptIssued:
		foreseen = []verdict{done}
	}
	a := s.call("DELETE", r.path, nil, 200, 400, 500, 501)
	switch v := s.judge(what, a, foreseen...); v {
	case done:
		var got receiptShown
		decode(s.t, a.Response, &got)
		if got.CancelledAt == 0 {
			s.fail("%s: the answer shows %s", what, a)
		}
		r.status, r.unsure = pay.ReceiptCancelled, false
	case unknown, lost:
		r.unsure = true
	}
}

// learnReceipts finds out what an open issue or cancellation came to, once
// nobody asks any more.
func (s *story) learnReceipts() {
	s.t.Helper()
	if s.hasJob(gateway.JobResolveReceipt) {
		return
	}
	for _, path := range slices.Sorted(maps.Keys(s.receipts)) {
		r := s.receipts[path]
		if !r.unsure {
			continue
		}
		r.unsure = false
		got := s.showReceipt(r.path)
		switch {
		case got == nil:
			r.status = ""
		case got.CancelledAt != 0:
			r.status = pay.ReceiptCancelled
		case got.AppliedAt != 0:
			r.status = pay.ReceiptIssued
		default:
			r.status = ""
		}
	}
}

// showReceipt reads a receipt by V1, nil when there is none.
func (s *story) showReceipt(path string) *receiptShown {
	s.t.Helper()
	a := s.call("GET", path, nil, 200, 404)
	if !a.ok() {
		return nil
	}
	var got receiptShown
	decode(s.t, a.Response, &got)
	return &got
}

// openReceipts is an error that names a receipt on the books that is not decided.
func (s *story) openReceipts() (err error) {
	s.t.Helper()
	s.read(func(tx *store.Tx) error {
		for _, id := range s.ids {
			r, e := tx.ReceiptOfPayment(s.ctx, s.merchant, id)
			if errors.Is(e, store.ErrNotFound) {
				continue
			}
			if e == nil && (r.Status == pay.ReceiptIssuing || r.Status == pay.ReceiptCancelling) {
				err = fmt.Errorf("the receipt %s of %s is %s", r.ID, id, r.Status)
			}
			if e != nil {
				return e
			}
		}
		return nil
	})
	return err
}
