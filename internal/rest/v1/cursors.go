package v1

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// cursors remembers where served pages of lists ended, so that who turns the
// pages one by one is given each payment once, although others arrive meanwhile,
// and page 10,000 costs no more than page 2. What is not remembered is counted
// from the beginning. It is safe for concurrent use.
type cursors struct {
	mu    sync.Mutex
	known map[string]cursor
}

type cursor struct {
	after store.After
	until time.Time
}

// remembered is how long the end of a page counts: as long as one takes to turn it.
const remembered = time.Minute

// mostCursors bounds the memory; beyond it, it starts anew.
const mostCursors = 10_000

// listKey names a list as it was asked for, and one of its pages.
func listKey(m pay.MerchantID, f store.PaymentFilter, asked string, page int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %q %q %d %d", m, f.MerchantUID, f.Sort, asked, f.Limit, page)
	for _, s := range f.Statuses {
		fmt.Fprintf(&b, " %s", s)
	}
	return b.String()
}

// begin has f start right after the page before, if its end is remembered.
func (c *cursors) begin(f *store.PaymentFilter, before string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.known[before]; ok && now.Before(at.until) {
		f.After, f.Offset = at.after, 0
	}
}

// served keeps the end of a page.
func (c *cursors) served(key string, f store.PaymentFilter, all []pay.Payment, now time.Time) {
	if len(all) == 0 {
		return
	}
	last := all[len(all)-1]
	at := last.StartedAt
	switch strings.TrimPrefix(f.Sort, "-") {
	case "paid":
		at = last.PaidAt
	case "updated":
		at = last.UpdatedAt
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostCursors {
		c.known = map[string]cursor{}
	}
	c.known[key] = cursor{store.After{At: at, ID: last.ID}, now.Add(remembered)}
}
