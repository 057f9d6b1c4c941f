// Command bench measures the built program from outside, as a user meets it,
// and prints tables in Markdown. Every load of ours takes turns with a bare
// net/http handler in the same run, so that a machine that slows down slows
// both; figures are medians over rounds. What would take a user months to
// gather, a million payments or booked charges, is written into a scratch
// database through package store. Everything is bounded and on loopback.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	bin, dir, only    string
	layout            string // of the part payments: "" runs both
	rounds, rows, due int
	idle, filling     time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin/naru", "the built program")
	flag.StringVar(&o.dir, "dir", "", "folder for scratch databases (default: the system's for temporary files); its disk is what commits wait for")
	flag.StringVar(&o.only, "only", "", "parts to run, separated by commas (default: all): "+strings.Join(names(), ", "))
	flag.IntVar(&o.rounds, "rounds", 3, "rounds of each measurement, 1 to 99")
	flag.IntVar(&o.rows, "rows", 1_000_000, "payments, and booked charges, in the big databases, 1000 to 10000000")
	flag.IntVar(&o.due, "due", 100_000, "booked charges that are due in one second, 10 to 1000000")
	flag.DurationVar(&o.idle, "idle", 30*time.Second, "how long an idle process is watched, 1s to 1h")
	flag.DurationVar(&o.filling, "fill", 3*time.Minute, "how long each big database may take to fill, 1s to 1h; the rows there are by then are measured")
	flag.StringVar(&o.layout, "layout", "", "how part payments runs in this process: pinned or shared (used by the command itself)")
	bare := flag.String("bare", "", "serve a bare handler on this address (used by the command itself)")
	flag.Parse()
	if *bare != "" {
		serveBare(*bare)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// check says which flag is wrong.
func (o options) check() error {
	for _, f := range []struct {
		name             string
		value, low, high int
	}{{"rounds", o.rounds, 1, 99}, {"rows", o.rows, 1000, 10_000_000}, {"due", o.due, 10, 1_000_000}} {
		if f.value < f.low || f.value > f.high {
			return fmt.Errorf("-%s %d: allowed are %d to %d", f.name, f.value, f.low, f.high)
		}
	}
	for name, d := range map[string]time.Duration{"idle": o.idle, "fill": o.filling} {
		if d < time.Second || d > time.Hour {
			return fmt.Errorf("-%s %s: allowed are 1s to 1h", name, d)
		}
	}
	for _, name := range o.chosen() {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("-only %q: allowed are %s", name, strings.Join(names(), ", "))
		}
	}
	return nil
}

func (o options) chosen() []string {
	if o.only == "" {
		return names()
	}
	return strings.Split(o.only, ",")
}

// part is a piece of the run that can be asked for by itself.
type part struct {
	name string
	run  func(*bench, context.Context) error
}

func parts() []part {
	return []part{
		{"start", (*bench).startup},
		{"payments", (*bench).payments},
		{"calls", (*bench).calls},
		{"lists", (*bench).lists},
		{"console", (*bench).console},
		{"book", (*bench).booking},
		{"due", (*bench).dueAtOnce},
		{"leases", (*bench).leases},
		{"idle", (*bench).idling},
	}
}

func names() []string {
	var out []string
	for _, p := range parts() {
		out = append(out, p.name)
	}
	return out
}

// bench is one run.
type bench struct {
	options
	scratch string // folder that goes away at the end
	bare    string // address of the bare handler
}

func run(ctx context.Context, o options) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	b := &bench{options: o}
	if b.scratch, err = os.MkdirTemp(o.dir, "naru-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.scratch)) }()
	var stopBare func()
	if b.bare, stopBare, err = startBare(ctx); err != nil {
		return err
	}
	defer stopBare()
	if o.layout != "" {
		return b.payments(ctx)
	}
	fmt.Printf("%s/%s, %d processors, %s; medians of %d rounds; load average at the start %s.\n\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), o.rounds, loadAverage())
	for _, p := range parts() {
		if !slices.Contains(o.chosen(), p.name) {
			continue
		}
		if err := p.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	fmt.Printf("Load average at the end: %s.\n", loadAverage())
	return nil
}
