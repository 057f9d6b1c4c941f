package parameters_test

import (
	"fmt"
	"strings"
)

// proveItem proves one item of a row by what was received, by the payment, or by
// what the gateway does.
func (w walk) proveItem(o opened, item string) error {
	if name, ok := strings.CutPrefix(item, "!"); ok {
		if got, there := lookup(o.received.members, name); there {
			return fmt.Errorf("received %s", got)
		}
		return nil
	}
	name, want, ok := strings.Cut(item, "=")
	if !ok {
		return fmt.Errorf("nobody knows how to prove %q", item)
	}
	got, err := w.value(o, name, want)
	if err == nil && got != want {
		err = fmt.Errorf("got %q, want %q", got, want)
	}
	return err
}

// value is what the item of that name came to. Where something is only waited
// for, it is want once it came.
func (w walk) value(o opened, name, want string) (string, error) {
	switch name {
	case "channel":
		return w.channel(o)
	case "redirect":
		to, err := w.leave(o)
		at, query, _ := strings.Cut(to, "?")
		if err == nil && !strings.Contains(query, "imp_uid="+o.payment) {
			err = fmt.Errorf("back to %s, which does not name %s", to, o.payment)
		}
		return at, err
	case "webhook", "confirm":
		err := w.approve(o, w.row.provider, w.window)
		if err == nil {
			err = w.shop.expect(want, o.payment)
		}
		return want, err
	case "page":
		if o.language != "" {
			return o.language, nil
		}
		return w.again(o)
	case "choose":
		return strings.Join(o.companies, ","), nil
	}
	if field, ok := strings.CutPrefix(name, "payment."); ok {
		p, err := w.inV1(o)
		got, there := lookup(p, field)
		if err == nil && !there {
			err = fmt.Errorf("the payment has no %s", field)
		}
		return got, err
	}
	got, there := lookup(o.received.members, name)
	if !there {
		return "", fmt.Errorf("not received, but %v", o.received.members)
	}
	return got, nil
}

// channel is "given" if the payment goes through the channel that the example
// names, and the provider's window was opened with its key.
func (w walk) channel(o opened) (string, error) {
	p, err := w.inV1(o)
	if err != nil {
		return "", err
	}
	want := w.first[w.contract].mid
	if w.row.parameter == "pg" {
		want = w.second[w.contract].mid
	}
	got, _ := lookup(p, "pg_id")
	if got != want || o.received.mid != devChannels[w.contract].mid {
		return fmt.Sprintf("%s, key of %s", got, o.received.mid), nil
	}
	return "given", nil
}
