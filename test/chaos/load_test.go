package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// callTimeout is how long a merchant's server waits for an answer.
const callTimeout = 8 * time.Second

// load is merchants' servers and buyers that call the gateway.
type load struct {
	s     *stage
	keys  []string // customer_uids with a billing key
	stop  chan struct{}
	ended sync.WaitGroup
	pause time.Duration

	mu      sync.Mutex
	orders  []*order
	calls   map[string]int // by route
	trouble map[string]int // by kind
	ops     map[string]int
	faults  []nodeFault
	wrongs  []string
}

// nodeFault is a 5xx that a node, and not the balancer, answered.
type nodeFault struct {
	at, until time.Time
	route     string
	reply     string
}

// order is one order number with all that was asked for and said of it.
type order struct {
	uid, kind, channel string
	amount             int64

	impUID  string // once it was told
	paid    bool   // it was said that it is paid
	doubt   bool   // an answer was lost, or says that nobody knows yet
	begun   bool   // an answer was lost, and the gateway had begun all the same
	denied  int    // times it was said that nothing was done
	asked   int    // times it was asked for
	booked  bool   // of a schedule: it was said that it is booked
	tooLate bool   // to book it: its time came before an answer did
	revoked,
	mayBeRevoked bool
	account  bool // of a virtual account: it was said that it waits
	deposits int  // that the bank took

	left    int64 // of what was paid, as far as the merchant knows
	cancels []*cancel
}

// cancel is one wish to give back a part of a payment.
type cancel struct {
	amount int64
	done   bool // it was said so
	doubt  bool
	hears  bool // the merchant asked for a webhook
}

func (s *stage) newLoad(n int, seed uint64) *load {
	l := &load{
		s: s, stop: make(chan struct{}), pause: 30 * time.Millisecond,
		calls: map[string]int{}, trouble: map[string]int{}, ops: map[string]int{},
	}
	s.t.Helper()
	l.issueKeys()
	for i := range n {
		c := l.newCaller(fmt.Sprintf("m%d", i+1), seed*1000+uint64(i))
		c.first = i % len(works)
		l.ended.Add(1)
		go func() {
			defer l.ended.Done()
			defer c.http.CloseIdleConnections()
			c.work()
		}()
	}
	return l
}

// caller is one merchant's server, which does one thing after the other.
type caller struct {
	load         *load
	name         string
	rng          *rand.Rand
	http         *http.Client
	token        string
	unauthorized int
	orders       []*order // of its own, paid ones
	serial       int
	first        int // of works: what it begins with, so that everything is done
}

func (l *load) newCaller(name string, seed uint64) *caller {
	return &caller{load: l, name: name, rng: rand.New(rand.NewPCG(seed, 0x6e617275)), http: &http.Client{
		Timeout: callTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 4},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// begin waits until the load is under way.
func (l *load) begin(t testing.TB) {
	t.Helper()
	err := poll(patience, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.orders) < 10 {
			return fmt.Errorf("after %s there are %d orders; %v", patience, len(l.orders), l.trouble)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// end lets each caller finish what it has begun.
func (l *load) end() {
	close(l.stop)
	l.ended.Wait()
}

// wrong notes what must never happen.
func (l *load) wrong(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrongs = append(l.wrongs, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// count counts a call and what was wrong with its answer.
func (l *load) count(route string, r reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[route]++
	kind := r.trouble()
	if kind == "" {
		return
	}
	l.trouble[kind]++
	if r.balancer == "" && r.status >= 500 && r.status != http.StatusBadGateway { // which is a page's word for a provider's fault
		l.faults = append(l.faults, nodeFault{r.at, time.Now(), route, fmt.Sprintf("%d %.200s", r.status, r.raw)})
	}
}

func (l *load) op(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ops[what]++
}

// works are what a caller may do next, each as often as its weight says.
var works = []struct {
	weight int
	name   string
	do     func(*caller)
}{
	{24, "again", (*caller).again},
	{12, "onetime", (*caller).onetime},
	{5, "again, twice at once", (*caller).againTwice},
	{9, "schedule", (*caller).schedule},
	{13, "cancel", (*caller).cancelSome},
	{3, "cancel, twice at once", (*caller).cancelTwice},
	{8, "virtual account", (*caller).account},
	{7, "window of Toss Pay", (*caller).walletWindow},
	{7, "window of Toss Payments", (*caller).cardWindow},
	{8, "getToken", (*caller).newToken},
	{16, "read", (*caller).read},
}

func (c *caller) work() {
	c.load.op(works[c.first].name)
	works[c.first].do(c)
	sum := 0
	for _, w := range works {
		sum += w.weight
	}
	for {
		select {
		case <-c.load.stop:
			return
		case <-time.After(c.load.pause/2 + time.Duration(c.rng.Int64N(int64(c.load.pause)))):
		}
		n := c.rng.IntN(sum)
		for _, w := range works {
			if n -= w.weight; n < 0 {
				c.load.op(w.name)
				w.do(c)
				break
			}
		}
	}
}

// newOrder takes an order number that nobody has used.
func (c *caller) newOrder(kind, channel string) *order {
	c.serial++
	o := &order{uid: fmt.Sprintf("%s-%d", c.name, c.serial), kind: kind, channel: channel, amount: int64(1+c.rng.IntN(90)) * 1000}
	c.load.mu.Lock()
	defer c.load.mu.Unlock()
	c.load.orders = append(c.load.orders, o)
	return o
}

func (o *order) body(more map[string]any) map[string]any {
	in := map[string]any{"merchant_uid": o.uid, "amount": o.amount, "name": "나루 머그컵", "buyer_name": "홍길동", "buyer_tel": "010-1234-5678"}
	for k, v := range more {
		in[k] = v
	}
	return in
}

func (o *order) String() string { return fmt.Sprintf("order %s (%s, %d)", o.uid, o.kind, o.amount) }

func one[T any](rng *rand.Rand, all []T) T { return all[rng.IntN(len(all))] }

// card is one that the stand-in approves.
func card(more map[string]any) map[string]any {
	in := map[string]any{"card_number": "5310-4400-1122-3347", "expiry": "2032-09", "birth": "880704", "pwd_2digit": "31"}
	for k, v := range more {
		in[k] = v
	}
	return in
}

// keysOfEach is how many customers have a billing key of each provider.
const keysOfEach = 3

// issueKeys gives customers billing keys before anything breaks.
func (l *load) issueKeys() {
	s := l.s
	s.t.Helper()
	c := l.newCaller("setup", 0)
	defer c.http.CloseIdleConnections()
	for i := range keysOfEach {
		uid := fmt.Sprintf("customer-%d", i)
		r := c.call(http.MethodPost, "/subscribe/customers/"+uid, card(map[string]any{"channel_key": billChannel, "customer_id": "member-" + uid}))
		if r.verdict() != done {
			s.t.Fatalf("issue a billing key: %v %d %s", r.err, r.status, r.raw)
		}
		wallet := fmt.Sprintf("wallet-%d", i)
		var made struct{ BillingKey string }
		s.must(s.control(http.MethodPost, "tosspay/billing-keys", map[string]any{"mid": walletBillMID, "userId": "user-" + wallet, "method": "card"}, &made))
		if made.BillingKey == "" || strings.ContainsAny(made.BillingKey, " \n") {
			s.t.Fatalf("the stand-in made the billing key %q", made.BillingKey)
		}
		s.naru(made.BillingKey, "billing-key", "import", "--merchant", userCode, "--channel", wbillChannel, "--customer-uid", wallet,
			"--customer-id", "user-"+wallet, "--key-file", "-")
		l.keys = append(l.keys, uid, wallet)
	}
}
