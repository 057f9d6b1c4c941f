package gateway

import (
	"hash/maphash"
	"strconv"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// What documents leave open is read so that it does not matter: a line that no key
// leads from finds its movement by amount and time, whatever its kind and sign.
func TestLinesAreMatchedWhateverTheyAreCalled(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	moved := []pay.Movement{
		{Payment: "imp_1", Key: "pk:deposit:2026-11-21T12:00:00+09:00", Kind: pay.MovementDeposit, Amount: 5000, At: at},
		{Payment: "imp_1", Key: "t1", Kind: pay.MovementCancel, Amount: 1000, At: at.Add(time.Hour)},
		{Payment: "imp_1", Key: "t2", Kind: pay.MovementCancel, Amount: 1000, At: at.Add(time.Hour)},
		{Payment: "imp_1", Key: "x:reversed", Kind: pay.MovementDepositReversal, Amount: 7000, At: at},
	}
	for name, c := range map[string]struct {
		line connector.TransactionLine
		want string
	}{
		"a deposit whose time is written otherwise": {connector.TransactionLine{Key: "k", Movement: "pk:deposit:2026-11-21T12:00:00", Kind: pay.MovementDeposit, Amount: 5000, At: at}, moved[0].Key},
		"a word that nobody knows":                  {connector.TransactionLine{Key: "k", Amount: 5000, At: at.Add(time.Minute)}, moved[0].Key},
		"an approval that is called by its end":     {connector.TransactionLine{Key: "k", Kind: pay.MovementCancel, Amount: 5000, At: at}, moved[0].Key},
		"a key wins":                                {connector.TransactionLine{Key: "t2", Kind: pay.MovementCancel, Amount: 1000, At: at.Add(30 * time.Hour)}, "t2"},
		"the first of two alike":                    {connector.TransactionLine{Key: "k", Kind: pay.MovementCancel, Amount: 1000, At: at.Add(time.Hour)}, "t1"},
		"another time":                              {connector.TransactionLine{Key: "k", Kind: pay.MovementCancel, Amount: 1000, At: at.Add(2 * time.Hour)}, ""},
		"another amount":                            {connector.TransactionLine{Key: "k", Kind: pay.MovementDeposit, Amount: 5001, At: at}, ""},
		"nothing that a list would have":            {connector.TransactionLine{Key: "k", Kind: pay.MovementCancel, Amount: 7000, At: at}, ""},
	} {
		m := &matching{seed: maphash.MakeSeed(), met: map[uint64]bool{}}
		got := m.like(c.line, moved)
		if c.want == "" && got != nil || c.want != "" && (got == nil || got.Key != c.want) {
			t.Errorf("%s: %+v, want %q", name, got, c.want)
		}
	}
	m := &matching{seed: maphash.MakeSeed(), met: map[uint64]bool{}}
	for i, want := range []string{"t1", "t2", ""} {
		got := m.like(connector.TransactionLine{Key: "k", Kind: pay.MovementCancel, Amount: 1000, At: at.Add(time.Hour)}, moved)
		if want == "" && got != nil || want != "" && (got == nil || got.Key != want) {
			t.Fatalf("line %d alike: %+v, want %q", i, got, want)
		}
		if got != nil {
			m.met[m.hash(*got)] = true
		}
	}
}

// However many deposits a day has whose time the list writes otherwise, each finds
// its own at once, and none is kept apart.
func TestDepositsAreNotKeptApart(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	r := &reconciliation{from: at.Add(-time.Hour), to: at.Add(time.Hour)}
	m := &matching{reconciliation: r, seed: maphash.MakeSeed(), met: map[uint64]bool{}}
	for i := range 11 * mostApart {
		id := pay.PaymentID("imp_" + strconv.Itoa(i))
		moved := []pay.Movement{{Payment: id, Key: "pk:deposit:2026-11-21T12:00:00+09:00", Kind: pay.MovementDeposit, Amount: 5000, At: at}}
		l := connector.TransactionLine{Key: "t", Movement: "pk:deposit:2026-11-21T12:00:00", Kind: pay.MovementDeposit, Amount: 5000, At: at}
		m.line(l, moved)
		if m.line(l, moved); !m.met[m.hash(moved[0])] { // told twice: the second has none
			t.Fatal("not found")
		}
		if m.apart = m.apart[:len(m.apart)-1]; len(m.apart) > 0 || m.more > 0 {
			t.Fatalf("kept apart: %d, %d more", len(m.apart), m.more)
		}
	}
}

// A settlement without signs is that of a cancel if its movement is one.
func TestSettlementsAreTurned(t *testing.T) {
	t.Parallel()
	moved := []pay.Movement{
		{Key: "pk:approval", Kind: pay.MovementApproval, Amount: 58000},
		{Key: "t2", Kind: pay.MovementCancel, Amount: 10000},
		{Key: "pk:deposit:then", Kind: pay.MovementDeposit, Amount: 33000},
	}
	r := &reconciliation{ch: pay.Channel{Merchant: "m", Key: "ch"}}
	for name, c := range map[string]struct {
		line     connector.SettlementLine
		movement string
		gross    int64
		should   int64
	}{
		"an approval":              {connector.SettlementLine{Key: "t1", Movement: "pk:approval", Gross: 58000, Fee: 1740, VAT: 174, Net: 56086}, "pk:approval", 58000, 58000},
		"a cancel without signs":   {connector.SettlementLine{Key: "t2", Movement: "pk:approval", Gross: 10000, Fee: 300, VAT: 30, Net: 9670}, "t2", -10000, -10000},
		"a cancel with signs":      {connector.SettlementLine{Key: "t2", Movement: "t2", Kind: pay.MovementCancel, Gross: -10000, Fee: -300, VAT: -30, Net: -9670}, "t2", -10000, -10000},
		"a cancel of another sum":  {connector.SettlementLine{Key: "t2", Movement: "t2", Gross: -9000, Net: -9000}, "t2", -9000, -10000},
		"a deposit spelt anew":     {connector.SettlementLine{Key: "t3", Movement: "pk:deposit:THEN", Gross: 33000, Net: 33000}, "pk:deposit:then", 33000, 33000},
		"what has no movement yet": {connector.SettlementLine{Key: "t9", Movement: "t9", Kind: pay.MovementCancel, Gross: -1, Net: -1}, "", -1, 0},
	} {
		s, should := r.settled(c.line, "imp_1", moved)
		if s.Movement != c.movement || s.Gross != c.gross || should != c.should || s.Gross-s.Fee-s.VAT != s.Net {
			t.Errorf("%s: %+v, should be %d", name, s, should)
		}
	}
}
