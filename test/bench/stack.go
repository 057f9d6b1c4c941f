package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"naru/internal/store"
)

// stack is a running `naru dev`: gateway, simulators and shop in one process.
type stack struct {
	cmd              *exec.Cmd
	gateway, sandbox string
	bare             string
	token            string
	http             *http.Client
	books            *store.Store // the same file, seen from here
	commits          counter
	form             string // what getToken is asked with; "" is naru dev's
	serial           *atomic.Int64
}

// folder is a new one in the scratch folder.
func (b *bench) folder() (string, error) { return os.MkdirTemp(b.scratch, "data-") }

// file is the database that `naru dev` keeps in a folder.
func file(data string) string { return filepath.Join(data, "naru-dev.db") }

// start runs `naru dev` on the data in a folder, with its webhooks going to the
// bare handler.
func (b *bench) start(ctx context.Context, data string) (s *stack, stop func(), err error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, nil, err
	}
	s = &stack{
		gateway: "http://127.0.0.1:" + ports[0], sandbox: "http://127.0.0.1:" + ports[1], bare: b.bare, serial: &atomic.Int64{},
		http: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 128, MaxIdleConns: 256},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.cmd = exec.Command(b.bin, "dev", "--quiet", "--log-level", "error", "--data", data, "--webhook-url", b.bare+"/webhook",
		"--listen", "127.0.0.1:"+ports[0], "--sandbox-listen", "127.0.0.1:"+ports[1], "--shop-listen", "localhost:"+ports[2])
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() {
		if s.books != nil {
			_ = s.books.Close()
		}
		_ = s.cmd.Process.Signal(syscall.SIGINT)
		_ = s.cmd.Wait()
	}
	if err := ready(ctx, s.gateway+"/readyz"); err != nil {
		stop()
		return nil, nil, err
	}
	return s, stop, nil
}

// open is start, signed in, with its books seen from here.
func (b *bench) open(ctx context.Context, data string) (s *stack, stop func(), err error) {
	if s, stop, err = b.start(ctx, data); err != nil {
		return nil, nil, err
	}
	s.commits = commits{file(data)}
	if s.books, err = store.Open(ctx, "sqlite:"+file(data), store.Options{}); err == nil {
		err = s.login(ctx)
	}
	if err != nil {
		stop()
		return nil, nil, err
	}
	return s, stop, nil
}

// opened runs do on a fresh `naru dev`.
func (b *bench) opened(ctx context.Context, do func(*stack) error) error {
	data, err := b.folder()
	if err != nil {
		return err
	}
	s, stop, err := b.open(ctx, data)
	if err != nil {
		return err
	}
	err = do(s)
	stop()
	return errors.Join(err, os.RemoveAll(data))
}

// blank makes a folder with the books of `naru dev` and nobody running on them.
func (b *bench) blank(ctx context.Context) (string, error) {
	data, err := b.folder()
	if err != nil {
		return "", err
	}
	_, stop, err := b.start(ctx, data)
	if err != nil {
		return "", err
	}
	stop()
	return data, nil
}

// quietAfter is how long nothing has been written when a stack counts as quiet:
// simulators send their webhooks a moment after the answer.
const quietAfter = 300 * time.Millisecond

var errStillDue = errors.New("jobs are still due")

// quiet waits until everything that was asked for has been done, webhooks
// included. The clock must be the machine's.
func (s *stack) quiet(ctx context.Context, limit time.Duration) error {
	var last int64
	var since time.Time
	for end := time.Now().Add(limit); time.Now().Before(end); {
		var next time.Time
		err := s.books.Read(ctx, func(tx *store.Tx) (err error) {
			next, err = tx.NextJobAt(ctx) // cheap, however many are due
			return err
		})
		if err != nil {
			return err
		}
		n, err := s.commits.count()
		if err != nil {
			return err
		}
		switch now := time.Now(); {
		case !next.IsZero() && !next.After(now) || n != last:
			last, since = n, now
		case now.Sub(since) > quietAfter:
			return nil
		}
		if err := rest(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w after %s", errStillDue, limit)
}
