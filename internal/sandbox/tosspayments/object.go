package tosspayments

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// object is a JSON object that keeps its members in the order of the
// provider's documentation.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// without leaves out the named members.
func (o object) without(names ...string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return slices.Contains(names, m.name) })
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// encode is marshal for values that are made of strings, numbers and objects
// of ours only and therefore always marshal.
func encode(v any) []byte {
	b, err := marshal(v)
	if err != nil {
		panic("tosspayments sandbox: unencodable answer: " + err.Error())
	}
	return b
}

// orNull is nil, which is written as null, for the empty string.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// seoul is where the provider's times are.
var seoul = time.FixedZone("KST", 9*60*60)

// stamp writes a time the way Payment does, null for no time.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.In(seoul).Format("2006-01-02T15:04:05-07:00")
}
