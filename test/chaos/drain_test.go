package chaos_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"naru/internal/store"
)

// TestLeaseRunsOutWhileANodeDrains: a node is ended while it charges a booking,
// and its lease runs out before the provider answers. Another node begins the
// same job. The buyer is charged once, and the node that drains still learns and
// records what the provider says.
func TestLeaseRunsOutWhileANodeDrains(t *testing.T) {
	t.Parallel()
	s := newStage(t, stageOptions{nodes: 2, seed: 13})
	load := s.newLoad(0, 13)
	s.must(s.control(http.MethodPost, "tosspayments/faults", map[string]string{"rule": "POST /v1/billing/* times=1 slow=4s"}, nil))
	second := s.nodes[1]
	second.process().kill()
	c := load.newCaller("shop", 1)
	defer c.http.CloseIdleConnections()
	o := c.newOrder("schedule", "")
	at := time.Now().Add(time.Second).Unix()
	body := map[string]any{"customer_uid": load.keys[0], "schedules": []any{o.body(map[string]any{"schedule_at": at + 1})}}
	r := c.call(http.MethodPost, "/subscribe/payments/schedule", body)
	if r.status == http.StatusBadGateway { // by the balancer, on a connection of the node that is dead
		r = c.call(http.MethodPost, "/subscribe/payments/schedule", body)
	}
	if o.booked = r.verdict() == done; !o.booked {
		t.Fatalf("not booked: %d %s", r.status, r.raw)
	}
	s.must(poll(patience, func() error { return s.begun(o) }))

	drained := make(chan error, 1)
	go func() {
		_, err := s.nodes[0].process().terminate(patience)
		drained <- err
	}()
	second.start(s.bin)
	s.must(second.awaitReady())
	aged := 0
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		aged += s.ageLeases()
	}
	if aged == 0 {
		t.Error("there was no lease to run out: nothing was tested")
	}
	if err := <-drained; err != nil {
		t.Errorf("the first node did not end well: %v\n%s", err, s.nodes[0].log.tail())
	}
	s.finish(t, load)
	s.chargedOnce(t, o)
}

// begun is nil once a charge of the order is under way.
func (s *stage) begun(o *order) error {
	for _, b := range s.readBooks() {
		if string(b.MerchantUID) == o.uid && len(b.open) == 1 {
			return nil
		}
	}
	return fmt.Errorf("%s is not charged", o)
}

func (s *stage) chargedOnce(t *testing.T, o *order) {
	t.Helper()
	ctx := context.Background()
	all := s.readBooks()
	if len(all) != 1 || wire(all[0].Status) != "paid" || string(all[0].MerchantUID) != o.uid {
		t.Fatalf("%d payments, want one that is paid: %+v", len(all), all)
	}
	s.must(s.books.Read(ctx, func(tx *store.Tx) error {
		attempts, err := tx.ListAttempts(ctx, s.seller, all[0].ID)
		if len(attempts) != 1 {
			t.Errorf("%d attempts, want one: %+v", len(attempts), attempts)
		}
		return err
	}))
}
