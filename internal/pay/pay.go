// Package pay is the vocabulary of the gateway: money, names, payments and
// what may become of them. It imports only the standard library and decides
// nothing; the tables of what may change are in state.go.
package pay

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
)

// Currency is an ISO 4217 code.
type Currency string

// KRW is the only currency both providers settle in.
const KRW Currency = "KRW"

// Money is an amount in the smallest unit of its currency. KRW has no smaller
// unit, so 1000 is a thousand won.
type Money struct {
	Minor    int64
	Currency Currency
}

// Won is an amount of Korean won.
func Won(n int64) Money { return Money{Minor: n, Currency: KRW} }

func (m Money) String() string { return fmt.Sprintf("%d %s", m.Minor, m.Currency) }

// Breakdown says how a total is taxed. TaxFree is a part of Total. VAT is nil
// when the provider is to compute it.
type Breakdown struct {
	Total   Money
	TaxFree int64
	VAT     *int64
}

// Validate refuses a breakdown whose parts do not fit its total.
func (b Breakdown) Validate() error {
	switch {
	case b.Total.Minor < 0:
		return fmt.Errorf("amount %d is negative", b.Total.Minor)
	case b.TaxFree < 0 || b.TaxFree > b.Total.Minor:
		return fmt.Errorf("tax_free %d is not between 0 and the amount %d", b.TaxFree, b.Total.Minor)
	case b.VAT != nil && (*b.VAT < 0 || *b.VAT > b.Total.Minor-b.TaxFree):
		return fmt.Errorf("vat_amount %d is not between 0 and the taxable amount %d", *b.VAT, b.Total.Minor-b.TaxFree)
	}
	return nil
}

// Secret prints as "***" everywhere but where Reveal is called, and refuses to
// be stored: the vault seals it first.
type Secret string

const masked = "***"

// Reveal is the secret itself. Call it only where the bytes leave for the
// party that issued them, or where the vault seals them.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string               { return masked }
func (s Secret) GoString() string             { return masked }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(masked)) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(masked) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// ErrSecretUnsealed is returned when a Secret is handed to the database.
var ErrSecretUnsealed = errors.New("pay: a secret must be sealed before it is stored")

// Value refuses: a Secret is stored sealed or not at all.
func (s Secret) Value() (driver.Value, error) { return nil, ErrSecretUnsealed }

type (
	MerchantID  string
	MerchantUID string // the merchant's own order number: merchant_uid
	PaymentID   string // ours, one per try to pay: imp_uid
	AttemptID   string // ours, one per call that moves money: also the idempotency key we send
	CustomerUID string // the merchant's alias for a billing key: customer_uid
	ChannelKey  string // "channel-key-" and a UUID
	Provider    string
	Method      string
)

// The providers the gateway speaks to.
const (
	TossPayments Provider = "tosspayments"
	TossPay      Provider = "tosspay_v2"
)

// Methods as merchants ask for them and as they are recorded.
const (
	MethodCard         Method = "card"
	MethodTrans        Method = "trans"
	MethodVbank        Method = "vbank"
	MethodPhone        Method = "phone"
	MethodCultureland  Method = "cultureland"
	MethodSmartculture Method = "smartculture"
	MethodBooknlife    Method = "booknlife"
	MethodSamsung      Method = "samsung"
	MethodSamsungPay   Method = "samsungpay"
	MethodKakaoPay     Method = "kakaopay"
	MethodNaverPay     Method = "naverpay"
	MethodPayco        Method = "payco"
	MethodLPay         Method = "lpay"
	MethodSSGPay       Method = "ssgpay"
	MethodApplePay     Method = "applepay"
	MethodTossPay      Method = "tosspay"
	MethodTossPayCard  Method = "tosspay_card"
	MethodTossPayMoney Method = "tosspay_money"
	MethodPoint        Method = "point" // recorded only: a wallet paid without a card
)

// Methods are all that a payment may be recorded with.
func Methods() []Method {
	return []Method{
		MethodCard, MethodTrans, MethodVbank, MethodPhone, MethodCultureland, MethodSmartculture, MethodBooknlife, MethodSamsung, MethodSamsungPay,
		MethodKakaoPay, MethodNaverPay, MethodPayco, MethodLPay, MethodSSGPay, MethodApplePay, MethodTossPay, MethodTossPayCard, MethodTossPayMoney, MethodPoint,
	}
}

// Mode says which of a provider's environments a channel belongs to.
type Mode string

const (
	ModeLive    Mode = "live"
	ModeTest    Mode = "test"    // the provider's own test environment
	ModeSandbox Mode = "sandbox" // our simulator
)
