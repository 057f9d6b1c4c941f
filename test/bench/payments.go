package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// payments is what calls cost a gateway in production form, on both databases,
// with a processor of its own and sharing all of them.
func (b *bench) payments(ctx context.Context) error {
	if b.layout != "" {
		return b.onLayout(ctx, b.layout == "pinned")
	}
	rate, err := syncsPerSecond(b.scratch)
	if err != nil {
		return err
	}
	fmt.Printf("The disk takes **%.0f** syncs of one page a second (fdatasync).\n\n", rate)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, layout := range []string{"pinned", "shared"} {
		args := []string{self, "-bin", b.bin, "-dir", b.dir, "-only", "payments", "-layout", layout, "-rounds", fmt.Sprint(b.rounds)}
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		if layout == "pinned" {
			cmd = exec.CommandContext(ctx, "taskset", append([]string{"-c", "1"}, args...)...)
			cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		}
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", layout, err)
		}
	}
	return nil
}

func (b *bench) onLayout(ctx context.Context, pinned bool) error {
	for _, kind := range []string{"sqlite", "postgres"} {
		n, err := b.startNode(ctx, kind, pinned)
		if err != nil {
			return err
		}
		err = n.loads(ctx, kind, b.rounds)
		n.close()
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

const nodeHeading = "| what | callers | per second | p50 | p99 | syncs each | CPU each | allocated each | bare net/http | ratio |\n|---|---|---|---|---|---|---|---|---|---|"

func (n *node) loads(ctx context.Context, kind string, rounds int) error {
	keys, err := n.issueKeys(ctx, 64)
	if err != nil {
		return err
	}
	where := "gateway, stand-ins, load and receiver share all processors"
	if n.pinned {
		where = "the gateway has one processor for itself, load, stand-ins and receiver share the other"
	}
	fmt.Printf("On %s; %s:\n\n%s\n", kind, where, nodeHeading)
	for _, load := range []func(callers int) error{
		func(c int) error { return n.issueTokens(ctx, c, rounds) },
		func(c int) error { return n.lookUp(ctx, c, rounds, keys) },
		func(c int) error { return n.chargeKeys(ctx, c, rounds, keys) },
		func(c int) error { return n.confirmWindows(ctx, c, rounds) },
		func(c int) error { return n.cancelSome(ctx, c, rounds, keys) },
	} {
		for _, c := range callers() {
			if err := load(c); err != nil {
				return err
			}
		}
	}
	fmt.Println()
	return errors.Join(n.halfLoad(ctx, keys), n.deliveries(ctx, keys))
}

// line runs a row's rounds and prints it, with what each call cost the gateway
// until everything it had made to follow was done.
func (n *node) line(ctx context.Context, rounds int, r row) (load, error) {
	var ours, bare []load
	var syncs, done int64
	var used time.Duration
	var bytes float64
	for range rounds {
		if r.prepare != nil {
			if err := r.prepare(); err != nil {
				return load{}, fmt.Errorf("%s: %w", r.what, err)
			}
		}
		before, err := n.meter(ctx)
		if err != nil {
			return load{}, err
		}
		l, err := drive(ctx, r.callers, r.total, r.call)
		if err != nil {
			return l, fmt.Errorf("%s, %d callers: %w", r.what, r.callers, err)
		}
		after, err := n.meter(ctx)
		if err != nil {
			return l, err
		}
		ours, done = append(ours, l), done+int64(l.calls)
		syncs, used, bytes = syncs+after.syncs-before.syncs, used+after.used-before.used, bytes+after.bytes-before.bytes
		if l, err = drive(ctx, r.callers, max(r.total, 2000), r.bare); err != nil {
			return l, fmt.Errorf("bare: %w", err)
		}
		bare = append(bare, l)
	}
	o, b := median(ours), median(bare)
	fmt.Printf("| %s | %d | %s | %s | %s | %.2f | %.0f µs | %.1f KiB | %.0f | %s |\n", r.what, r.callers, perSecond(o.rate), short(o.p50), short(o.p99),
		float64(syncs)/float64(done), float64(used.Microseconds())/float64(done), bytes/1024/float64(done), b.rate, ratio(o.rate/b.rate))
	return o, nil
}

type meter struct {
	syncs int64
	used  time.Duration
	bytes float64
}

// meter reads what the gateway has used, once it has nothing left to do.
func (n *node) meter(ctx context.Context) (m meter, err error) {
	if err = n.quiet(ctx, quietLimit); err != nil {
		return m, err
	}
	if n.pg != nil { // its servers tell what they did a second later
		if err = rest(ctx, 1200*time.Millisecond); err != nil {
			return m, err
		}
	}
	if m.syncs, err = n.commits.count(); err != nil {
		return m, err
	}
	if m.used, err = cpu(n.cmd.Process.Pid); err != nil {
		return m, err
	}
	m.bytes, err = n.allocated(ctx)
	return m, err
}

func (n *node) issueTokens(ctx context.Context, callers, rounds int) error {
	ask := func(to string) error {
		var out struct{ Code int }
		return n.post(ctx, to, formKind, n.form, &out)
	}
	_, err := n.line(ctx, rounds, row{
		what: "`POST /users/getToken`", callers: callers, total: 4000 + callers*200,
		call: func(int) error { return ask(n.gateway + "/users/getToken") },
		bare: func(int) error { return ask(n.bare + "/") },
	})
	return err
}

func (n *node) lookUp(ctx context.Context, callers, rounds int, keys []string) error {
	p, err := n.charge(ctx, keys[0], nil)
	if err != nil {
		return err
	}
	_, err = n.line(ctx, rounds, row{
		what: "`GET /payments/{imp_uid}`", callers: callers, total: 4000 + callers*200,
		call: func(int) error { return n.get(ctx, n.gateway+"/payments/"+p, n.token, http.StatusOK) },
		bare: func(int) error { return n.get(ctx, n.bare+"/", "", http.StatusOK) },
	})
	return err
}

// charge charges a key and gives the payment's imp_uid; it must be paid.
func (n *node) charge(ctx context.Context, key string, more map[string]any) (string, error) {
	in := map[string]any{"customer_uid": key, "merchant_uid": n.newUID(), "amount": 12000, "name": "bench"}
	for k, v := range more {
		in[k] = v
	}
	p, err := call[struct {
		ImpUID string `json:"imp_uid"`
		Status string
	}](ctx, &n.stack, http.MethodPost, "/subscribe/payments/again", in)
	if err == nil && p.Status != "paid" {
		err = fmt.Errorf("the payment is %q", p.Status)
	}
	return p.ImpUID, err
}

func (n *node) chargeKeys(ctx context.Context, callers, rounds int, keys []string) error {
	bare := n.bareToo(ctx, map[string]any{"customer_uid": keys[0], "merchant_uid": n.newUID(), "amount": 12000, "name": "bench"})
	got, want := n.calls.got.Load(), int64(0)
	o, err := n.line(ctx, rounds, row{what: "`again`, webhook taken", callers: callers, total: 300 + callers*30, bare: bare, call: func(i int) error {
		_, err := n.charge(ctx, keys[i%len(keys)], nil)
		return err
	}})
	want = int64(o.calls)
	if err == nil && n.calls.got.Load()-got < want {
		err = fmt.Errorf("%d payments, %d webhooks", want, n.calls.got.Load()-got)
	}
	n.full = o.rate
	return err
}

func (n *node) confirmWindows(ctx context.Context, callers, rounds int) error {
	total := 100 + callers*6
	var returns []string
	_, err := n.line(ctx, rounds, row{what: "window confirm (Toss Pay)", callers: callers, total: total, bare: func(int) error { return n.get(ctx, n.bare+"/", "", http.StatusOK) },
		prepare: func() error {
			returns = returns[:0]
			for range total {
				_, back, err := n.authenticated(ctx)
				if err != nil {
					return err
				}
				returns = append(returns, back)
			}
			return nil
		}, call: func(i int) error { return n.get(ctx, returns[i], "", http.StatusFound) }})
	return err
}

func (n *node) cancelSome(ctx context.Context, callers, rounds int, keys []string) error {
	total := 100 + callers*6
	var ids []string
	bare := n.bareToo(ctx, map[string]any{"imp_uid": "imp_000000000000", "reason": "bench"})
	_, err := n.line(ctx, rounds, row{what: "cancel", callers: callers, total: total, bare: bare,
		prepare: func() error {
			ids = make([]string, total)
			_, err := drive(ctx, 16, total, func(i int) (err error) {
				ids[i], err = n.charge(ctx, keys[i%len(keys)], nil)
				return err
			})
			return err
		}, call: func(i int) error {
			p, err := call[struct{ Status string }](ctx, &n.stack, http.MethodPost, "/payments/cancel", map[string]any{"imp_uid": ids[i], "reason": "bench"})
			if err == nil && p.Status != "cancelled" {
				err = fmt.Errorf("the payment is %q", p.Status)
			}
			return err
		}})
	return err
}

// halfLoad charges at half the rate that 64 callers reached, each charge begun at
// its time whatever became of those before, and prints how long they took from then.
func (n *node) halfLoad(ctx context.Context, keys []string) error {
	rate, length := n.full/2, 5*time.Second
	total := int(rate * length.Seconds())
	took, errs := make([]time.Duration, total), make([]error, total)
	var wg sync.WaitGroup
	begun := time.Now()
	for i := range total {
		at := begun.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if err := rest(ctx, time.Until(at)); err != nil {
			return err
		}
		wg.Go(func() {
			_, errs[i] = n.charge(ctx, keys[i%len(keys)], nil)
			took[i] = time.Since(at)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	slices.Sort(took)
	fmt.Printf("- `again` at half of that, %.0f a second, begun on time: p50 %s, p99 **%s**\n", rate, short(took[total/2]), short(took[total*99/100]))
	return nil
}

// deliveries tells of webhooks: how many a second go to one endpoint, and how long
// after the answer they come, to ninety endpoints alone and beside ten that hang.
func (n *node) deliveries(ctx context.Context, keys []string) error {
	count, got := 2000, n.calls.got.Load()
	begun := time.Now()
	if _, err := drive(ctx, 64, count, func(i int) error { _, err := n.charge(ctx, keys[i%len(keys)], nil); return err }); err != nil {
		return err
	}
	for n.calls.got.Load()-got < int64(count) && time.Since(begun) < time.Minute {
		if err := rest(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	fmt.Printf("- charged and told, one endpoint: **%.0f webhooks a second**\n", float64(n.calls.got.Load()-got)/time.Since(begun).Seconds())
	alone, err := n.lags(ctx, keys, 0)
	if err != nil {
		return err
	}
	beside, err := n.lags(ctx, keys, 10)
	if err != nil {
		return err
	}
	fmt.Printf("- webhook after the answer, 90 healthy endpoints: p50 %s, p99 %s; beside 10 that hang: p50 %s, p99 **%s**\n\n",
		short(alone.p50), short(alone.p99), short(beside.p50), short(beside.p99))
	return nil
}

// lags charges for a hundred endpoints in turn, of which some hang, and measures
// when the others' webhooks come.
func (n *node) lags(ctx context.Context, keys []string, hanging int) (load, error) {
	const count = 1000
	ids, answered := make([]string, count), make([]time.Time, count)
	_, err := drive(ctx, 8, count, func(i int) (err error) {
		to := fmt.Sprintf("http://127.0.1.%d:%s/hook", i%100+1, n.calls.port)
		switch {
		case i%100 < hanging:
			to = fmt.Sprintf("http://127.0.2.%d:%s/hang/", i%100+1, n.calls.port)
		case i%100 < 10: // as many as hang are not told at all, the other time
			to = n.calls.url + "/hook"
		}
		ids[i], err = n.charge(ctx, keys[i%len(keys)], map[string]any{"notice_url": []string{to}})
		answered[i] = time.Now()
		return err
	})
	if err != nil {
		return load{}, err
	}
	var took []time.Duration
	for end := time.Now().Add(40 * time.Second); len(took) < count*9/10 && time.Now().Before(end); {
		took = took[:0]
		for i, id := range ids {
			if lag, ok := n.calls.lag(id, answered[i]); ok && i%100 >= 10 {
				took = append(took, lag)
			}
		}
		if err := rest(ctx, 20*time.Millisecond); err != nil {
			return load{}, err
		}
	}
	if len(took) < count*9/10 {
		return load{}, fmt.Errorf("%d of %d webhooks came", len(took), count*9/10)
	}
	slices.Sort(took)
	return load{calls: len(took), p50: took[len(took)/2], p99: took[len(took)*99/100]}, nil
}
