package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// nextStep is a step of the schema as a next release may bring it: columns with a
// default, a table, an index.
const nextStep = `-- What the next release adds.

-- +goose Up

ALTER TABLE payments ADD COLUMN next_release TEXT   NOT NULL DEFAULT '';
ALTER TABLE jobs     ADD COLUMN next_release BIGINT NOT NULL DEFAULT 0;
CREATE TABLE next_release (
	merchant TEXT NOT NULL,
	id       TEXT NOT NULL,
	note     TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (merchant, id)
);
CREATE INDEX payments_by_next_release ON payments (merchant, next_release, id) WHERE next_release <> '';
`

// nextRelease builds the program as it would be with one more migration, and
// gives that one's number.
func nextRelease(t *testing.T, known int64) (bin string, version int64) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	version = known + 1
	step, overlay := filepath.Join(dir, "step.sql"), filepath.Join(dir, "overlay.json")
	in := map[string]map[string]string{"Replace": {filepath.Join(root, "internal/store/migrations", fmt.Sprintf("%04d_next_release.sql", version)): step}}
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{step: nextStep, overlay: string(raw)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bin = filepath.Join(dir, "naru-next")
	if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-overlay", overlay, "-o", bin, "naru/cmd/naru").CombinedOutput(); err != nil {
		t.Fatalf("build the next release: %v\n%s", err, out)
	}
	return bin, version
}

// TestRollingUpgrade replaces node after node by those of a next release, which
// brings a migration, while merchants' servers and buyers go on. The first node
// is simply ended; before the others are, the balancer stops sending to them.
// The next release is the program as it is with one step more, or, after one that
// -before names, the program as it is.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	s := newStage(t, stageOptions{nodes: 3, seed: 11, bin: *before})
	was, err := s.books.Version(context.Background())
	s.must(err)
	bin, version := nextOf(t, was)
	load := s.newLoad(11, 11)
	load.begin(t)

	old := watchReady(s.nodes[1], s.nodes[2])
	s.replace(t, s.nodes[0], bin)
	if now, err := s.books.Version(context.Background()); err != nil || now != version {
		t.Fatalf("the schema is at %d after the first new node, want %d: %v", now, version, err)
	}
	time.Sleep(time.Second) // the old ones on the new schema
	if fell := old(); len(fell) > 0 {
		t.Errorf("old nodes were not ready on the new schema: %v", fell)
	}
	seen := load.troubles()
	for _, n := range s.nodes[1:] {
		s.drain(t, n)
		s.replace(t, n, bin)
		s.admit(n)
	}
	if now := load.troubles(); now != seen {
		t.Errorf("nodes were taken out of the balancer before they were replaced, and clients saw: %s; before: %s", now, seen)
	}
	s.replace(t, s.nodes[0], s.bin) // a step back: the old release on the new schema
	time.Sleep(500 * time.Millisecond)
	load.end()
	s.finish(t, load)
	if n := load.approvals(s); n < 20 {
		t.Errorf("money came in %d times: too little to tell", n)
	}
}

// nextOf is the release after the one that made the books, which are at a version.
func nextOf(t *testing.T, was int64) (bin string, version int64) {
	t.Helper()
	if *before == "" {
		return nextRelease(t, was)
	}
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	steps, err := filepath.Glob("../../internal/store/migrations/*.sql")
	if err != nil || int64(len(steps)) <= was {
		t.Fatalf("the release before has %d steps of the schema, this one %d: nothing is to be migrated (%v)", was, len(steps), err)
	}
	return bin, int64(len(steps))
}

// approvals is how often money came in.
func (l *load) approvals(s *stage) (n int) {
	for _, entries := range s.ledger() {
		times, _, _ := in(entries)
		n += times
	}
	return n
}

// replace ends a node in order and starts another release in its place.
func (s *stage) replace(t *testing.T, n *node, bin string) {
	t.Helper()
	if took, err := n.process().terminate(patience); err != nil {
		t.Errorf("%s did not end well after %s: %v\n%s", n.name, took, err, n.log.tail())
	}
	n.start(bin)
	s.must(n.awaitReady())
	s.must(poll(patience, func() error {
		if !s.backend(n).ready.Load() {
			return fmt.Errorf("the balancer does not see %s", n.name)
		}
		return nil
	}))
}

func (s *stage) backend(n *node) *backend {
	for _, b := range s.front.backends {
		if b.host == n.host {
			return b
		}
	}
	s.t.Fatalf("the balancer does not know %s", n.name)
	return nil
}

// drain has the balancer send nothing more to a node, and waits until it has
// answered what it was sent.
func (s *stage) drain(t *testing.T, n *node) {
	t.Helper()
	b := s.backend(n)
	b.drained.Store(true)
	s.must(poll(patience, func() error {
		if open := b.open.Load(); open > 0 {
			return fmt.Errorf("%s still has %d requests", n.name, open)
		}
		return nil
	}))
}

func (s *stage) admit(n *node) { s.backend(n).drained.Store(false) }

// watchReady asks nodes whether they are ready until the answer is called for: it
// gives the times they were not.
func watchReady(all ...*node) func() []string {
	ctx, stop := context.WithCancel(context.Background())
	var mu sync.Mutex
	var fell []string
	var done sync.WaitGroup
	for _, n := range all {
		done.Go(func() {
			for ctx.Err() == nil {
				if err := n.ready(); err != nil {
					mu.Lock()
					fell = append(fell, n.name+": "+err.Error())
					mu.Unlock()
				}
				time.Sleep(30 * time.Millisecond)
			}
		})
	}
	return func() []string {
		stop()
		done.Wait()
		return fell
	}
}

// troubles is what was wrong with answers so far.
func (l *load) troubles() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, k := range sortedKeys(l.trouble) {
		out = append(out, fmt.Sprintf("%d × %s", l.trouble[k], k))
	}
	return strings.Join(out, ", ")
}

// finish is the end of a story in which nothing was ill, and nodes ended in
// order: what a merchant asked for was done in the end, whatever had to be asked
// again, and no answer to something that was begun was lost.
func (s *stage) finish(t *testing.T, l *load) {
	t.Helper()
	s.calm(t)
	s.afterwards(t)
	f := s.audit(t, l)
	for _, x := range l.faults {
		f.notRetried = append(f.notRetried, fmt.Sprintf("%s %s: %s", x.at.Format("15:04:05.000"), x.route, x.reply))
	}
	for _, o := range l.orders {
		switch {
		case o.begun:
			f.lies = append(f.lies, fmt.Sprintf("%s was begun and its answer lost, though its node ended in order", o))
		case o.kind == "again" && !o.paid, o.kind == "onetime" && !o.paid, o.kind == "schedule" && !o.booked && !o.tooLate, o.kind == "virtual account" && !o.account && !o.doubt:
			f.lies = append(f.lies, fmt.Sprintf("%s came to nothing, however often it was asked for: %+v", o, *o))
		}
	}
	t.Logf("%d operations, %d payments, money came in %d times, %d cancels; clients saw: %s", total(l.ops), f.payments, f.approved, f.cancelled, l.troubles())
	wrong := f.all()
	for _, k := range sortedKeys(wrong) {
		if n := len(wrong[k]); n > 0 {
			t.Errorf("%s: %d\n%s", k, n, strings.Join(wrong[k][:min(n, 12)], "\n"))
		}
	}
}
