package parameters_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"sync"
)

// record is what a provider's stand-in says it received for one window.
type record struct {
	mid     string         // of the shop whose key was used
	members map[string]any // as they came, with "call" and, of scripts, "method"
}

// lookup is the value at a path such as escrowProducts[0].id, as text: numbers,
// lists and objects as JSON.
func lookup(tree any, path string) (string, bool) {
	for _, step := range steps.FindAllString(path, -1) {
		switch in := tree.(type) {
		case map[string]any:
			v, ok := in[step]
			if !ok {
				return "", false
			}
			tree = v
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(in) {
				return "", false
			}
			tree = in[i]
		default:
			return "", false
		}
	}
	if s, ok := tree.(string); ok {
		return s, true
	}
	out, err := json.Marshal(tree)
	return string(out), err == nil
}

var steps = regexp.MustCompile(`[^.\[\]]+`)

// records finds what a stand-in received. Its list is long, so it is read once for
// all windows that are being opened at the same time: when the last of them is
// open.
type records struct {
	read func() (map[string]record, error)

	mu      sync.Mutex
	open    *sync.Cond
	opening int               // windows that are under way
	seen    map[string]record // by the window's address
}

func newRecords(read func() (map[string]record, error)) *records {
	r := &records{read: read, seen: map[string]record{}}
	r.open = sync.NewCond(&r.mu)
	return r
}

// of is what was received for the window that open opens, and its address.
func (r *records) of(open func() (string, error)) (string, record, error) {
	r.mu.Lock()
	r.opening++
	r.mu.Unlock()
	address, err := open()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opening--; r.opening == 0 {
		defer r.open.Broadcast()
	}
	if err != nil {
		return "", record{}, err
	}
	for r.opening > 0 {
		if got, ok := r.seen[address]; ok {
			return address, got, nil
		}
		r.open.Wait()
	}
	if _, ok := r.seen[address]; !ok {
		all, err := r.read()
		if err != nil {
			return address, record{}, err
		}
		maps.Copy(r.seen, all)
	}
	got, ok := r.seen[address]
	if !ok {
		err = fmt.Errorf("the stand-in has no window at %s", address)
	}
	return address, got, err
}

// cardWindows are those of Toss Payments that opened.
func (s *stage) cardWindows() (map[string]record, error) {
	var in struct {
		Windows []struct {
			URL, Call, Method, MID string
			Params                 map[string]any
		}
	}
	if err := s.Control("GET", "tosspayments/windows", nil, &in); err != nil {
		return nil, err
	}
	out := map[string]record{}
	for _, w := range in.Windows {
		if w.URL != "" && w.Params != nil {
			w.Params["call"], w.Params["method"] = w.Call, w.Method
			out[w.URL] = record{w.MID, w.Params}
		}
	}
	return out, nil
}

// walletCalls are the calls of Toss Pay that open the two kinds of window.
var walletCalls = map[string]string{payment: "/api/v2/payments", billing: "/api/v1/billing-key"}

// walletWindows are those of Toss Pay.
func (s *stage) walletWindows() (map[string]record, error) {
	var in struct {
		Windows []struct {
			Page, Kind, MID string
			Request         map[string]any
		}
	}
	if err := s.Control("GET", "tosspay/windows?limit=200", nil, &in); err != nil {
		return nil, err
	}
	out := map[string]record{}
	for _, w := range in.Windows {
		if w.Request != nil {
			w.Request["call"] = walletCalls[w.Kind]
			out[w.Page] = record{w.MID, w.Request}
		}
	}
	return out, nil
}
