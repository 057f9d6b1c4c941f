package tosspayments

import (
	"regexp"
	"time"
)

// refundAccount is where the money of a deposited account is to go back to. Its
// members are checked when the state of the payment is; nothing of it is kept.
type refundAccount struct{ problem *apiError }

var accountNumberForm = regexp.MustCompile(`^[0-9]{1,20}$`)

// readRefundAccount reads refundReceiveAccount ("결제 취소"), nil if it is absent.
// Whether number and holder belong together is checked with live keys only, by
// the bank.
func readRefundAccount(f *fields) *refundAccount {
	v, ok := f.take("refundReceiveAccount")
	if !ok {
		return nil
	}
	in, err := parseFields(v, f.strict, f.code)
	if err != nil {
		return &refundAccount{refusef(f.code, "refundReceiveAccount: must be an object")}
	}
	in.require("bank", "accountNumber", "holderName")
	name := in.text("bank", textRule{})
	if _, ok := findBank(name); !ok {
		in.fail("INVALID_BANK", "bank %.20q: must be a bank's code or name", name)
	}
	in.text("accountNumber", textRule{code: "INVALID_REFUND_ACCOUNT_NUMBER", private: true, form: accountNumberForm, allowed: "must be 1 to 20 digits"})
	in.text("holderName", textRule{code: "INVALID_REFUND_ACCOUNT_INFO", min: 1, max: 60})
	if err := in.done(); err != nil {
		e := asAPIError(err)
		return &refundAccount{refusef(e.code, "refundReceiveAccount.%s", e.detail)}
	}
	return &refundAccount{}
}

// transferRefundWindow is how long after a transfer its cancel may be asked for.
const transferRefundWindow = 180 * 24 * time.Hour

// late says whether the time for a cancel is over. Phone bills are closed with
// the month of the payment.
func (p *payment) late(now time.Time) bool {
	switch {
	case p.account != nil:
		return now.After(p.approved.Add(refundWindow))
	case p.transfer != nil:
		return now.After(p.approved.Add(transferRefundWindow))
	case p.phone != nil:
		return now.In(seoul).Format("200601") != p.approved.In(seoul).Format("200601")
	}
	return false
}

// refundAllowed says whether a deposited account's money may go back as r asks;
// other payments need no account.
func (s *Simulator) refundAllowed(p *payment, r refund) error {
	switch {
	case p.state == waiting:
		return nil
	case p.late(s.opts.Now()):
		return refuse("EXCEED_MAX_REFUND_DUE")
	case p.account == nil, r.office:
		return nil
	case r.to == nil:
		return refusef("INVALID_REQUEST", "refundReceiveAccount: required for a virtual account that was paid into")
	case r.to.problem != nil:
		return r.to.problem
	}
	return nil
}
