package chaos_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// report prints what happened and fails for what must not have.
func report(t *testing.T, s *stage, l *load, m *monkey, f *findings, times stopwatch) {
	t.Helper()
	for _, x := range l.faults {
		if !m.broken(x.at, x.until) {
			f.notRetried = append(f.notRetried, fmt.Sprintf("%s %s: %s", x.at.Format("15:04:05.000"), x.route, x.reply))
		}
	}
	var b strings.Builder
	tell(&b, s, l, m, f, times)
	line := lines(&b)
	wrong := f.all()
	for _, k := range sortedKeys(wrong) {
		line(k, len(wrong[k]))
	}
	t.Log(b.String())
	failed := false
	for _, k := range sortedKeys(wrong) {
		if n := len(wrong[k]); n > 0 {
			failed = true
			t.Errorf("%s: %d\n%s", k, n, strings.Join(wrong[k][:min(n, 12)], "\n"))
		}
	}
	if failed || testing.Verbose() {
		t.Logf("what broke:\n%s", strings.Join(m.told, "\n"))
	}
	checkEnough(t, s, l, m, f)
}

func lines(b *strings.Builder) func(what string, v any) {
	return func(what string, v any) { fmt.Fprintf(b, "  %-44s %v\n", what, v) }
}

// tell is the part of the report that may say anything.
func tell(b *strings.Builder, s *stage, l *load, m *monkey, f *findings, times stopwatch) {
	fmt.Fprintf(b, "chaos: seed %d, %d nodes; %s\n", *seed, len(s.nodes), strings.Join(times.laps, ", "))
	calls := 0
	for _, n := range l.calls {
		calls += n
	}
	line := lines(b)
	line("operations", total(l.ops))
	for _, k := range sortedKeys(l.ops) {
		line("  "+k, l.ops[k])
	}
	line("calls", calls)
	for _, k := range sortedKeys(m.done) {
		line(k, m.done[k])
	}
	restarts := 0
	for _, n := range s.nodes {
		restarts += n.restarts
	}
	line("starts without a database, made again", restarts)
	line("calls to providers that went wrong", m.hits)
	line("payments on the books", f.payments)
	line("times money came in", f.approved)
	line("cancels made", f.cancelled)
	line("webhooks taken / tries", fmt.Sprintf("%d / %d", f.webhooks, s.hook.tries))
	line("deadlocks undone and run again", s.deadlocks())
	for _, k := range sortedKeys(l.trouble) {
		line("seen by clients: "+k, l.trouble[k])
	}
}

// checkEnough: a story in which little happened proves little.
func checkEnough(t *testing.T, s *stage, l *load, m *monkey, f *findings) {
	t.Helper()
	for _, w := range works {
		if l.ops[w.name] == 0 {
			t.Errorf("nobody did: %s", w.name)
		}
	}
	if len(s.nodes) > 2 {
		checkMonkey(t, m)
	}
	if f.approved < 20 || f.cancelled < 3 || m.hits == 0 {
		t.Errorf("money came in %d times, went back %d times, and %d calls to providers went wrong: too little to tell", f.approved, f.cancelled, m.hits)
	}
}

func checkMonkey(t *testing.T, m *monkey) {
	t.Helper()
	for _, what := range []string{"kills", "stops", "cuts of the database", "halts of the database"} {
		if m.done[what] == 0 {
			t.Errorf("there were no %s", what)
		}
	}
}

func total(of map[string]int) (n int) {
	for _, v := range of {
		n += v
	}
	return n
}

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// deadlocks is how often PostgreSQL ended a transaction of this database for one.
func (s *stage) deadlocks() (n int) {
	s.t.Helper()
	s.must(s.db.QueryRow(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&n))
	return n
}
