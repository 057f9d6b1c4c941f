package tosspay

// Limits of "토스페이 서비스 정책" and "결제 생성", in won.
const (
	maxWithoutCard  = 2_000_000
	maxMoney        = 2_000_000 // Toss money, an adult's single payment
	minCard         = 100       // after discounts, points not counted
	minInstallments = 50_000
)

// parts say how an amount is taxed. They add up to it; Taxable is net of VAT.
type parts struct{ Taxable, TaxFree, VAT, ServiceFee int64 }

func (p parts) sum() int64 { return p.Taxable + p.TaxFree + p.VAT + p.ServiceFee }

func (p parts) minus(q parts) parts {
	return parts{p.Taxable - q.Taxable, p.TaxFree - q.TaxFree, p.VAT - q.VAT, p.ServiceFee - q.ServiceFee}
}

// given are the parts of an amount as a request stated them.
type given struct {
	taxable, taxFree, vat, serviceFee *int64
}

func givenParts(v values) given {
	return given{v.wonOrNil("amountTaxable"), v.wonOrNil("amountTaxFree"), v.wonOrNil("amountVat"), v.wonOrNil("amountServiceFee")}
}

// vatOf is the VAT inside a gross amount: an eleventh, rounded up.
func vatOf(gross int64) int64 { return (gross + 10) / 11 }

// split works out how a payment of the amount is taxed. Parts that were not
// stated are filled in; all of them must add up to the amount.
func split(amount int64, g given, cashReceipt bool) (parts, *failure) {
	p := parts{TaxFree: orZero(g.taxFree), ServiceFee: orZero(g.serviceFee)}
	gross := amount - p.TaxFree - p.ServiceFee
	if gross < 0 {
		return p, invalid("amountTaxFree + amountServiceFee", "amount 이하여야 합니다.")
	}
	switch {
	case !cashReceipt && g.taxable == nil && g.vat == nil && p.TaxFree == 0 && p.ServiceFee == 0:
		p.Taxable = amount // "cashReceipt=false 이고 금액 구분이 없으면 전액 과세금액"
		return p, nil
	case g.vat != nil:
		p.VAT = *g.vat
	default:
		p.VAT = vatOf(gross)
	}
	if g.taxable != nil {
		p.Taxable = *g.taxable
	} else {
		p.Taxable = gross - p.VAT
	}
	if p.Taxable < 0 || p.sum() != amount {
		return p, invalid("amount", "amountTaxable + amountTaxFree + amountVat + amountServiceFee 와 같아야 합니다.")
	}
	return p, nil
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// balance is how what is left of a payment is covered.
type balance struct{ gross, discount, points, paid int64 }

// off is what the merchant gets but the buyer's method does not pay.
func (b balance) off() int64 { return b.discount + b.points }

// left is the balance once gross remains of the payment b: the instant
// discount shrinks in proportion, and points are given back last.
func (b balance) left(gross int64) balance {
	if b.gross == 0 {
		return balance{}
	}
	discount := b.discount * gross / b.gross
	points := min(b.points, gross-discount)
	return balance{gross, discount, points, gross - discount - points}
}

func (b balance) minus(c balance) balance {
	return balance{b.gross - c.gross, b.discount - c.discount, b.points - c.points, b.paid - c.paid}
}
