package chaos_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"
)

// monkey breaks things, one after the other, as its seed has it.
type monkey struct {
	s    *stage
	rng  *rand.Rand
	long bool // there is time for a lease to run out by itself
	end  time.Time

	mu    sync.Mutex
	told  []string
	done  map[string]int
	cuts  []span // when the database could not be reached, or stood still
	hands sync.WaitGroup
	busy  map[*node]bool // dead or stopped
	hits  int            // calls to providers that went wrong
}

// span is a time during which something was broken.
type span struct{ from, to time.Time }

func (s *stage) newMonkey(seed uint64, long bool) *monkey {
	return &monkey{s: s, rng: rand.New(rand.NewPCG(seed, 0x6d6f6e6b)), long: long, done: map[string]int{}, busy: map[*node]bool{}}
}

// leaseTime is how long a job stays a node's own (internal/jobs: 1 minute), and
// then some.
const leaseTime = 65 * time.Second

// pranks are what breaks, each as often as its weight says.
var pranks = []struct {
	weight int
	do     func(*monkey)
}{
	{9, (*monkey).kill}, {4, (*monkey).freeze}, {3, (*monkey).unplug}, {2, (*monkey).hold},
	{9, (*monkey).breakProvider}, {3, (*monkey).breakHook}, {3, (*monkey).ageLeases},
}

// rage breaks something about every second until the time is over. The first
// few are one of each kind.
func (m *monkey) rage(lasts time.Duration) {
	m.ailing()
	m.end = time.Now().Add(lasts)
	sum := 0
	first := m.rng.Perm(len(pranks))
	for _, p := range pranks {
		sum += p.weight
	}
	for time.Until(m.end) > 2*time.Second {
		time.Sleep(m.while(300*time.Millisecond, 1100*time.Millisecond))
		if len(first) > 0 {
			pranks[first[0]].do(m)
			first = first[1:]
			continue
		}
		n := m.rng.IntN(sum)
		for _, p := range pranks {
			if n -= p.weight; n < 0 {
				p.do(m)
				break
			}
		}
	}
	time.Sleep(time.Until(m.end))
}

// ailing has every family of calls go wrong once in a while, all the time.
func (m *monkey) ailing() {
	for provider, all := range families {
		for _, f := range all {
			for _, how := range []string{"before status=503", "after drop", "after status=500", "slow=700ms"} {
				m.fault(provider, f+" chance=0.02 "+how)
			}
		}
	}
}

func (m *monkey) fault(provider, rule string) {
	if err := m.s.control(http.MethodPost, provider+"/faults", map[string]string{"rule": rule}, nil); err != nil {
		m.s.t.Errorf("add a fault: %v", err)
	}
}

// mend repairs everything.
func (m *monkey) mend() {
	m.hands.Wait()
	m.s.cable.mend()
	m.s.hook.fall(well)
	m.hits = m.s.faultHits()
	for _, p := range []string{"tosspayments", "tosspay"} {
		m.s.must(m.s.control(http.MethodDelete, p+"/faults", nil, nil))
	}
	for _, n := range m.s.nodes {
		m.s.must(n.awaitReady())
	}
	m.note("everything is mended")
}

func (m *monkey) note(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

func (m *monkey) count(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done[what]++
}

// victim is a node that is well, if another one is.
func (m *monkey) victim() *node {
	m.mu.Lock()
	defer m.mu.Unlock()
	free := slices.DeleteFunc(slices.Clone(m.s.nodes), func(n *node) bool { return m.busy[n] })
	if len(free) == 0 || len(free) == 1 && len(m.s.nodes) > 1 {
		return nil
	}
	n := free[m.rng.IntN(len(free))]
	m.busy[n] = true
	return n
}

func (m *monkey) free(n *node) { m.mu.Lock(); defer m.mu.Unlock(); delete(m.busy, n) }

// while draws a time between two.
func (m *monkey) while(from, to time.Duration) time.Duration {
	return from + time.Duration(m.rng.Int64N(int64(to-from)))
}

// kill ends a node as a power cut does, and starts it again.
func (m *monkey) kill() {
	n := m.victim()
	if n == nil {
		return
	}
	d := m.while(200*time.Millisecond, 1500*time.Millisecond)
	m.note("kill %s for %s", n.name, d)
	m.count("kills")
	n.process().kill()
	m.hands.Go(func() {
		time.Sleep(d)
		n.start(m.s.bin)
		m.free(n)
	})
}

// freeze stops a node until its leases have run out, and lets it go on as if
// nothing had happened. In the short form nobody waits a minute: its leases, and
// everybody's, are made to run out in the database.
func (m *monkey) freeze() {
	n := m.victim()
	if n == nil {
		return
	}
	d := m.while(1500*time.Millisecond, 4*time.Second)
	if m.long && time.Until(m.end) > leaseTime && m.rng.IntN(2) == 0 {
		d = leaseTime
		m.count("stops past a lease by the clock")
	}
	m.note("stop %s for %s", n.name, d)
	m.count("stops")
	p := n.process()
	p.signal(syscall.SIGSTOP, false)
	m.hands.Go(func() {
		time.Sleep(d / 2)
		if d < leaseTime {
			m.ageLeases()
		}
		time.Sleep(d - d/2)
		p.signal(syscall.SIGCONT, false)
		m.note("%s goes on", n.name)
		m.free(n)
	})
}

// ageLeases makes every lease run out, as if the nodes had slept a minute: what
// runs somewhere may be begun elsewhere.
func (m *monkey) ageLeases() {
	n := m.s.ageLeases()
	m.note("%d leases run out", n)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done["leases run out"] += n
}

func (s *stage) ageLeases() int {
	res, err := s.db.Exec(`UPDATE jobs SET due_at = $1 WHERE (kind, key) IN
		(SELECT kind, key FROM jobs WHERE lease_to > 0 AND due_at > $1 FOR UPDATE SKIP LOCKED)`, time.Now().UnixMicro())
	if err != nil {
		s.t.Errorf("age the leases: %v", err)
		return 0
	}
	n, _ := res.RowsAffected() // pgx always tells
	return int(n)
}

// unplug cuts the database off: connections end, new ones are refused.
func (m *monkey) unplug() {
	m.cut("cuts of the database", m.while(300*time.Millisecond, 2*time.Second), m.s.cable.unplug)
}

// hold lets nothing through to the database, and nothing back.
func (m *monkey) hold() {
	m.cut("halts of the database", m.while(300*time.Millisecond, 2*time.Second), m.s.cable.hold)
}

func (m *monkey) cut(what string, d time.Duration, begin func()) {
	m.note("%s: %s", what, d)
	m.count(what)
	from := time.Now()
	begin()
	time.Sleep(d)
	m.s.cable.mend()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cuts = append(m.cuts, span{from, time.Now()})
}

// families are the calls that can be broken, by provider.
var families = map[string][]string{
	"tosspayments": {
		"POST /v1/billing/*", "POST /v1/payments/key-in", "POST /v1/payments/confirm", "POST /v1/payments/*/cancel", "POST /v1/virtual-accounts",
		"GET /v1/payments/**",
	},
	"tosspay": {"POST /api/v1/billing-key/bill", "POST /api/v2/execute", "POST /api/v2/refunds", "POST /api/v2/status"},
}

// manners are how. Slow ones are shorter than a merchant's patience, most of
// them, and than what the gateway grants a provider.
var manners = []string{
	"before drop", "before status=503", "after drop", "after drop", "after drop", "after status=500", "after status=503", "after garble", "after cut",
	"slow=1500ms", "before slow=2s", "slow=9s", "webhook",
}

// breakProvider has some of the next calls of a family go wrong.
func (m *monkey) breakProvider() {
	provider := one(m.rng, slices.Sorted(maps.Keys(families)))
	rule := fmt.Sprintf("%s chance=0.%d times=%d %s", one(m.rng, families[provider]), 3+m.rng.IntN(7), 1+m.rng.IntN(6), one(m.rng, manners))
	if rule[len(rule)-len("webhook"):] == "webhook" {
		rule = "webhook * " + one(m.rng, []string{"twice times=4", "shuffle=3s times=6", "drop times=2", "early times=4"})
	}
	m.note("fault at %s: %s", provider, rule)
	m.fault(provider, rule)
}

// breakHook has the merchant's server fail for a while.
func (m *monkey) breakHook() {
	i, d := one(m.rng, []illness{refuses, hangs, cuts}), m.while(time.Second, 3*time.Second)
	m.note("the merchant's server %s for %s", i, d)
	m.count("illnesses of the merchant's server")
	m.s.hook.fall(i)
	m.hands.Go(func() {
		time.Sleep(d)
		m.s.hook.fall(well)
	})
}

// broken tells whether the database was out of reach at a time, or had been just before.
func (m *monkey) broken(from, to time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.cuts {
		if !to.Before(c.from) && from.Before(c.to.Add(time.Second)) {
			return true
		}
	}
	return false
}

// faultHits is how often the rules at the providers hit. It is read before they
// are taken away.
func (s *stage) faultHits() (n int) {
	for _, p := range []string{"tosspayments", "tosspay"} {
		var in struct {
			Rules []struct{ Hits int } `json:"rules"`
		}
		s.must(s.control(http.MethodGet, p+"/faults", nil, &in))
		for _, r := range in.Rules {
			n += r.Hits
		}
	}
	return n
}
