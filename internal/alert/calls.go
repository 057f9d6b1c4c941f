package alert

import (
	"context"
	"sync"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// calls counts how calls to providers went on this node, by channel, since they
// were last written down.
type calls struct {
	mu   sync.Mutex
	byCh map[pay.ChannelKey]counted
}

type counted struct{ answered, failed int64 }

// mostChannels bounds what is counted between two writings.
const mostChannels = 10_000

func (c *calls) add(ch pay.ChannelKey, n counted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byCh == nil {
		c.byCh = map[pay.ChannelKey]counted{}
	}
	was, known := c.byCh[ch]
	if !known && len(c.byCh) >= mostChannels {
		return
	}
	c.byCh[ch] = counted{was.answered + n.answered, was.failed + n.failed}
}

func (c *calls) take() map[pay.ChannelKey]counted {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.byCh
	c.byCh = nil
	return out
}

// Called counts a call to a provider. Failed is one without an answer, or turned
// away for our credentials or the form of our request; a refusal is an answer.
func (a *Alerter) Called(ch pay.ChannelKey, failed bool) {
	n := counted{answered: 1}
	if failed {
		n = counted{failed: 1}
	}
	a.calls.add(ch, n)
}

// keepCalls is how long counts are kept.
const keepCalls = 24 * time.Hour

// Flush writes down how the calls of this node went since the last time. What
// cannot be written is kept for the next.
func (a *Alerter) Flush(ctx context.Context) error {
	taken := a.calls.take()
	if len(taken) == 0 {
		return nil
	}
	err := a.o.Store.Write(ctx, func(tx *store.Tx) error {
		for ch, n := range taken {
			err := tx.AddChannelCalls(ctx, store.ChannelCalls{Channel: ch, At: tx.Now, Answered: n.answered, Failed: n.failed})
			if err != nil {
				return err
			}
		}
		return tx.ForgetChannelCalls(ctx, tx.Now.Add(-keepCalls))
	})
	if err != nil {
		for ch, n := range taken {
			a.calls.add(ch, n)
		}
	}
	return err
}
