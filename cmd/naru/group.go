package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// group is the HTTP servers of a command. When one of them fails, or the
// context ends, all are stopped: no new request is taken, open ones may finish
// within the grace, the rest is cut off.
type group struct {
	log     *slog.Logger
	grace   time.Duration
	before  func()        // called when ctx ends, before anything stops; may be nil
	delay   time.Duration // between before and the stop: requests are still taken
	servers []*http.Server
	silent  silent
	failed  chan error
}

func newGroup(log *slog.Logger, grace time.Duration) *group {
	return &group{log: log, grace: grace, failed: make(chan error, 8)}
}

// serve starts serving h on l; TLS files are in tls, if given.
func (g *group) serve(l net.Listener, h http.Handler, tls ...string) {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 3 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ConnState: g.silent.note, ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
	}
	g.servers = append(g.servers, s)
	go func() {
		var err error
		if len(tls) == 2 {
			err = s.ServeTLS(l, tls[0], tls[1])
		} else {
			err = s.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			g.failed <- err
		}
	}()
}

// wait returns once all servers have stopped, with the error of the one that
// failed by itself.
func (g *group) wait(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
		err = g.drain()
	case err = <-g.failed:
	}
	return errors.Join(err, g.stop())
}

// drain goes on taking requests for a while, for those who have not heard yet
// that there will soon be nobody to take them.
func (g *group) drain() error {
	if g.before != nil {
		g.before()
	}
	if g.delay <= 0 {
		return nil
	}
	g.log.Info("draining", "for", g.delay)
	timer := time.NewTimer(g.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case err := <-g.failed:
		return err
	}
}

// stop lets open requests finish, in the order the servers were started.
func (g *group) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), g.grace)
	defer cancel()
	var errs []error
	for _, s := range g.servers {
		g.silent.hangUp()
		err := s.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			g.log.Warn("requests were cut off; what they began is settled after the next start", "after", g.grace)
			err = s.Close()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// silent is the connections that have not sent a byte. Browsers open some
// ahead, and http.Server.Shutdown would wait five seconds for them.
type silent struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

func (s *silent) note(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state != http.StateNew {
		delete(s.conns, c)
		return
	}
	if s.conns == nil {
		s.conns = map[net.Conn]bool{}
	}
	s.conns[c] = true
}

func (s *silent) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
	clear(s.conns)
}
