package tosspay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"naru/internal/connector"
	"naru/internal/pay"
)

// split is how an amount is taxed, as the provider is told.
type split struct {
	Amount        int64  `json:"amount"`
	AmountTaxFree int64  `json:"amountTaxFree"`
	AmountTaxable *int64 `json:"amountTaxable"`
	AmountVAT     *int64 `json:"amountVat"`
}

// refunds is a provider that grants every refund and keeps what it was told. It
// does not tell how the payment stands.
type refunds struct{ told []split }

func (r *refunds) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	answer := `{"code":-1,"errorCode":"COMMON_TIMEOUT","msg":"later"}`
	if strings.HasSuffix(req.URL.Path, "/refunds") {
		var s split
		if err := json.Unmarshal(body, &s); err != nil {
			return nil, err
		}
		r.told = append(r.told, s)
		answer = fmt.Sprintf(`{"code":0,"payToken":"Vk8Rn3Wq","transactionId":"t%d","approvalTime":"2026-11-20 14:03:40","refundedAmount":%d}`, len(r.told), -s.Amount)
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(bytes.NewReader([]byte(answer))), Header: http.Header{}}, nil
}

// refunding is a payment with an explicit VAT in the course of being given back.
type refunding struct {
	*testing.T
	provider *refunds
	conn     connector.Canceler
	ref      pay.Ref
	paid     pay.Breakdown
	left     int64
	numbers  int
}

func refund(t *testing.T, total, taxFree, vat int64) *refunding {
	t.Helper()
	s := settings("https://pay.invalid")
	r := &refunding{T: t, provider: &refunds{}, left: total, paid: pay.Breakdown{Total: pay.Won(total), TaxFree: taxFree, VAT: &vat}}
	s.HTTP = &http.Client{Transport: r.provider}
	r.conn = open(t, s).(connector.Canceler)
	r.ref = pay.Ref{Order: "imp_274810035512", Key: "Vk8Rn3Wq"}
	return r
}

// give gives back a part under the next number and returns what the provider was told.
func (r *refunding) give(amount, taxFree int64, vat *int64) split {
	r.Helper()
	r.numbers++
	got := r.ask(r.numbers, amount, taxFree, vat)
	r.left -= amount
	return got
}

func (r *refunding) ask(number int, amount, taxFree int64, vat *int64) split {
	r.Helper()
	out, err := r.conn.Cancel(r.Context(), connector.Call{Key: pay.AttemptID(fmt.Sprintf("atm_%d", number))}, connector.Cancel{
		Ref: r.ref, Method: pay.MethodCard, Paid: r.paid, Left: pay.Won(r.left),
		Amount: pay.Breakdown{Total: pay.Won(amount), TaxFree: taxFree, VAT: vat},
	})
	if err != nil || out.Verdict != connector.Approved {
		r.Fatalf("refund of %d: %+v, %v", amount, out, err)
	}
	r.ref = out.Snapshot.Ref
	return r.provider.told[len(r.provider.told)-1]
}

// TestPartsOfRefundsAddUp: whatever parts are given back in whatever order, no
// part of the payment is asked for that is not there any more, so the provider
// never refuses one for its VAT, and the last refund finds what it needs.
func TestPartsOfRefundsAddUp(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		dice := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // repeatable on purpose
		total := 2 + dice.Int64N(200)
		taxFree := dice.Int64N(total + 1)
		vat := dice.Int64N(total - taxFree + 1)
		r := refund(t, total, taxFree, vat)
		left := split{Amount: total, AmountTaxFree: taxFree}
		taxable := total - taxFree - vat
		for r.left > 1 {
			free := int64(0)
			if left.AmountTaxFree > 0 {
				free = dice.Int64N(min(left.AmountTaxFree, r.left-1) + 1)
			}
			gross := min(dice.Int64N(taxable+vat+1), r.left-1-free)
			if free+gross == 0 {
				continue
			}
			var said *int64
			if lo, hi := max(0, gross-taxable), min(vat, gross); dice.IntN(3) == 0 {
				said = ptr(lo + dice.Int64N(hi-lo+1))
			}
			got := r.give(free+gross, free, said)
			if got.AmountVAT == nil || got.AmountTaxable == nil || *got.AmountTaxable+got.AmountTaxFree+*got.AmountVAT != free+gross {
				t.Fatalf("seed %d: parts %+v do not add up to %d", seed, got, free+gross)
			}
			if said != nil && *got.AmountVAT != *said {
				t.Fatalf("seed %d: VAT %d was sent, the merchant said %d", seed, *got.AmountVAT, *said)
			}
			left.AmountTaxFree, taxable, vat = left.AmountTaxFree-got.AmountTaxFree, taxable-*got.AmountTaxable, vat-*got.AmountVAT
			if left.AmountTaxFree < 0 || taxable < 0 || vat < 0 {
				t.Fatalf("seed %d: after %+v tax-free %d, taxable %d and VAT %d are left", seed, got, left.AmountTaxFree, taxable, vat)
			}
		}
	}
}

func TestARefundTakesItsShareOfTheVATThatIsLeft(t *testing.T) {
	t.Parallel()
	r := refund(t, 84000, 20000, 5818)
	for _, c := range []struct {
		amount, taxFree int64
		said            *int64
		vat, taxable    int64
	}{
		{30000, 10000, nil, 1818, 18182},        // 5818 of 64000 stay 4000 of 44000
		{11000, 0, ptr(int64(0)), 0, 11000},     // as the merchant says
		{11000, 0, nil, 1333, 9667},             // 4000 of 33000 stay 2667 of 22000
		{5500, 0, ptr(int64(2000)), 2000, 3500}, // as the merchant says
		{5500, 0, nil, 222, 5278},               // 667 of 16500 stay 445 of 11000
		{5000, 5000, nil, 0, 0},                 // nothing in it is taxed
		{8250, 0, nil, 334, 7916},               // 445 of 11000 stay 111 of 2750
	} {
		if got := r.give(c.amount, c.taxFree, c.said); *got.AmountVAT != c.vat || *got.AmountTaxable != c.taxable {
			t.Errorf("%d with %d tax-free: VAT %d, taxable %d, want %d and %d", c.amount, c.taxFree, *got.AmountVAT, *got.AmountTaxable, c.vat, c.taxable)
		}
	}
}

// TestTheSameRefundAgainHasTheSameParts: the provider takes the same number with
// other parts for another refund.
func TestTheSameRefundAgainHasTheSameParts(t *testing.T) {
	t.Parallel()
	r := refund(t, 1001, 0, 91)
	first := r.ask(1, 10, 0, nil)
	r.give(990, 0, ptr(int64(0)))
	r.left = 1001
	if again := r.ask(1, 10, 0, nil); *again.AmountVAT != *first.AmountVAT {
		t.Errorf("VAT %d, then %d", *first.AmountVAT, *again.AmountVAT)
	}
}

// TestPartsOfRefundsNobodyTellsOf: what we remember may be lost, for instance by
// a refund in the provider's own console.
func TestPartsOfRefundsNobodyTellsOf(t *testing.T) {
	t.Parallel()
	r := refund(t, 11000, 0, 1000)
	r.left = 5500 // half went back elsewhere, and half the VAT with it
	if got := r.give(1100, 0, nil); *got.AmountVAT != 100 || *got.AmountTaxable != 1000 {
		t.Errorf("VAT %d, taxable %d, want 100 and 1000", *got.AmountVAT, *got.AmountTaxable)
	}
}

func TestARefundWithoutExplicitVATHasNoParts(t *testing.T) {
	t.Parallel()
	r := refund(t, 11000, 0, 1000)
	r.paid.VAT = nil
	if got := r.give(1100, 0, nil); got.AmountVAT != nil || got.AmountTaxable != nil || r.ref.Data != nil {
		t.Errorf("parts %+v, remembered %s", got, r.ref.Data)
	}
}
