package v1

import (
	"reflect"
	"strings"
	"testing"

	"naru/internal/pay"
)

// filled sets every value of a request, each to another one.
func filled(v reflect.Value, n *int64) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Struct:
		for f, value := range v.Fields() {
			if f.IsExported() || f.Anonymous {
				filled(value, n)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n)
		filled(v.Index(1), n)
	case reflect.String:
		*n++
		v.SetString(strings.Repeat("v", int(*n)))
	case reflect.Int, reflect.Int64:
		*n++
		v.SetInt(*n)
	case reflect.Bool:
		v.SetBool(true)
	}
}

// leaves are the values of a request with their names, those of a card apart.
func leaves(v reflect.Value, name string, ofCard bool, each func(v reflect.Value, name string, ofCard bool)) {
	switch v.Kind() {
	case reflect.Struct:
		for f, value := range v.Fields() {
			if f.IsExported() || f.Anonymous {
				leaves(value, name+"."+f.Name, ofCard || f.Type == reflect.TypeFor[cardIn](), each)
			}
		}
	case reflect.Slice:
		leaves(v.Index(1), name+"[1]", ofCard, each)
	default:
		each(v, name, ofCard)
	}
}

// TestEveryRequestCanBePrinted: of every write each value makes a difference, but
// those of a card, which make none and are not there.
func TestEveryRequestCanBePrinted(t *testing.T) {
	t.Parallel()
	writes, cards := 0, 0
	for _, rt := range (&api{}).routes() {
		if !rt.writes() {
			continue
		}
		writes++
		in := reflect.New(rt.in).Elem()
		empty := string(printed(in))
		if empty != "" {
			t.Errorf("%s: nothing prints as %q", rt.address(), empty)
		}
		var n int64
		filled(in, &n)
		whole := string(printed(in))
		leaves(in, "", false, func(v reflect.Value, name string, ofCard bool) {
			was := reflect.New(v.Type()).Elem()
			was.Set(v)
			v.SetZero()
			changed := string(printed(in)) != whole
			v.Set(was)
			if changed == ofCard {
				t.Errorf("%s: without %s it is another request: %v", rt.address(), name, changed)
			}
			if ofCard {
				cards++
				if v.Type() != reflect.TypeFor[pay.Secret]() || strings.Contains(whole, `"`+v.String()+`"`) {
					t.Errorf("%s: %s is printed", rt.address(), name)
				}
			}
		})
	}
	if writes != 18 || cards != 12 {
		t.Errorf("%d writes with %d values of cards: the look is broken, or docs/idempotency.md is", writes, cards)
	}
}

// TestPrintedTellsApart what is easily mixed up.
func TestPrintedTellsApart(t *testing.T) {
	t.Parallel()
	zero := int64(0)
	seen := map[string]string{}
	for name, in := range map[string]any{
		"one number": unscheduleIn{MerchantUIDs: []string{"a,b"}}, "two": unscheduleIn{MerchantUIDs: []string{"a", "b"}},
		"the other way round": unscheduleIn{MerchantUIDs: []string{"b", "a"}}, "an empty one": unscheduleIn{MerchantUIDs: []string{""}}, "none": unscheduleIn{},
		"a line break": unscheduleIn{CustomerUID: "a\n.merchant_uid=\"b\""}, "two values": unscheduleIn{CustomerUID: "a", MerchantUIDs: []string{"b"}},
		"a zero that was sent": moveIn{MerchantUID: "a", At: &zero}, "none sent": moveIn{MerchantUID: "a"},
	} {
		text := string(printed(reflect.ValueOf(in)))
		if other, ok := seen[text]; ok {
			t.Errorf("%s and %s are the same request: %q", name, other, text)
		}
		seen[text] = name
	}
}

// FuzzReadKey: what is taken for a key can be a header again, and nothing else is.
func FuzzReadKey(f *testing.F) {
	for _, seed := range []string{"", "k", "order-1", "a b", "키", "\x7f", "a\r\nb", strings.Repeat("k", 255), strings.Repeat("k", 256), "\"q\"", "~!"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		key, err := readKey([]string{value})
		visible := len(value) > 0 && len(value) <= 255
		for _, b := range []byte(value) {
			visible = visible && b > 0x20 && b < 0x7f
		}
		if (err == nil) != visible || err == nil && key != value {
			t.Fatalf("%q gives %q, %v", value, key, err)
		}
		if _, err := readKey([]string{value, value}); err == nil {
			t.Fatal("a header that came twice is one key")
		}
	})
}
