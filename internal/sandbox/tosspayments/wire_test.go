package tosspayments_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/textproto"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestWire plays the exchanges under testdata/wire, which were written by hand
// from the documentation. Sections are done in order: clock, window, choose,
// request, control, answer, webhook. Control is a request to the control port.
func TestWire(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/wire/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no exchanges: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			p := &play{bench: setup(t), keys: map[string]string{}}
			for _, f := range ar.Files {
				p.section(f.Name, p.fill(string(f.Data)))
			}
			if p.answers == 0 {
				t.Error("the exchange has no answer")
			}
		})
	}
}

type play struct {
	*bench
	window  string
	keys    map[string]string // of the answers so far, by their names
	last    reply
	answers int
}

// fill puts the base address and the keys of the answers in.
func (p *play) fill(text string) string {
	pairs := []string{"$base", p.url}
	for name, key := range p.keys {
		pairs = append(pairs, "$"+name, key)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// learn keeps the first key of each kind.
func (p *play) learn(answer fields) {
	for _, name := range []string{"paymentKey", "billingKey", "receiptKey", "secret"} {
		if key, ok := answer[name].(string); ok && p.keys[name] == "" {
			p.keys[name] = key
		}
	}
}

func (p *play) section(name, text string) {
	p.Helper()
	switch name {
	case "clock":
		at, err := time.Parse(time.RFC3339, strings.TrimSpace(text))
		if err != nil {
			p.Fatal(err)
		}
		p.clock.set(at)
	case "window":
		in := decode[struct {
			Method string
			Params fields
		}](p.T, []byte(text))
		r := p.request(in.Method, in.Params)
		if r.status != 200 {
			p.Fatalf("window: %s", r)
		}
		p.window, p.keys["paymentKey"] = r.body["url"].(string), p.newest()["paymentKey"].(string)
	case "choose":
		if r := p.act(p.window, "approve", json.RawMessage(text)); r.status != 200 {
			p.Fatalf("choose: %s", r)
		}
	case "request":
		p.ask("", text)
	case "control":
		p.ask(p.root+"/control/tosspayments", text)
	case "answer":
		p.answers++
		status, body, _ := strings.Cut(text, "\n\n")
		if want, _ := strconv.Atoi(status); want != p.last.status {
			p.Fatalf("answer %s, want %d", p.last, want)
		}
		p.same("answer", p.last.raw, []byte(body))
	case "webhook":
		raw, _ := json.Marshal(p.hook().body)
		p.same("webhook", raw, []byte(text))
	default:
		p.Fatalf("unknown section %q", name)
	}
}

func (p *play) ask(base, text string) {
	p.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	var header []string
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		header = append(header, textproto.CanonicalMIMEHeaderKey(name), strings.TrimSpace(value))
	}
	var in any
	if body = strings.TrimSpace(body); body != "" {
		in = body
	}
	p.last = p.call(method, base+path, in, header...)
	p.learn(p.last.body)
}

func (p *play) same(what string, got, want []byte) {
	p.Helper()
	if diff := differ("", tree(p.T, got), tree(p.T, want)); diff != "" {
		p.Errorf("%s%s\ngot %s", what, diff, got)
	}
}

func tree(t *testing.T, raw []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

// differ says where two JSON values differ, "" if nowhere. A wanted string that
// begins with ~ is a pattern.
func differ(path string, got, want any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: %v, want an object", path, got)
		}
		for name := range g {
			if _, ok := w[name]; !ok {
				return fmt.Sprintf("%s.%s: not in the documentation", path, name)
			}
		}
		for name, v := range w {
			have, ok := g[name]
			if !ok {
				return fmt.Sprintf("%s.%s: missing", path, name)
			}
			if d := differ(path+"."+name, have, v); d != "" {
				return d
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: %v, want a list of %d", path, got, len(w))
		}
		for i := range w {
			if d := differ(fmt.Sprintf("%s[%d]", path, i), g[i], w[i]); d != "" {
				return d
			}
		}
		return ""
	case string:
		if pattern, ok := strings.CutPrefix(w, "~"); ok {
			if g, ok := got.(string); !ok || !regexp.MustCompile(pattern).MatchString(g) {
				return fmt.Sprintf("%s: %v, want the pattern %s", path, got, pattern)
			}
			return ""
		}
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("%s: %v, want %v", path, got, want)
	}
	return ""
}
