package tosspayments

import "time"

// account is the virtual account that a payment waits for a deposit on.
type account struct {
	fixed    bool // stays with one customer
	bank     bank
	number   string
	customer string
	key      string // the shop's name for the customer of a fixed account
	phone    string // where the notice of a fixed account goes; "" is nowhere
	valid    validity
	due      time.Time // of an issued account
	expired  bool
	callback string // where DEPOSIT_CALLBACK goes; "" is the registered address
	refunds  []*depositRefund
}

// validity is how long an account waits: until a time, or for hours from its
// issue.
type validity struct {
	until time.Time
	hours int // counts when until is zero
}

func (v validity) due(issued time.Time) time.Time {
	if !v.until.IsZero() {
		return v.until
	}
	return issued.Add(time.Duration(v.hours) * time.Hour)
}

// fixedAccount is what a fixed account's number belongs to.
type fixedAccount struct{ mid, bank, key string }

// refundTime is how long a refund to an account takes here; the documentation
// says two days, from the call to the money.
const refundTime = 24 * time.Hour

// refundWindow is how long after the deposit a refund may be asked for.
const refundWindow = 365 * 24 * time.Hour

// depositRefund is money on its way back to the buyer.
type depositRefund struct {
	state refundState
	alarm *alarm
}

// refundState is VirtualAccount.refundStatus.
type refundState string

const (
	noRefund        refundState = "NONE"
	refundPending   refundState = "PENDING"
	refundFailed    refundState = "FAILED"
	refundPartly    refundState = "PARTIAL_FAILED"
	refundCompleted refundState = "COMPLETED"
)

// accountNumber makes a number; test accounts cannot receive money and begin
// with X.
func (s *Simulator) accountNumber(shop *shop) string {
	if shop.test() {
		return "X" + s.random(13, digits)
	}
	return s.random(14, digits)
}

// fixedNumber is the number that stays with a customer of the shop at a bank.
func (s *Simulator) fixedNumber(shop *shop, b bank, key string) string {
	k := fixedAccount{shop.MID, b.code, key}
	if s.fixed[k] == "" {
		s.fixed[k] = s.accountNumber(shop)
	}
	return s.fixed[k]
}

// issue gives a payment the account that was asked for and has it wait for the
// deposit. The issue is a transaction of nothing.
func (s *Simulator) issue(p *payment) {
	now := s.opts.Now()
	a := p.asked
	a.due = a.valid.due(now)
	if a.fixed {
		a.number = s.fixedNumber(p.shop, a.bank, a.key)
	} else {
		a.number = s.accountNumber(p.shop)
	}
	p.state, p.account, p.asked, p.secret = waiting, a, nil, s.newSecret()
	s.giveReceipt(p)
	s.record(p, now, 0)
	s.expireAccount(p)
	if a.fixed {
		s.notify(p, a.phone)
	}
}

// expireAccount has the account expire when it is due, of which no webhook tells.
func (s *Simulator) expireAccount(p *payment) {
	a := p.account
	a.expired = !s.opts.Now().Before(a.due)
	if !a.expired {
		p.alarm = s.after(a.due, func() { a.expired = true })
	}
}

// deposit is the buyer's money coming in. The payment waits for it.
func (s *Simulator) deposit(p *payment) []*delivery {
	p.alarm.off()
	p.state, p.approved, p.account.expired = done, s.opts.Now(), false
	s.record(p, p.approved, p.total)
	s.move(p, Deposit, p.total)
	s.issueCashFor(p)
	return s.changed(p)
}

// reverse is the bank taking a deposit back, of which only DEPOSIT_CALLBACK
// tells. Its transaction is one of nothing, as any that leaves a payment waiting.
// Until version 1.4 the payment was cancelled instead.
func (s *Simulator) reverse(p *payment) []*delivery {
	s.move(p, Reversal, -p.total)
	s.cancelCashFor(p, p.total, 0)
	if p.shop.old() {
		p.state, p.balance, p.taxFree, p.exempt = canceled, 0, 0, 0
		s.record(p, s.opts.Now(), -p.total)
		return s.depositChanged(p)
	}
	p.state, p.approved = waiting, time.Time{}
	s.record(p, s.opts.Now(), 0)
	s.expireAccount(p)
	return s.depositChanged(p)
}

// refundDeposit goes with a cancel: it calls the waiting off, or sends the money
// back. It returns the key of the cash receipt's cancel, if there is one.
func (s *Simulator) refundDeposit(p *payment, c cancellation, deposited bool) (receiptKey string) {
	a := p.account
	if !deposited {
		p.alarm.off()
		return ""
	}
	r := &depositRefund{state: refundPending}
	r.alarm = s.after(c.at.Add(refundTime), func() { r.state = refundCompleted })
	a.refunds = append(a.refunds, r)
	return s.cancelCashFor(p, c.amount, c.taxFree)
}

// settleRefunds ends the refunds under way, and says how many those were.
func (a *account) settleRefunds(end refundState) (n int) {
	for _, r := range a.refunds {
		if r.state == refundPending {
			r.alarm.off()
			r.state = end
			n++
		}
	}
	return n
}

// refundState is PARTIAL_FAILED when some of several refunds failed.
func (a *account) refundState() refundState {
	if len(a.refunds) == 0 {
		return noRefund
	}
	failed := 0
	for _, r := range a.refunds {
		switch r.state {
		case refundPending:
			return refundPending
		case refundFailed:
			failed++
		}
	}
	switch failed {
	case 0:
		return refundCompleted
	case len(a.refunds):
		return refundFailed
	}
	return refundPartly
}

// accountObject is Payment.virtualAccount.
func (s *Simulator) accountObject(p *payment, lang string) any {
	a := p.account
	if a == nil {
		return nil
	}
	kind := "일반"
	if a.fixed {
		kind = "고정"
	}
	o := object{
		{"accountNumber", a.number},
		{"accountType", word(lang, kind)},
		{"bank", a.bank.name(lang)},
		{"bankCode", a.bank.code},
		{"customerName", a.customer},
		{"dueDate", stamp(a.due)},
		{"expired", a.expired},
		{"settlementStatus", "INCOMPLETED"},
		{"refundStatus", a.refundState()},
		{"refundReceiveAccount", nil},
	}
	if s.opts.Legacy2022 {
		return o.without("bankCode", "refundReceiveAccount")
	}
	return o
}
