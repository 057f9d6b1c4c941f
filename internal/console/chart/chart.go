// Package chart draws figures over days as SVG: no script, sharp on paper, and
// coloured by the page's style sheet through classes. What a chart shows stands in
// a table beside it as well; the drawing itself says only its title to those who do
// not see it.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// The box a chart is drawn in; the page scales it.
const (
	width, height            = 760, 250
	left, right, top, bottom = 58, 10, 14, 28
	plotWidth                = width - left - right
	plotHeight               = height - top - bottom
	mostLabels               = 12
)

// Series is one figure of each of a chart's labels.
type Series struct {
	Name   string
	Class  string // of the style sheet: "s1" …
	Values []float64
	Told   []string // each value in words, for whoever points at it; nil tells nothing
}

// Chart is what Bars and Lines draw. Every series has a value for each label; NaN is
// none.
type Chart struct {
	Title  string   // what it shows, in a sentence
	Labels []string // along the bottom
	Series []Series
	Axis   func(float64) string // words beside a line of the grid
	Top    float64              // of the axis, when it is known: 1 of a rate; 0 is as the values want
	Shared bool                 // bars of a label stand in one place: one series goes up, another down
}

// Bars draws the series of each label side by side, or in one place, from zero
// upwards; values below zero downwards.
func Bars(c Chart) template.HTML {
	d := c.begin()
	group := plotWidth / float64(max(1, len(c.Labels)))
	gap := math.Min(group*0.28, 14)
	bar, next := (group-gap)/float64(max(1, len(c.Series))), 1.0
	if c.Shared {
		bar, next = group-gap, 0
	}
	for i := range c.Labels {
		for j, s := range c.Series {
			v := s.Values[i]
			if math.IsNaN(v) || v == 0 {
				continue
			}
			y0, y1 := d.y(math.Max(v, 0)), d.y(math.Min(v, 0))
			d.tag(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="%s">%s</rect>`, s.Class, num(left+group*float64(i)+gap/2+bar*next*float64(j)),
				num(y0), num(math.Max(bar-1, 0.6)), num(math.Max(y1-y0, 0.8)), num(math.Min(2.5, bar/4)), s.told(c.Labels, i))
		}
	}
	return d.end()
}

// Lines draws each series as a line with a dot at each label; it breaks where there
// is no value.
func Lines(c Chart) template.HTML {
	d := c.begin()
	group := plotWidth / float64(max(1, len(c.Labels)))
	x := func(i int) float64 { return left + group*(float64(i)+0.5) }
	for _, s := range c.Series {
		var path strings.Builder
		pen := "M"
		for i, v := range s.Values {
			if math.IsNaN(v) {
				pen = "M"
				continue
			}
			path.WriteString(pen + num(x(i)) + " " + num(d.y(v)))
			pen = "L"
		}
		d.tag(`<path class="line %s" d="%s"/>`, s.Class, path.String())
		for i, v := range s.Values {
			if !math.IsNaN(v) {
				d.tag(`<circle class="dot %s" cx="%s" cy="%s" r="%s">%s</circle>`, s.Class, num(x(i)), num(d.y(v)), num(math.Min(3, math.Max(1.2, group/6))), s.told(c.Labels, i))
			}
		}
	}
	return d.end()
}

// Share is a bar as long as its part of a whole, between 0 and 1.
func Share(part float64, class string) template.HTML {
	part = math.Min(1, math.Max(0, part))
	if math.IsNaN(part) {
		part = 0
	}
	return template.HTML(fmt.Sprintf(`<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="rest" width="100" height="8"/><rect class="%s" width="%s" height="8"/></svg>`, //nolint:gosec // escaped
		template.HTMLEscapeString(class), num(part*100)))
}

func (s Series) told(labels []string, i int) string {
	if i >= len(s.Told) || s.Told[i] == "" {
		return ""
	}
	return "<title>" + template.HTMLEscapeString(labels[i]+" · "+s.Name+" "+s.Told[i]) + "</title>"
}

// drawing is a chart on its way.
type drawing struct {
	b        strings.Builder
	low, up  float64 // of the axis
	perPixel float64
}

// begin draws the frame: grid, axis and labels.
func (c Chart) begin() *drawing {
	d := &drawing{}
	step := d.scale(c)
	d.tag(`<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(c.Title))
	for v := d.low; v <= d.up+step/2; v += step {
		class := "grid"
		if math.Abs(v) < step/1000 {
			class, v = "grid zero", 0
		}
		d.tag(`<line class="%s" x1="%d" x2="%d" y1="%s" y2="%s"/>`, class, left, width-right, num(d.y(v)), num(d.y(v)))
		d.tag(`<text class="axis" x="%d" y="%s" text-anchor="end">%s</text>`, left-8, num(d.y(v)+4), template.HTMLEscapeString(c.Axis(v)))
	}
	group := plotWidth / float64(max(1, len(c.Labels)))
	each := (len(c.Labels) + mostLabels - 1) / mostLabels
	for i, l := range c.Labels {
		if i%max(1, each) == 0 {
			d.tag(`<text class="axis" x="%s" y="%d" text-anchor="middle">%s</text>`, num(left+group*(float64(i)+0.5)), height-8, template.HTMLEscapeString(l))
		}
	}
	return d
}

// scale finds an axis with round numbers that holds all values and zero, and its step.
func (d *drawing) scale(c Chart) (step float64) {
	for _, s := range c.Series {
		for _, v := range s.Values {
			if !math.IsNaN(v) {
				d.low, d.up = math.Min(d.low, v), math.Max(d.up, v)
			}
		}
	}
	if c.Top > 0 {
		d.up = c.Top
	}
	if d.up == d.low {
		d.up = d.low + 1
	}
	step = round((d.up - d.low) / 4)
	d.low = math.Floor(d.low/step) * step
	if c.Top == 0 {
		d.up = math.Ceil(d.up/step-1e-9) * step
	}
	d.perPixel = (d.up - d.low) / plotHeight
	return step
}

// round is the next of 1, 2, 2.5, 5 and 10 times a power of ten.
func round(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if v <= m*p*(1+1e-9) {
			return m * p
		}
	}
	return 10 * p
}

func (d *drawing) y(v float64) float64 { return top + (d.up-v)/d.perPixel }

func (d *drawing) tag(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

func (d *drawing) end() template.HTML {
	d.b.WriteString(`</svg>`)
	return template.HTML(d.b.String()) //nolint:gosec // escaped where it is written
}

// num is a length to a tenth.
func num(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
