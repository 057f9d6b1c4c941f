package main

import (
	"encoding/json"
	"io"
	"time"

	"naru/internal/store"
)

// The JSON of these commands. Times are RFC 3339 in UTC, null before they come.
type (
	deliveryPage struct {
		Deliveries []deliveryJSON `json:"deliveries"`
		After      string         `json:"after,omitempty"` // for --after; none on the last page
	}
	deliveryJSON struct {
		ID      string     `json:"id"`
		Payment string     `json:"imp_uid"`
		Event   string     `json:"event"`
		URL     string     `json:"url"`
		Status  string     `json:"status"`
		Tries   int        `json:"tries"`
		Created time.Time  `json:"created"`
		NextAt  *time.Time `json:"next_at"`
		Ended   *time.Time `json:"ended"`
	}
	deliveryWhole struct {
		deliveryJSON
		Body    string    `json:"body"`
		History []tryJSON `json:"history"`
	}
	tryJSON struct {
		At     time.Time `json:"at"`
		Manual bool      `json:"manual"`
		Status int       `json:"http_status"` // 0: no answer
		TookMS int64     `json:"took_ms"`
		Error  string    `json:"error,omitempty"`
		Answer string    `json:"answer,omitempty"`
	}
)

func deliveryJSONOf(d store.Delivery) deliveryJSON {
	return deliveryJSON{d.ID, string(d.Payment), d.Event, d.URL, d.Status, d.Tries, d.Created, ifSet(d.NextAt), ifSet(d.Done)}
}

func deliveriesJSON(ds []store.Delivery) []deliveryJSON {
	out := make([]deliveryJSON, len(ds))
	for i, d := range ds {
		out[i] = deliveryJSONOf(d)
	}
	return out
}

func triesJSON(tries []store.DeliveryTry) []tryJSON {
	out := make([]tryJSON, len(tries))
	for i, y := range tries {
		out[i] = tryJSON{y.At, y.Manual, y.Status, y.Took.Milliseconds(), y.Error, y.Answer}
	}
	return out
}

func ifSet(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func printJSON(to io.Writer, v any) error {
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
