package connectortest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/connector"
	"naru/internal/pay"
)

// Way is one way to pay in the window of a method.
type Way struct {
	Name string
	// Asks changes the window before it opens; nil leaves it with everything that
	// the row of its method allows.
	Asks func(w *connector.Window)
	// Pay does the customer's part, so that the provider will approve. It returns
	// where the browser is sent.
	Pay func(t *testing.T, launch connector.Launch) (to string)
	// Record is what such a payment must be known as once it is approved.
	Record Record
}

// Record is what is known of an approved payment, by the table of what V1 fills
// for each method.
type Record struct {
	Method      pay.Method
	EasyPay     string
	Card        bool   // what card it was
	Number      string // how the card's number begins, if it is told
	Nameless    bool   // a card whose company and number are not told
	ApprovalNo  bool
	Months      int  // installments
	Slip        bool // a sales slip
	Bank        string
	CashReceipt bool
}

// record is what a snapshot tells of a Record. Number is cut to the length wanted.
func record(s connector.Snapshot, number string) Record {
	d := s.Details
	out := Record{Method: s.Method, EasyPay: d.EasyPay, ApprovalNo: d.ApprovalNo != "", Months: d.Months, Slip: d.ReceiptURL != "", CashReceipt: d.CashReceipt}
	if c := d.Card; c != nil {
		out.Card, out.Nameless = true, c.Issuer == "" && c.Number == ""
		out.Number = c.Number[:min(len(number), len(c.Number))]
	}
	switch {
	case d.Bank != nil:
		out.Bank = d.Bank.Code
	case d.Account != nil:
		out.Bank = d.Account.Bank
	}
	return out
}

// testWays pays in the window of every method, in each of its ways, on a desktop
// and on a phone.
func testWays(t *testing.T, h Harness) {
	for _, row := range h.Driver.Methods {
		if row.ServerOnly {
			continue
		}
		ways := setup(t, h).Ways
		if ways == nil || len(ways(row.Method)) == 0 {
			t.Errorf("%s opens a window: Simulator.Ways must say how it is paid there", row.Method)
			continue
		}
		for i, way := range ways(row.Method) {
			t.Run(fmt.Sprintf("%s, %s", row.Method, way.Name), func(t *testing.T) {
				t.Parallel()
				b := setup(t, h)
				b.paysBy(row, b.Ways(row.Method)[i], i%2 == 1)
			})
		}
	}
}

// fullWindow is an order by a method with everything that its row allows.
func (b *bench) fullWindow(row connector.Method, phone bool) connector.Window {
	w := b.window(row.Method)
	w.Buyer.Tel = "010-7391-4826"
	if row.TaxFree {
		w.Amount.TaxFree = 10000
	}
	if row.Installments {
		most := 6
		w.Card.MaxMonths = &most
	}
	if row.Cards {
		w.Card.Free = []connector.FreePlan{{Company: b.driver.Cards[0].Code, Months: []int{2, 3}}}
	}
	if row.Receipts {
		w.Receipt.Culture = true
	}
	if row.Escrow {
		w.Escrow, w.Products = true, []connector.Product{{ID: "sku-1", Name: "원두 커피", Code: "B1", UnitPrice: price / 2, Quantity: 2}}
	}
	if row.Method == pay.MethodVbank {
		w.Due = time.Now().Add(48 * time.Hour).Truncate(time.Minute)
	}
	if phone {
		w.Mobile, w.AppScheme, w.Language = true, "shop://back", "en"
	}
	return w
}

// paysBy opens a window, pays in it one way, confirms, and gives the money back.
func (b *bench) paysBy(row connector.Method, way Way, phone bool) {
	b.Helper()
	w := b.fullWindow(row, phone)
	if way.Asks != nil {
		way.Asks(&w)
	}
	launch := b.open(w)
	back := b.returned(w, launch, way.Pay(b.T, launch))
	if back.Decline != nil || back.Ref.Order != w.Order || back.Ref.Key == "" || back.Amount != nil && *back.Amount != price {
		b.Fatalf("returned %+v, want order %s and a key", back, w.Order)
	}
	b.stands("before the confirm", b.query(back.Ref), connector.StageAuthenticated, 0, 0)
	out, err := b.confirm(b.Context(), "confirm_1", w, back.Ref)
	if err != nil || out.Verdict != connector.Approved || out.Snapshot == nil {
		b.Fatalf("confirm: %s %+v, %v", Verdict(out.Verdict), out.Decline, err)
	}
	snap := *out.Snapshot
	if row.Method == pay.MethodVbank {
		snap = b.deposited(w, out, way)
	} else {
		b.checkConfirmed(w, out)
	}
	if diff := cmp.Diff(way.Record, record(snap, way.Record.Number)); diff != "" {
		b.Errorf("known as (-want +got):\n%s", diff)
	}
	b.allGivenBack(w, snap)
}

// checkConfirmed checks the answer of a confirm that took the money.
func (b *bench) checkConfirmed(w connector.Window, out connector.Outcome) {
	b.Helper()
	b.stands("the answer", *out.Snapshot, connector.StagePaid, price, 0)
	if first := out.Snapshot.Movements[0]; out.Made != first.Key || first.TaxFree != w.Amount.TaxFree || out.Snapshot.TaxFree != w.Amount.TaxFree {
		b.Errorf("made %q, movement %+v, tax free %d, want %d", out.Made, first, out.Snapshot.TaxFree, w.Amount.TaxFree)
	}
	b.checkApproval(*out.Snapshot, w.Amount)
}

// deposited follows a virtual account from its issue in the window to the money
// that came into it.
func (b *bench) deposited(w connector.Window, out connector.Outcome, way Way) connector.Snapshot {
	b.Helper()
	issued := *out.Snapshot
	b.stands("the answer", issued, connector.StageAwaitingDeposit, 0, 0)
	a := issued.Details.Account
	if a == nil || a.Bank != way.Record.Bank || a.Number == "" || a.Due.Sub(w.Due).Abs() > soon || issued.Method != pay.MethodVbank || out.Made != "" {
		b.Fatalf("%s with account %+v, made %q, want one of bank %s due at %s and nothing made", issued.Method, a, out.Made, way.Record.Bank, w.Due)
	}
	if issued.Details.CashReceipt || issued.Details.ReceiptURL != "" {
		b.Errorf("nothing was paid yet, and there is a receipt: %+v", issued.Details)
	}
	if diff := cmp.Diff(b.query(issued.Ref), issued); diff != "" {
		b.Errorf("the answer differs from what a query says (-query +answer):\n%s", diff)
	}
	if b.Server.Deposit == nil {
		b.Fatal("windows issue virtual accounts: Simulator.Server.Deposit must pay into one")
	}
	b.Server.Deposit(b.T, w.Order)
	b.comesTo(issued.Ref, connector.StagePaid, price, 0)
	b.provenNotice(issued.Ref)
	paid := b.query(issued.Ref)
	if len(paid.Movements) != 1 || paid.Movements[0].Kind != pay.MovementDeposit {
		b.Errorf("a deposit made the movements %+v", paid.Movements)
	}
	return paid
}

// provenNotice waits for a notice that proves itself with what came with the
// payment, where the connector can tell.
func (b *bench) provenNotice(ref pay.Ref) {
	b.Helper()
	prover, err := connector.As[connector.NoticeProver](b.conn)
	if err != nil {
		return
	}
	for {
		n := b.nextNotice()
		if n.Ref.Order != ref.Order {
			b.Fatalf("notice %+v, want one about %s", n, ref.Order)
		}
		if n.Proof != "" {
			if !prover.ProveNotice(n, ref) {
				b.Errorf("the provider's own notice %s is taken for a forgery", n.Kind)
			}
			return
		}
	}
}

// allGivenBack gives a payment back, in parts where that is possible.
func (b *bench) allGivenBack(w connector.Window, paid connector.Snapshot) {
	b.Helper()
	parts := []int64{part, price - part}
	if row, _ := b.driver.Method(paid.Method); !row.PartialCancel {
		parts = parts[:1]
		parts[0] = price
	}
	ref, free := paid.Ref, paid.TaxFree
	var back int64
	for i, amount := range parts {
		c := connector.Cancel{
			Ref: ref, Method: paid.Method, Amount: pay.Breakdown{Total: pay.Won(amount), TaxFree: min(free, amount)}, Paid: w.Amount,
			Left: pay.Won(price - back), Reason: "반품",
		}
		if paid.Method == pay.MethodVbank {
			c.RefundTo = &connector.BankAccount{Bank: bank, Number: b.refundNumber(), Holder: "김나루"}
		}
		out, err := b.cancelled(b.Context(), fmt.Sprintf("cancel_%d", i), c)
		if err != nil || out.Verdict != connector.Approved || out.Snapshot == nil {
			b.Fatalf("give back %d: %s %+v, %v", amount, Verdict(out.Verdict), out.Decline, err)
		}
		b.checkMade(out, amount)
		ref, free, back = out.Snapshot.Ref, free-c.Amount.TaxFree, back+amount
	}
	b.stands("in the end", b.query(ref), connector.StageCancelled, price, price)
}

func (b *bench) cancelled(ctx context.Context, key string, c connector.Cancel) (connector.Outcome, error) {
	out, err := ability[connector.Canceler](b).Cancel(ctx, b.call(key), c)
	return out, b.heard(err)
}
