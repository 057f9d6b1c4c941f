package parameters_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// walk is one row in one of its windows.
type walk struct {
	*stage
	row      row
	window   window
	contract contract
	unique   string
	example  string // filled in
}

func (s *stage) walk(r row, w window) walk {
	kind := payment
	if w.name == billing {
		kind = billing
	}
	c := contract{r.provider, kind}
	unique := fmt.Sprintf("w%d-%s", r.line, w.name)
	return walk{stage: s, row: r, window: w, contract: c, unique: unique, example: s.fill(r.example, c, unique)}
}

// wish is the example over an ordinary request, whose values are others than
// those of the examples.
func (w walk) wish(example params, unique string) wish {
	p := params{
		"channelKey": text(devChannels[w.contract].key), "merchant_uid": text(unique), "name": text("원두"), "amount": json.RawMessage("84000"),
		"buyer_name": text("이구매"), "m_redirect_url": text("https://shop.example/cart"), "pay_method": text(w.window.method),
	}
	if w.window.name == billing {
		p["customer_uid"], p["customer_id"] = text("key-"+unique), text("member-"+unique)
	}
	return wish{contract: w.contract, params: example.over(p), phone: w.row.phone()}
}

// prove opens the window and holds what came of it against every item.
func (w walk) prove() error {
	example, err := parse(w.example)
	if err != nil {
		return err
	}
	o, err := w.open(w.wish(example, w.unique))
	if err != nil {
		return err
	}
	if o.refused != nil || w.row.what == "refused" {
		return w.proveRefusal(o)
	}
	errs := []error{w.proveNotes(o)}
	for _, item := range w.row.items {
		name, _, _ := strings.Cut(item, ":")
		if item == "phone" || name == "noted" {
			continue
		}
		if err := w.proveItem(o, w.fill(item, w.contract, w.unique)); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", item, err))
		}
	}
	if w.row.what == "noted" {
		errs = append(errs, w.proveLeftOut(o))
	}
	return errors.Join(errs...)
}

// ownWords is the one code of V1 itself among the rows, whose text V1 has fixed;
// all others name the parameter.
const ownWords = "F1001"

func (w walk) proveRefusal(o opened) error {
	if o.refused == nil {
		return fmt.Errorf("a window opened, and was sent %v", o.received.members)
	}
	want := w.row.told("refused:")
	if len(want) != 1 {
		return fmt.Errorf("refused: %s %s", o.refused.Code, o.refused.Text)
	}
	code, name, _ := strings.Cut(want[0], ":")
	says := strings.Contains(o.refused.Text, "("+name+": ")
	if code == ownWords {
		says = strings.HasPrefix(o.refused.Text, "등록되지 않은 PG모듈 정보입니다.")
	}
	if o.refused.Code != code || !says || string(o.refused.Payment) != "null" {
		return fmt.Errorf("refused: %s %s, payment %s; want %s, naming %s, and no payment", o.refused.Code, o.refused.Text, o.refused.Payment, code, name)
	}
	return nil
}

// proveNotes: what the row says is noted, by REST and on the console, and nothing
// else, but for what is noted of the example without the parameter too.
func (w walk) proveNotes(o opened) error {
	have, want := []string{}, w.row.told("noted:")
	for i, n := range o.notes {
		have = append(have, n.String())
		if i >= len(o.console) || !strings.HasPrefix(o.console[i], n.Parameter+": ") || !strings.Contains(o.console[i], "("+n.Kind) {
			return fmt.Errorf("noted %v, on the console %q", o.notes, o.console)
		}
	}
	for _, n := range want {
		if !slices.Contains(have, n) {
			return fmt.Errorf("noted %v, want %s", have, n)
		}
	}
	more := slices.DeleteFunc(have, func(n string) bool { return slices.Contains(want, n) })
	if len(more) == 0 {
		return nil
	}
	plain, err := w.withoutParameter()
	for _, n := range plain.notes {
		more = slices.DeleteFunc(more, func(m string) bool { return m == n.String() })
	}
	if err == nil && len(more) > 0 {
		err = fmt.Errorf("noted %v besides %v", more, want)
	}
	return err
}

// proveLeftOut: the provider received what it receives without the parameter.
func (w walk) proveLeftOut(o opened) error {
	plain, err := w.withoutParameter()
	if err != nil {
		return err
	}
	got, want := o.anyones(), plain.anyones()
	if got != want {
		return fmt.Errorf("not left out: the provider received %s, without it %s", got, want)
	}
	return nil
}

// anyones is what was received, without what differs from window to window.
func (o opened) anyones() string {
	out, err := json.Marshal(o.received.members)
	if err != nil {
		return err.Error()
	}
	customer, _ := lookup(o.received.members, "customerKey")
	if customer == "" {
		customer, _ = lookup(o.received.members, "userId")
	}
	s := strings.NewReplacer(o.payment, "(payment)", o.token, "(token)").Replace(string(out))
	if customer != "" {
		s = strings.ReplaceAll(s, `"`+customer+`"`, `"(customer)"`)
	}
	return o.received.mid + " " + s
}

// withoutParameter is the window that opens for the example without the
// parameter, or, where the rest of the example makes no sense by itself, for no
// example at all. It is opened once for all rows that ask for the same.
func (w walk) withoutParameter() (opened, error) {
	path := w.row.parameter
	if path == anyName {
		_, path, _ = strings.Cut(w.row.told("noted:")[0], ":")
	}
	rest, err := without(w.example, path)
	if err != nil {
		return opened{}, err
	}
	o, err := w.openOnce(rest)
	if err == nil && o.refused != nil {
		o, err = w.openOnce(params{})
	}
	if err == nil && o.refused != nil {
		err = fmt.Errorf("without the parameter no window opens: %s", o.refused.Text)
	}
	return o, err
}

// openOnce opens one window for all who want the same.
func (w walk) openOnce(example params) (opened, error) {
	key := fmt.Sprintf("%s %s %v %s", w.row.provider, w.window.name, w.row.phone(), example)
	once, _ := w.plain.LoadOrStore(key, sync.OnceValues(func() (opened, error) {
		return w.open(w.wish(example, fmt.Sprintf("p%d-%d-%s", w.row.line, len(example), w.window.name)))
	}))
	return once.(func() (opened, error))()
}

// anyName is the parameter of the rows about names that are no parameters.
const anyName = "(unknown)"
