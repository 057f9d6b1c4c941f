package tosspayments

import (
	"regexp"
	"time"
)

// cashReceipt is one record at the tax office: an issue, or a cancel of one.
type cashReceipt struct {
	shop      *shop
	seq       int // within the shop, from 1
	key       string
	orderID   string
	orderName string
	kind      string // 소득공제 or 지출증빙
	identity  string
	business  string
	number    string
	cancels   *cashReceipt // the issue that this cancels; nil for an issue
	amount    int64
	taxFree   int64
	left      int64 // of an issue: not cancelled yet
	leftFree  int64 // tax-free part of left
	state     issueState
	sub       string // of NTS_ERROR, for a failed one
	requested time.Time
	payment   *payment // that it is for; nil when it was issued by itself
	alarm     *alarm
}

// issueState is CashReceipt.issueStatus.
type issueState string

const (
	issueInProgress issueState = "IN_PROGRESS"
	issueCompleted  issueState = "COMPLETED"
	issueFailed     issueState = "FAILED"
)

// ntsTime is how long the tax office takes here; the documentation says one to
// two days.
const ntsTime = 24 * time.Hour

// shopBusiness is the business number that receipts are issued under when none
// is given.
const shopBusiness = "1234567890"

// ntsErrors are the sub-codes of NTS_ERROR.
var ntsErrors = []struct{ sub, ko, en string }{
	{"TS1", "신분확인번호의 길이가 맞지 않습니다.", "The identity number has the wrong length."},
	{"TS2", "카드번호의 길이가 맞지 않습니다.", "The card number has the wrong length."},
	{"TS3", "현금영수증을 발급할 수 없는 업종입니다.", "The business type is excluded from cash receipts."},
	{"TS4", "금액이 맞지 않습니다.", "The amounts are wrong or do not add up."},
	{"TS5", "승인번호와 승인일자가 중복되었습니다.", "Approval number and date are there twice."},
	{"TS6", "거래일자가 맞지 않습니다.", "The transaction date is wrong."},
	{"TS7", "등록되지 않은 가맹점 사업자번호입니다.", "The business number is unknown."},
	{"TS8", "전문 형식이 맞지 않습니다.", "The layout is wrong."},
	{"TSC", "취소할 원거래가 없습니다.", "The approval to cancel is unknown to the tax office."},
	{"TSD", "승인 거래에 취소 항목이 있습니다.", "The approval carries fields meant for cancels."},
	{"TSE", "발급과 취소의 사업자번호가 다릅니다.", "The business number differs between issue and cancel."},
	{"TSF", "발급과 취소의 고객 구분이 다릅니다.", "The customer type differs."},
	{"TSG", "발급과 취소의 금액이 다릅니다.", "The total amounts differ."},
	{"TSH", "발급과 취소의 신분확인번호가 다릅니다.", "The identity differs."},
	{"TSN", "문화비 구분이 사업자 정보와 맞지 않습니다.", "The culture flag contradicts the business register."},
	{"TSO", "대중교통 구분이 사업자 정보와 맞지 않습니다.", "The transport flag contradicts the business register."},
	{"XXX", "정의되지 않은 오류입니다.", "Undefined."},
}

// receiptOrder is a cash receipt as the buyer wants it.
type receiptOrder struct{ kind, identity, business string }

// cashSide is the cash receipt of a transfer or of a deposit.
type cashSide struct {
	wants   *receiptOrder  // nil for buyers who want none
	receipt *cashReceipt   // the last one issued; nil before that
	history []*cashReceipt // issues and cancels
}

var (
	registrationRule = textRule{private: true, form: regexp.MustCompile(`^[0-9]{1,30}$`), allowed: "must be 1 to 30 digits"}
	businessRule     = textRule{form: regexp.MustCompile(`^[0-9]{10}$`), allowed: "must be 10 digits", code: "INVALID_BUSINESS_NUMBER"}
)

// issueCash makes the record of an issue. The caller sets what it is for.
func (s *Simulator) issueCash(shop *shop, r cashReceipt) *cashReceipt {
	r.key, r.left, r.leftFree = s.newCashReceiptKey(), r.amount, r.taxFree
	if r.business == "" {
		r.business = shopBusiness
	}
	return s.keepCash(shop, r)
}

// cancelCash makes the record of a cancel. Its taxed part goes first; what is
// tax-free of it is not documented.
func (s *Simulator) cancelCash(of *cashReceipt, amount, taxFree int64) *cashReceipt {
	of.left, of.leftFree = of.left-amount, of.leftFree-taxFree
	r := *of
	r.key, r.cancels, r.amount, r.taxFree, r.sub = "c_"+of.key, of, amount, taxFree, ""
	return s.keepCash(of.shop, r)
}

func (s *Simulator) keepCash(shop *shop, in cashReceipt) *cashReceipt {
	r := &in
	r.shop, r.seq, r.number = shop, len(shop.receipts)+1, "1"+s.random(8, digits)
	r.state, r.requested = issueInProgress, s.opts.Now()
	r.alarm = s.after(r.requested.Add(ntsTime), func() { r.state = issueCompleted })
	shop.receipts = append(shop.receipts, r)
	s.cashReceipts[r.key] = append(s.cashReceipts[r.key], r)
	return r
}

// settle ends the tax office's work on a record; sub "" is success. A cancel
// that failed leaves its issue as it was.
func (r *cashReceipt) settle(sub string) {
	r.alarm.off()
	if r.state, r.sub = issueCompleted, sub; sub == "" {
		return
	}
	r.state = issueFailed
	if of := r.cancels; of != nil {
		of.left, of.leftFree = of.left+r.amount, of.leftFree+r.taxFree
	}
}

// issueCashFor issues the receipt that the buyer wanted with the payment.
func (s *Simulator) issueCashFor(p *payment) {
	c := &p.cash
	if c.wants == nil {
		return
	}
	c.receipt = s.issueCash(p.shop, cashReceipt{
		orderID: p.orderID, orderName: p.orderName, kind: c.wants.kind, identity: c.wants.identity, business: c.wants.business,
		amount: p.total, taxFree: p.taxFree, payment: p,
	})
	c.history = append(c.history, c.receipt)
}

// cancelCashFor takes an amount off the receipt of a payment, if there is one,
// and returns the key of the cancel.
func (s *Simulator) cancelCashFor(p *payment, amount, taxFree int64) string {
	c := &p.cash
	if c.receipt == nil || c.receipt.state == issueFailed || c.receipt.left == 0 {
		return ""
	}
	if amount >= c.receipt.left {
		amount, taxFree = c.receipt.left, c.receipt.leftFree
	}
	r := s.cancelCash(c.receipt, amount, min(taxFree, c.receipt.leftFree))
	c.history = append(c.history, r)
	return r.key
}
