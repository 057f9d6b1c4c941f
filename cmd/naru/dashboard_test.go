package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"naru/internal/store"
)

var (
	describedName   = regexp.MustCompile(`fqName: "([^"]+)"`)
	describedLabels = regexp.MustCompile(`variableLabels: \{([^}]*)\}`)
	constantLabels  = regexp.MustCompile(`([a-z_]+)="`)
	usedMetric      = regexp.MustCompile(`\b((?:naru|go|process)_[a-z0-9_]+)(\{[^}]*\})?`)
	usedLabel       = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"`)
	groupedBy       = regexp.MustCompile(`\bby \(([^)]*)\)`)
)

// exported is every metric of a node on PostgreSQL, with its labels.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	m := newMetrics(slog.New(slog.DiscardHandler))
	m.watch(s)
	m.registry.MustRegister(newPoolMetrics(s))
	descs := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(descs)
	close(descs)
	out := map[string][]string{}
	for d := range descs {
		text := d.String()
		name := describedName.FindStringSubmatch(text)[1]
		labels := []string{"instance", "job", "le"} // Prometheus's own
		if found := describedLabels.FindStringSubmatch(text); found != nil && found[1] != "" {
			for l := range strings.SplitSeq(found[1], ",") {
				labels = append(labels, strings.TrimSpace(strings.Trim(l, `" `)))
			}
		}
		for _, l := range constantLabels.FindAllStringSubmatch(text, -1) {
			labels = append(labels, l[1])
		}
		out[name] = labels
	}
	return out
}

// checkQuery fails when a query names a metric or a label that there is not.
func checkQuery(t *testing.T, where, query string, known map[string][]string) {
	t.Helper()
	var labels []string
	for _, use := range usedMetric.FindAllStringSubmatch(query, -1) {
		name := use[1]
		have, ok := known[name]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, cut := strings.CutSuffix(name, suffix); cut && !ok {
				have, ok = known[base]
			}
		}
		if !ok {
			t.Errorf("%s: nobody exports %s", where, name)
		}
		labels = append(labels, have...)
		for _, l := range usedLabel.FindAllStringSubmatch(use[2], -1) {
			if !slices.Contains(have, l[1]) {
				t.Errorf("%s: %s has no label %s", where, name, l[1])
			}
		}
	}
	if len(labels) == 0 && !strings.HasPrefix(query, "up{") {
		t.Errorf("%s: it names no metric: %s", where, query)
	}
	for _, by := range groupedBy.FindAllStringSubmatch(query, -1) {
		for l := range strings.SplitSeq(by[1], ",") {
			if !slices.Contains(labels, strings.TrimSpace(l)) {
				t.Errorf("%s: grouped by %s, which nothing in it has", where, l)
			}
		}
	}
}

// dashboard is what is read of Grafana's dashboard JSON model.
type dashboard struct {
	Title, UID    string
	SchemaVersion int `json:"schemaVersion"`
	Templating    struct {
		List []struct{ Name, Type string }
	}
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ H, W, X, Y int } `json:"gridPos"`
		Targets []struct {
			RefID string `json:"refId"`
			Expr  string
		}
	}
}

// TestDashboardShowsWhatIsExported: every metric and label of the dashboard is
// there, and each of ours that means something over time is on it.
func TestDashboardShowsWhatIsExported(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "grafana", "naru.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.Title == "" || d.UID == "" || d.SchemaVersion < 36 || len(d.Panels) < 20 || len(d.Templating.List) != 2 {
		t.Fatalf("not a whole dashboard: %d panels", len(d.Panels))
	}
	known, ids, all := exported(t), map[int]bool{}, ""
	filled := map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q: twice, or without a title or a query", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := filled[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panel %q lies over %q or beyond the edge", p.Title, other)
				}
				filled[[2]int{x, y}] = p.Title
			}
		}
		for _, q := range p.Targets {
			checkQuery(t, p.Title, q.Expr, known)
			all += q.Expr + "\n"
		}
	}
	notShown := []string{"naru_build_info", "naru_database_connections_most", "naru_database_connection_waits_total"}
	for name := range known {
		if strings.HasPrefix(name, "naru_") && !strings.Contains(all, name) && !slices.Contains(notShown, name) {
			t.Errorf("%s is on no panel", name)
		}
	}
}

// rule is an alert of examples/prometheus/rules.yaml.
type rule struct{ alert, expr, summary, severity string }

// readRules reads the file's own plain form of YAML.
func readRules(t *testing.T) (rules []rule) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "prometheus", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folded := ""
	for line := range strings.Lines(string(text)) {
		trimmed := strings.TrimSpace(line)
		key, value, _ := strings.Cut(strings.TrimPrefix(trimmed, "- "), ": ")
		if strings.HasPrefix(trimmed, "- alert: ") {
			rules = append(rules, rule{alert: value})
		}
		if len(rules) == 0 {
			continue
		}
		last := &rules[len(rules)-1]
		switch {
		case key == "expr" && value == "|":
			folded = "expr"
		case key == "expr":
			last.expr, folded = value, ""
		case key == "for" || key == "labels" || key == "annotations:" || key == "annotations":
			folded = ""
			if key == "labels" {
				last.severity = strings.Trim(strings.TrimPrefix(value, "{severity: "), "}")
			}
		case key == "summary":
			last.summary = value
		case folded == "expr":
			last.expr += " " + trimmed
		}
	}
	return rules
}

func TestAlertRulesAskForWhatIsExported(t *testing.T) {
	t.Parallel()
	known, rules, seen := exported(t), readRules(t), map[string]bool{}
	if len(rules) < 12 {
		t.Fatalf("%d rules", len(rules))
	}
	for _, r := range rules {
		if seen[r.alert] || r.expr == "" || r.summary == "" || r.severity != "warning" && r.severity != "critical" {
			t.Errorf("rule %+v: twice, or something is missing", r)
		}
		seen[r.alert] = true
		checkQuery(t, r.alert, strings.TrimSpace(r.expr), known)
	}
}

// TestMetricsAreDocumented: docs/observability.md names each of our metrics with
// its labels, and no other.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "observability.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := exported(t)
	for name, labels := range known {
		if !strings.HasPrefix(name, "naru_") {
			continue
		}
		var own []string
		for _, l := range labels {
			if l != "instance" && l != "job" && l != "le" {
				own = append(own, l)
			}
		}
		slices.Sort(own)
		row := fmt.Sprintf("| `%s` | %s |", name, strings.Join(own, ", "))
		if len(own) == 0 {
			row = fmt.Sprintf("| `%s` | |", name)
		}
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/observability.md has no row that begins with %s", row)
		}
	}
	for _, use := range regexp.MustCompile("`(naru_[a-z_]+)`").FindAllStringSubmatch(string(text), -1) {
		if known[use[1]] == nil {
			t.Errorf("docs/observability.md tells of %s, which is not exported", use[1])
		}
	}
}
