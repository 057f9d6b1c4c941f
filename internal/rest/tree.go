package rest

import (
	"slices"
	"strconv"
	"strings"
)

// MaxFields and MaxDepth bound what one request may hold: names of a form, or
// values of a JSON document, and how deep they are nested.
const (
	MaxFields = 10_000
	MaxDepth  = 32
)

// repeated is a plain name that came more than once: a list where a list is
// wanted, else the last of them.
type repeated []any

// node is a name of a form with what is below it. A node has either children,
// made by brackets, or plain values.
type node struct {
	kids   map[string]*node
	next   int // index of the next "[]"
	values []string
}

// tree turns bracketed names into nested values: a[] and a[0] make lists,
// a[b] makes objects, and a name repeated without brackets a repeated. As in
// PHP, of a=1 and a[b]=2 the later wins.
func tree(ps []pair) (map[string]any, error) {
	if len(ps) > MaxFields {
		return nil, ErrTooManyFields
	}
	root := &node{kids: map[string]*node{}}
	for _, p := range ps {
		path := brackets(p.key)
		if len(path) > MaxDepth {
			return nil, ErrTooManyFields
		}
		n := root
		for _, name := range path {
			n = n.child(name)
		}
		n.kids, n.values = nil, append(n.values, p.value)
	}
	out := make(map[string]any, len(root.kids))
	for name, n := range root.kids {
		out[name] = n.value()
	}
	return out, nil
}

// brackets splits "a[b][]" into a, b and "". A name whose brackets do not
// match is taken as it is.
func brackets(key string) []string {
	base, rest, found := strings.Cut(key, "[")
	if !found || base == "" {
		return []string{key}
	}
	path := []string{base}
	for {
		name, after, ok := strings.Cut(rest, "]")
		if !ok {
			return []string{key}
		}
		path = append(path, name)
		if after == "" {
			return path
		}
		if rest, ok = strings.CutPrefix(after, "["); !ok {
			return []string{key}
		}
	}
}

// child is the node below n under name; "" is the next free index.
func (n *node) child(name string) *node {
	if n.kids == nil {
		n.kids, n.values, n.next = map[string]*node{}, nil, 0
	}
	if name == "" {
		name = strconv.Itoa(n.next)
	}
	if i, ok := index(name); ok && i >= n.next {
		n.next = i + 1
	}
	k := n.kids[name]
	if k == nil {
		k = &node{}
		n.kids[name] = k
	}
	return k
}

// index is name as the index of a list.
func index(name string) (int, bool) {
	if name == "" || len(name) > 18 || strings.Trim(name, "0123456789") != "" {
		return 0, false
	}
	i, err := strconv.Atoi(name)
	return i, err == nil
}

func (n *node) value() any {
	switch {
	case n.kids != nil && n.isList():
		return n.list()
	case n.kids != nil:
		m := make(map[string]any, len(n.kids))
		for name, k := range n.kids {
			m[name] = k.value()
		}
		return m
	case len(n.values) == 1:
		return n.values[0]
	}
	out := make(repeated, len(n.values))
	for i, v := range n.values {
		out[i] = v
	}
	return out
}

func (n *node) isList() bool {
	for name := range n.kids {
		if _, ok := index(name); !ok {
			return false
		}
	}
	return true
}

// list is the children by their indexes, without the holes.
func (n *node) list() []any {
	type item struct {
		at   int
		name string
	}
	var items []item
	for name := range n.kids {
		i, _ := index(name)
		items = append(items, item{i, name})
	}
	slices.SortFunc(items, func(a, b item) int {
		if a.at != b.at {
			return a.at - b.at
		}
		return strings.Compare(a.name, b.name)
	})
	out := make([]any, len(items))
	for i, it := range items {
		out[i] = n.kids[it.name].value()
	}
	return out
}

// bounded refuses a JSON value that is too large or too deep.
func bounded(v any) error {
	left := MaxFields
	var walk func(v any, depth int) bool
	walk = func(v any, depth int) bool {
		if left--; left < 0 || depth > MaxDepth {
			return false
		}
		switch v := v.(type) {
		case map[string]any:
			for _, e := range v {
				if !walk(e, depth+1) {
					return false
				}
			}
		case []any:
			for _, e := range v {
				if !walk(e, depth+1) {
					return false
				}
			}
		}
		return true
	}
	if !walk(v, 0) {
		return ErrTooManyFields
	}
	return nil
}
