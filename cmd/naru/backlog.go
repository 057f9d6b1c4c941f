package main

import (
	"io"
	"sync"
)

// mostBehind is how many bytes of the log may wait to be written; who logs more
// waits too.
const mostBehind = 1 << 20

// backlog writes lines in the order they come, soon and not while who logs waits:
// those that come during a write go together in the next. Only a process that is
// killed loses any, those of the last moment.
type backlog struct {
	to     io.Writer
	mu     sync.Mutex
	turn   sync.Cond // something changed of what follows
	lines  []byte
	spare  []byte
	closed bool
	ended  bool
}

func newBacklog(to io.Writer) *backlog {
	b := &backlog{to: to}
	b.turn.L = &b.mu
	go b.drain()
	return b
}

// Write takes a line. After close it writes it at once, behind what there was.
func (b *backlog) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.lines) > mostBehind && !b.closed || b.closed && !b.ended {
		b.turn.Wait()
	}
	if b.ended {
		return b.to.Write(line)
	}
	if len(b.lines) == 0 {
		b.turn.Broadcast()
	}
	b.lines = append(b.lines, line...)
	return len(line), nil
}

// drain writes what there is until close. A log that cannot be written is lost:
// payments go on.
func (b *backlog) drain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		for len(b.lines) == 0 && !b.closed {
			b.turn.Wait()
		}
		if len(b.lines) == 0 {
			b.ended = true
			b.turn.Broadcast()
			return
		}
		full := b.lines
		b.lines = b.spare[:0]
		b.mu.Unlock()
		_, _ = b.to.Write(full)
		b.mu.Lock()
		b.spare = full
		b.turn.Broadcast()
	}
}

// close returns when all is written.
func (b *backlog) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.turn.Broadcast()
	for !b.ended {
		b.turn.Wait()
	}
}
