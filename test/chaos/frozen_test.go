package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// TestFrozenBeforeItAsks: a node stands still between the commit of an intention
// and the call to the provider, for longer than the answer would have been waited
// for: a stopped process, a virtual machine that was moved. Another node asks the
// provider, hears that it knows of nothing, and the merchant, told so, orders again
// under the same number. Then the first node goes on. The buyer pays once.
func TestFrozenBeforeItAsks(t *testing.T) {
	t.Parallel()
	s := newStage(t, stageOptions{nodes: 1, seed: 14})
	load := s.newLoad(0, 14)
	s.endNodes(t)
	want := int64(0)
	for i, customer := range load.keys[:2] { // of Toss Payments, and of Toss Pay
		order := gateway.AgainRequest{Merchant: s.seller, CustomerUID: pay.CustomerUID(customer), Charge: gateway.Charge{
			MerchantUID: pay.MerchantUID(fmt.Sprintf("frozen-%d", i)), Name: "나루 머그컵",
			Amount: pay.Breakdown{Total: pay.Money{Minor: 12000, Currency: pay.KRW}},
		}}
		s.frozen(t, order)
		want += order.Amount.Total.Minor
	}
	s.afterwards(t)
	kept, came := int64(0), 0
	ledger, f := s.ledger(), &findings{}
	for _, entries := range ledger {
		times, amount, back := in(entries)
		came, kept = came+times, kept+amount-back
	}
	if kept != want {
		t.Errorf("the providers keep %d, want %d: %v", kept, want, ledger)
	}
	if came != 2 { // one that went back again was taken all the same
		t.Errorf("for 2 orders money came in %d times: %v", came, ledger)
	}
	for _, b := range s.readBooks() {
		s.auditPayment(f, b, ledger[string(b.ID)])
	}
	for what, all := range f.all() {
		for _, one := range all {
			t.Errorf("%s: %s", what, one)
		}
	}
}

// frozen has one node stand still before it asks, and another one take the same
// order meanwhile.
func (s *stage) frozen(t *testing.T, order gateway.AgainRequest) {
	t.Helper()
	ctx := context.Background()
	asks, thaws := make(chan struct{}), make(chan struct{})
	slow := s.lastNode(t, func(point string) error {
		if point == "charge:intended" {
			close(asks)
			<-thaws
		}
		return nil
	})
	defer slow.close()
	well := s.lastNode(t, nil)
	defer well.close()
	late := make(chan error, 1)
	go func() {
		_, err := slow.gateway.ChargeAgain(ctx, order)
		late <- err
	}()
	<-asks
	well.run(ctx, s.clock.Now().Add(80*time.Minute)) // past any bound of a charge
	if p, err := well.gateway.ChargeAgain(ctx, order); err != nil || p.Status != pay.StatusPaid {
		t.Errorf("%s ordered again: %s, %v", order.MerchantUID, p.Status, err)
	}
	close(thaws)
	if err := <-late; !errors.Is(err, gateway.ErrOrderUsed) && !errors.Is(err, gateway.ErrProviderDown) && !isDeclined(err) {
		t.Errorf("%s: the node that was frozen answers %v: want that nothing was taken", order.MerchantUID, err)
	}
}

func isDeclined(err error) bool { _, ok := errors.AsType[*gateway.DeclinedError](err); return ok }
