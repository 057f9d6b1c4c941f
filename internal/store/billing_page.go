package store

import (
	"fmt"
	"slices"
)

// pages is how a list by time is read: page by page, from a place on.
type pages struct {
	table, at, id string
	oldestFirst   bool
	// From is the place that the page begins behind, in the list's order; or, Back,
	// that it ends before. Zero is the beginning.
	from  Place
	back  bool
	limit int
}

// down tells that the statement reads from the last time to the first.
func (p pages) down() bool { return p.oldestFirst == p.back }

// text is the statement for the places of one page and one more; each branch adds a
// condition of its own. All of them are read in the order of an index.
func (p pages) text(merchant any, branches []func(*condition)) (string, []any) {
	order, than := ` ORDER BY %s, %s`, ` > (`
	if p.down() {
		order, than = ` ORDER BY %s DESC, %s DESC`, ` < (`
	}
	w := &condition{args: []any{merchant}}
	for i, branch := range branches {
		if i > 0 {
			w.parts.WriteString(` UNION ALL `)
		}
		w.parts.WriteString(`SELECT page_at, page_id FROM (SELECT ` + p.at + ` AS page_at, ` + p.id + ` AS page_id FROM ` + p.table + ` WHERE merchant = $1`)
		branch(w)
		if p.from != (Place{}) {
			w.and(`(`+p.at+`, `+p.id+`)`+than, p.from.At, p.from.ID)
			w.close()
		}
		w.parts.WriteString(fmt.Sprintf(order, p.at, p.id))
		w.add(` LIMIT `, p.limit+1)
		w.parts.WriteString(`) AS one`)
	}
	w.parts.WriteString(fmt.Sprintf(order, `page_at`, `page_id`))
	w.add(` LIMIT `, p.limit+1)
	return w.text(), w.args
}

// Turned is a page of places, and where the pages beside it begin: zero is that
// there is none. Before is given with Back.
type Turned struct{ Before, After Place }

// turn cuts what was read of a page to the page, in the list's order.
func (p pages) turn(found []Place) ([]Place, Turned) {
	more := len(found) > p.limit
	found = found[:min(len(found), p.limit)]
	if p.back {
		slices.Reverse(found)
	}
	if len(found) == 0 {
		return nil, Turned{}
	}
	first, last := found[0], found[len(found)-1]
	var t Turned
	if p.back && more || !p.back && p.from != (Place{}) {
		t.Before = first
	}
	if !p.back && more || p.back {
		t.After = last
	}
	return found, t
}

// cut is a page of places that are all known, which it sorts.
func (p pages) cut(all []Place) ([]Place, Turned) {
	sign := 1
	if p.down() {
		sign = -1
	}
	slices.SortFunc(all, func(a, b Place) int { return sign * a.compare(b) })
	if p.from != (Place{}) {
		all = slices.DeleteFunc(all, func(a Place) bool { return sign*a.compare(p.from) <= 0 })
	}
	return p.turn(all[:min(len(all), p.limit+1)])
}
