package console

import (
	"html/template"
	"math"
	"strconv"

	"naru/internal/console/chart"
	"naru/internal/pay"
)

// mostLines is how many methods the chart of rates shows.
const mostLines = 4

// figure is a chart, what it is called, and its numbers as a table.
type figure struct {
	Title  string
	SVG    template.HTML
	Legend []legend
	Head   []string
	Rows   [][]string
}

type legend struct{ Class, Name string }

// draw makes the charts of what was summed.
func (b *dashboardBody) draw(v *visit) {
	b.Sales, b.Rates = b.drawSales(v), b.drawRates(v)
}

func (b *dashboardBody) drawSales(v *visit) figure {
	f := figure{
		Title:  v.t("매출과 취소", "Sales and cancels"),
		Legend: []legend{{"s1", v.t("매출", "Sales")}, {"s2", v.t("취소", "Cancels")}},
		Head:   []string{v.t("기간", "Period"), v.t("매출", "Sales"), v.t("취소", "Cancels"), v.t("순매출", "Net")},
	}
	sales, cancels := chart.Series{Name: f.Legend[0].Name, Class: "s1"}, chart.Series{Name: f.Legend[1].Name, Class: "s2"}
	// Cancels hang below the line, under the sales of their day.
	c := chart.Chart{Title: f.Title, Shared: true, Axis: func(n float64) string { return shortMoney(v.lang, n, b.Currency) }}
	for _, at := range b.byTime {
		gone := at.Cancelled + at.Reversed
		c.Labels = append(c.Labels, at.Label)
		sold, back, net := money(v.lang, at.figures.Sales, b.Currency), money(v.lang, gone, b.Currency), money(v.lang, at.Net(), b.Currency)
		sales.Values, sales.Told = append(sales.Values, float64(at.figures.Sales)), append(sales.Told, sold)
		cancels.Values, cancels.Told = append(cancels.Values, -float64(gone)), append(cancels.Told, back)
		f.Rows = append(f.Rows, []string{at.Label, sold, back, net})
	}
	c.Series = []chart.Series{sales, cancels}
	f.SVG = chart.Bars(c)
	return f
}

func (b *dashboardBody) drawRates(v *visit) figure {
	f := figure{
		Title: v.t("결제 성공률", "Success rate"),
		Head:  []string{v.t("기간", "Period"), v.t("전체", "All")},
	}
	c := chart.Chart{Title: f.Title, Top: 1, Axis: func(n float64) string { return strconv.Itoa(int(math.Round(n*100))) + "%" }}
	all := chart.Series{Name: f.Head[1], Class: "s1"}
	lines := []chart.Series{}
	for i, m := range b.Methods {
		if i < mostLines && len(b.Methods) > 1 {
			lines = append(lines, chart.Series{Name: wordFor(v.lang, "method", m.Code), Class: "s" + strconv.Itoa(i+2)})
		}
	}
	for _, at := range b.byTime {
		c.Labels = append(c.Labels, at.Label)
		row := []string{at.Label, addRate(&all, at.counts)}
		for i := range lines {
			row = append(row, addRate(&lines[i], at.byMethod[b.Methods[i].Code]))
		}
		f.Rows = append(f.Rows, row)
	}
	c.Series = append([]chart.Series{all}, lines...)
	for _, s := range c.Series {
		f.Legend = append(f.Legend, legend{s.Class, s.Name})
	}
	for _, s := range lines {
		f.Head = append(f.Head, s.Name)
	}
	f.SVG = chart.Lines(c)
	return f
}

// addRate adds a rate to a line, and gives it in words.
func addRate(s *chart.Series, n counts) string {
	rate, ok := n.Rate()
	if !ok {
		rate = math.NaN()
	}
	text := percent(n)
	s.Values, s.Told = append(s.Values, rate), append(s.Told, text)
	return text
}

// percent is a rate in words; a dash of nothing.
func percent(n counts) string {
	rate, ok := n.Rate()
	if !ok {
		return "–"
	}
	return strconv.FormatFloat(rate*100, 'f', 1, 64) + "%"
}

// change is how a number differs from the one before; "" where that says nothing.
func change(now, before int64) string {
	if before <= 0 {
		return ""
	}
	p := (float64(now) - float64(before)) / float64(before) * 100
	switch {
	case p >= 0.05:
		return "▲ " + strconv.FormatFloat(p, 'f', 1, 64) + "%"
	case p <= -0.05:
		return "▼ " + strconv.FormatFloat(-p, 'f', 1, 64) + "%"
	default:
		return "= 0%"
	}
}

// shortMoney is an amount as it stands beside an axis: 12만, 3.5억; 120K, 3.5M.
func shortMoney(lang string, n float64, c pay.Currency) string {
	n /= math.Pow10(decimals(c))
	steps := []struct {
		of   float64
		word string
	}{{1e12, "조"}, {1e8, "억"}, {1e4, "만"}}
	if lang == "en" {
		steps = []struct {
			of   float64
			word string
		}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}}
	}
	sign := ""
	if n < 0 {
		sign, n = "−", -n
	}
	for _, s := range steps {
		if n >= s.of {
			return sign + strconv.FormatFloat(math.Round(n/s.of*10)/10, 'f', -1, 64) + s.word
		}
	}
	return sign + strconv.FormatFloat(math.Round(n*10)/10, 'f', -1, 64)
}
