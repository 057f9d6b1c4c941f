package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"sync"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

const (
	// Slots is how many deliveries a process may have under way in all.
	Slots = 512
	// laneWidth is how many of them may go to one endpoint, an origin of a merchant,
	// of which nothing is known or that was slow; each quick answer gives it one more,
	// up to widestLane, as long as half of the slots are free.
	laneWidth, widestLane = 8, 64
	// quick is how soon an endpoint answers that is not slow.
	quick = time.Second
	// crowdedWidth is laneWidth while more than half of the slots are taken, so that
	// very many endpoints that hang leave room for one that does not.
	crowdedWidth = 2
	// strangers is how many of them may go to endpoints that have not just answered
	// quickly. A page names addresses: whoever sits at one can name any number of them
	// that hang, and must leave room for those that do not.
	strangers = Slots * 3 / 4
	// failuresTolerated is how many tries in a row may fail before an endpoint gets
	// one at a time, until one goes well.
	failuresTolerated = 5
	// lanesKept is how many endpoints are remembered: pages name addresses, so there
	// is no end to them.
	lanesKept = 4096
)

// delivering is the argument of a job.
type delivering struct {
	Merchant pay.MerchantID `json:"merchant"`
	ID       string         `json:"id"`
	// Again: a later round, every try of which is a re-send.
	Again bool `json:"again,omitempty"`
}

// enqueue asks for a try of a delivery now.
func enqueue(ctx context.Context, tx *store.Tx, kind string, d store.Delivery, again bool) error {
	return tx.EnqueueJob(ctx, kind, store.NewJob{
		Merchant: d.Merchant, Key: d.ID, Lane: laneOf(d.Merchant, d.URL),
		Arg: delivering{Merchant: d.Merchant, ID: d.ID, Again: again}, RunAt: tx.Now,
	})
}

// longestLane is how long a lane's name may be: it is kept in an index.
const longestLane = 120

// laneOf is the lane of a merchant's address: its scheme, host and port. Two
// merchants on one host have a lane each.
func laneOf(m pay.MerchantID, address string) string {
	name := string(m) + " " + originOf(address)
	if len(name) > longestLane {
		sum := sha256.Sum256([]byte(name))
		name = string(m) + " " + hex.EncodeToString(sum[:16])
	}
	return name
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "unusable"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port)
}

// lanes is how the endpoints fare that this process sends to.
type lanes struct {
	mu      sync.Mutex
	of      map[string]*lane
	total   int // under way
	strange int // of them, to endpoints that had not just answered quickly when they began
}

type lane struct {
	running  int
	failures int // in a row
	wider    int // than laneWidth, for having answered quickly
}

// LaneLimit is how many deliveries of a lane may be under way in this process now.
func (n *Notifier) LaneLimit(name string) int { return n.lanes.limit(name) }

func (l *lanes) limit(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch one := l.of[name]; {
	case l.strange >= strangers && (one == nil || one.wider == 0):
		if one == nil {
			return 0
		}
		return one.running
	case one != nil && one.failures >= failuresTolerated:
		return 1
	case l.total > Slots/2 && (one == nil || one.wider == 0):
		return crowdedWidth
	case l.total > Slots/2: // it was quick; who knows what it is now
		return laneWidth
	case one != nil:
		return laneWidth + one.wider
	}
	return laneWidth
}

// begin notes that a try begins, and gives what end is to be told.
func (l *lanes) begin(name string) (strange bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[string]*lane{}
	}
	if l.of[name] == nil {
		l.shed()
		l.of[name] = &lane{}
	}
	l.of[name].running++
	l.total++
	if strange = l.of[name].wider == 0; strange {
		l.strange++
	}
	return strange
}

// end notes how it went. Only what another try may mend counts as a failure: an
// endpoint that refuses a message is well.
func (l *lanes) end(name string, strange, failed bool, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.of[name]
	one.running--
	l.total--
	if strange {
		l.strange--
	}
	if failed {
		one.failures++
	} else {
		one.failures = 0
	}
	if failed || took >= quick {
		one.wider = 0
	} else {
		one.wider = min(one.wider+1, widestLane-laneWidth)
	}
}

// shed forgets one idle endpoint when there are too many.
func (l *lanes) shed() {
	if len(l.of) < lanesKept {
		return
	}
	for name, one := range l.of {
		if one.running == 0 {
			delete(l.of, name)
			return
		}
	}
}
