package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"naru/internal/console/chart"
)

// drawn reads a chart as XML and gives the attributes of its elements by name.
func drawn(t *testing.T, svg string) map[string][]map[string]string {
	t.Helper()
	out := map[string][]map[string]string{}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, svg)
		}
		if e, ok := tok.(xml.StartElement); ok {
			at := map[string]string{}
			for _, a := range e.Attr {
				at[a.Name.Local] = a.Value
			}
			out[e.Name.Local] = append(out[e.Name.Local], at)
		}
	}
}

func length(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func TestBarsAreAsHighAsTheirValues(t *testing.T) {
	t.Parallel()
	c := drawn(t, string(chart.Bars(chart.Chart{
		Title: "매출", Labels: []string{"1", "2", "3"}, Axis: plain,
		Series: []chart.Series{{Name: "a", Class: "s1", Values: []float64{100, 50, math.NaN()}, Told: []string{"100원", "50원", ""}}},
	})))
	bars := c["rect"]
	if len(bars) != 2 {
		t.Fatalf("%d bars for two values", len(bars))
	}
	if a, b := length(t, bars[0]["height"]), length(t, bars[1]["height"]); math.Abs(a-2*b) > 0.2 {
		t.Errorf("bars of 100 and 50 are %v and %v high", a, b)
	}
	if got := c["svg"][0]["aria-label"]; got != "매출" {
		t.Errorf("the chart is called %q", got)
	}
}

func TestValuesBelowZeroHangFromTheLine(t *testing.T) {
	t.Parallel()
	c := drawn(t, string(chart.Bars(chart.Chart{
		Labels: []string{"1"}, Axis: plain, Series: []chart.Series{{Class: "s1", Values: []float64{80}}, {Class: "s2", Values: []float64{-40}}},
	})))
	up, down := c["rect"][0], c["rect"][1]
	foot := length(t, up["y"]) + length(t, up["height"])
	if math.Abs(foot-length(t, down["y"])) > 0.2 {
		t.Errorf("one bar ends at %v, the other begins at %v", foot, down["y"])
	}
}

func TestLinesBreakWhereThereIsNothing(t *testing.T) {
	t.Parallel()
	c := drawn(t, string(chart.Lines(chart.Chart{
		Labels: []string{"1", "2", "3"}, Axis: plain, Top: 1, Series: []chart.Series{{Class: "s1", Values: []float64{1, math.NaN(), 0.5}}},
	})))
	if got := strings.Count(c["path"][0]["d"], "M"); got != 2 {
		t.Errorf("the line begins %d times", got)
	}
	if len(c["circle"]) != 2 {
		t.Errorf("%d dots for two values", len(c["circle"]))
	}
}

// Whatever the values are, the drawing is well-formed, stays in its box, and its
// text is escaped.
func TestChartsStayInTheirBox(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	value := func() float64 {
		switch random.IntN(6) {
		case 0:
			return 0
		case 1:
			return math.NaN()
		default:
			return (random.Float64() - 0.3) * math.Pow(10, float64(random.IntN(13)))
		}
	}
	for range 500 {
		label := string([]rune{'<', '&', '"', '나', rune('a' + random.IntN(26))}[random.IntN(5):])
		c := chart.Chart{Title: label, Axis: plain, Series: []chart.Series{{Name: label, Class: "s1"}, {Class: "s2"}}}
		for range random.IntN(40) {
			c.Labels = append(c.Labels, label)
			for i := range c.Series {
				c.Series[i].Values, c.Series[i].Told = append(c.Series[i].Values, value()), append(c.Series[i].Told, label)
			}
		}
		for _, svg := range []string{string(chart.Bars(c)), string(chart.Lines(c))} {
			for _, bar := range drawn(t, svg)["rect"] {
				if y, h := length(t, bar["y"]), length(t, bar["height"]); y < -1 || y+h > 251 {
					t.Fatalf("a bar reaches from %v for %v in %s", y, h, svg)
				}
			}
		}
	}
}
