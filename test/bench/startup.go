package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// startup measures from exec to ready, and memory after two idle seconds.
func (b *bench) startup(ctx context.Context) error {
	var took []time.Duration
	var resident []int64
	for i := range b.rounds + 2 {
		d, mib, err := b.startOnce(ctx, i < 3)
		if err != nil {
			return err
		}
		took = append(took, d)
		if i < 3 {
			resident = append(resident, mib)
		}
	}
	slices.Sort(took)
	slices.Sort(resident)
	fmt.Printf("- `naru dev`, exec to ready: **%d ms** (%d to %d)\n- resident when idle: **%d MiB**\n\n",
		mid(took).Milliseconds(), took[0].Milliseconds(), took[len(took)-1].Milliseconds(), mid(resident))
	return nil
}

// startOnce starts on an empty folder, and may weigh what it started.
func (b *bench) startOnce(ctx context.Context, weigh bool) (took time.Duration, mib int64, err error) {
	data, err := b.folder()
	if err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	s, stop, err := b.start(ctx, data)
	if err != nil {
		return 0, 0, err
	}
	defer stop()
	took = time.Since(begun)
	if !weigh {
		return took, 0, nil
	}
	if err := rest(ctx, 2*time.Second); err != nil {
		return 0, 0, err
	}
	mib, err = memory(s.cmd.Process.Pid, "VmRSS")
	return took, mib, err
}
