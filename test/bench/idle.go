package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// settling is how long a process has after its start before it counts as idle.
const settling = 5 * time.Second

// idling is what a process costs that waits: with nothing booked, and with many
// charges booked for later.
func (b *bench) idling(ctx context.Context) error {
	fmt.Printf("`naru dev` with nothing to do, over %s:\n\n", b.idle)
	data, err := b.blank(ctx)
	if err != nil {
		return err
	}
	if err := b.idleOn(ctx, data, 0); err != nil {
		return err
	}
	n, err := b.fillSchedules(ctx, data, b.rows)
	if err != nil {
		return err
	}
	if err := b.idleOn(ctx, data, n); err != nil {
		return err
	}
	fmt.Println()
	return os.RemoveAll(data)
}

func (b *bench) idleOn(ctx context.Context, data string, n int) error {
	begun := time.Now()
	s, stop, err := b.start(ctx, data)
	if err != nil {
		return err
	}
	defer stop()
	up := time.Since(begun)
	if err := rest(ctx, settling); err != nil {
		return err
	}
	pid := s.cmd.Process.Pid
	before, err := cpu(pid)
	if err != nil {
		return err
	}
	if err := rest(ctx, b.idle); err != nil {
		return err
	}
	after, err := cpu(pid)
	mib, err2 := memory(pid, "VmRSS")
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	used := after - before
	fmt.Printf("- %d charges booked for later: ready after **%d ms**, resident **%d MiB**, **%.2f s** of processor (%.2f %%)\n",
		n, up.Milliseconds(), mib, used.Seconds(), 100*used.Seconds()/b.idle.Seconds())
	return nil
}
