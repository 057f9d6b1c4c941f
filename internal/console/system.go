package console

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

func (c *Console) systemRoutes() []route {
	return []route{get("/system", pay.SeeSystem, c.system)}
}

// systemBody is what the page of the installation shows.
type systemBody struct {
	gateway.SystemStatus
	Version string
	Driven  bool // the clock is, by naru dev
	Ahead   time.Duration
	Frozen  bool
	Stores  map[pay.MerchantID]string
}

// system is the page of how the installation does.
func (c *Console) system(v *visit) error {
	status, err := c.gateway.SystemStatus(v.r.Context())
	if err != nil {
		return err
	}
	b := systemBody{SystemStatus: status, Version: c.version, Stores: map[pay.MerchantID]string{}}
	if c.clock != nil {
		b.Driven = true
		b.Ahead, b.Frozen = c.clock()
	}
	for _, s := range v.Stores {
		b.Stores[s.ID] = s.Name
	}
	return v.render("system", v.t("시스템", "System"), b)
}

// Serving is how many nodes serve.
func (b systemBody) Serving() (n int) {
	for _, node := range b.Nodes {
		if !node.Gone {
			n++
		}
	}
	return n
}

// Due is how many jobs are due, and Oldest since when the oldest of them is.
func (b systemBody) Due() (n int) {
	for _, q := range b.Queues {
		n += q.Depth
	}
	return n
}

// Lag is how long the oldest job that is due has waited.
func (b systemBody) Lag() (most time.Duration) {
	for _, q := range b.Queues {
		most = max(most, b.Now.Sub(q.Oldest))
	}
	return most
}

// AlarmCount and FindingCount are how many are open.
func (b systemBody) AlarmCount() int   { return sumOf(b.Alarms) }
func (b systemBody) FindingCount() int { return sumOf(b.Findings) }

func sumOf(counts map[string]int) (n int) {
	for k := range maps.Keys(counts) {
		n += counts[k]
	}
	return n
}

// ClockSpread is how far the nodes' clocks are apart at most.
func (b systemBody) ClockSpread() time.Duration {
	var ahead []time.Duration
	for _, n := range b.Nodes {
		if !n.Gone {
			ahead = append(ahead, n.Ahead)
		}
	}
	if len(ahead) == 0 {
		return 0
	}
	return slices.Max(ahead) - slices.Min(ahead)
}

// Ago is how long ago a time was.
func (b systemBody) Ago(t time.Time) time.Duration { return b.Now.Sub(t) }

// Running is the jobs that a node runs, in words.
func (b systemBody) RunningOn(n gateway.NodeStatus) (total int) { return sumOf(n.State.Running) }

// bytes is a size as it is read.
func bytesOf(n int64) string {
	size := float64(n)
	for _, unit := range []string{"B", "KB", "MB", "GB"} {
		if size < 1024 {
			return fmt.Sprintf("%.4g %s", size, unit)
		}
		size /= 1024
	}
	return fmt.Sprintf("%.4g TB", size)
}

// span is a duration in the two largest units that it has.
func spanOf(lang string, d time.Duration) string {
	names := []struct {
		unit   time.Duration
		ko, en string
	}{{24 * time.Hour, "일", "d"}, {time.Hour, "시간", "h"}, {time.Minute, "분", "min"}, {time.Second, "초", "s"}}
	if d < 0 {
		return "−" + spanOf(lang, -d)
	}
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	for i, n := range names {
		if d < n.unit {
			continue
		}
		text := spelled(lang, int64(d/n.unit), n.ko, n.en)
		if rest := d % n.unit; i+1 < len(names) && rest >= names[i+1].unit {
			next := names[i+1]
			text += " " + spelled(lang, int64(rest/next.unit), next.ko, next.en)
		}
		return text
	}
	return ""
}

func spelled(lang string, n int64, ko, en string) string {
	if lang == "en" {
		return fmt.Sprintf("%d %s", n, en)
	}
	return fmt.Sprintf("%d%s", n, ko)
}
