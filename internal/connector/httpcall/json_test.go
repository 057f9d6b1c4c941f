package httpcall_test

import (
	"encoding/json"
	"testing"
	"time"

	"naru/internal/connector/httpcall"
)

func TestWon(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]httpcall.Won{
		"58000": 58000, "58000.0": 58000, `"150000"`: 150000, `" 7 "`: 7, "-20000": -20000, "null": 0, "0": 0,
		"1000000000000000": 1000000000000000,
	} {
		var got httpcall.Won
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"1.5", `"1,000"`, `"1/2"`, `"0x10"`, "1e3", "1000000000000001", "-9223372036854775808", `""`, "true", `"천원"`, "{}", "1e999999999"} {
		var got httpcall.Won
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("%s was read as %d", in, got)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]httpcall.Text{`3`: "3", `"3"`: "3", `"비씨"`: "비씨", "null": "", `""`: ""} {
		var got httpcall.Text
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"true", "{}", "[1]", "1e3"} {
		var got httpcall.Text
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("%s was read as %q", in, got)
		}
	}
}

func TestMaybeNeverFails(t *testing.T) {
	t.Parallel()
	type card struct {
		Number string `json:"number"`
	}
	for in, want := range map[string]string{
		`{"card":{"number":"1***"},"amount":1}`: "1***", `{"card":null,"amount":1}`: "", `{"amount":1}`: "",
		`{"card":"X","amount":1}`: "", `{"card":{"number":5},"amount":1}`: "", `{"card":[],"amount":1}`: "",
	} {
		var got struct {
			Card   httpcall.Maybe[card] `json:"card"`
			Amount int                  `json:"amount"`
		}
		if err := json.Unmarshal([]byte(in), &got); err != nil || got.Amount != 1 {
			t.Errorf("%s: %v: %+v", in, err, got)
		}
		if number := got.Card.V; (number == nil) != (want == "") || number != nil && number.Number != want {
			t.Errorf("%s: %+v, want %q", in, number, want)
		}
	}
}

func FuzzWon(f *testing.F) {
	for _, s := range []string{"58000", `"58000.0"`, "-1", "1e9", "null", `"\u0031"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second httpcall.Won
		if json.Unmarshal(data, &first) != nil {
			return
		}
		again, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &second); err != nil || first != second {
			t.Errorf("%q read as %d, written as %s, read as %d (%v)", data, first, again, second, err)
		}
	})
}

func TestTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2023, 3, 10, 1, 16, 3, 0, time.UTC)
	for _, in := range []string{
		"2023-03-10T10:16:03+09:00", "2023-03-10T01:16:03Z", "2023-03-10T10:16:03", "2023-03-10 10:16:03",
		"2023-03-10T10:16:03.000+09:00", "2023-03-10T10:16:03.000000", " 2023-03-10 10:16:03 ",
	} {
		if got, ok := httpcall.Time(in); !ok || !got.Equal(want) {
			t.Errorf("%q: %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "2023-03-10", "10:16", "yesterday"} {
		if got, ok := httpcall.Time(in); ok {
			t.Errorf("%q was read as %v", in, got)
		}
	}
}
