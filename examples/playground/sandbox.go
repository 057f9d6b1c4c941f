package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// controlPort is the back door of the sandbox: the buyer's deposits and choices,
// and the clock. Browsers may not use it from another origin, so this does.
type controlPort struct {
	base string
	http *http.Client
}

func (c *controlPort) call(ctx context.Context, method, path string, body json.RawMessage) (exchange, error) {
	return roundTrip(ctx, c.http, method, c.base, path, http.Header{}, body)
}

var errNoSandbox = errors.New("there is no sandbox beside this playground")

// deposit is the buyer paying into the virtual account of the run. The account
// is named by the order id at the provider, which is the imp_uid.
func (p *playground) deposit(t turn) {
	if p.control == nil {
		fail(t.w, http.StatusNotFound, errNoSandbox)
		return
	}
	body := t.body
	if len(body) == 0 {
		body = json.RawMessage("{}")
	}
	e, err := p.control.call(context.WithoutCancel(t.r.Context()), http.MethodPost, "/tosspayments/payments/"+url.PathEscape(t.run.ImpUID)+"/deposit", body)
	if err == nil {
		err = p.keep(t.id, t.run.N, exchange{Method: e.Method, Path: "/control" + e.Path, Body: e.Body, Status: e.Status, Answer: e.Answer})
	}
	if err != nil {
		p.lost(t, err)
		return
	}
	writeJSON(t.w, http.StatusOK, e)
}

// clock shows or moves the sandbox's clock.
func (p *playground) clock(w http.ResponseWriter, r *http.Request) {
	p.knob(w, r, "/clock")
}

// nextBuyer shows, sets or clears what the next buyer in a provider's window
// does by itself.
func (p *playground) nextBuyer(w http.ResponseWriter, r *http.Request) {
	names := map[string]string{"tosspayments": "tosspayments", "tosspay_v2": "tosspay"}
	name, ok := names[r.PathValue("provider")]
	if !ok {
		fail(w, http.StatusNotFound, fmt.Errorf("provider %.40q: want tosspayments or tosspay_v2", r.PathValue("provider")))
		return
	}
	p.knob(w, r, "/"+name+"/next-buyer")
}

// knob passes a request on to the control port, and its answer back.
func (p *playground) knob(w http.ResponseWriter, r *http.Request, path string) {
	if p.control == nil {
		fail(w, http.StatusNotFound, errNoSandbox)
		return
	}
	var body json.RawMessage
	raw, err := io.ReadAll(r.Body)
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("body: want JSON: %w", err))
		return
	}
	e, err := p.control.call(r.Context(), r.Method, path, body)
	if err != nil {
		fail(w, http.StatusBadGateway, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(e.Status)
	if e.Status != http.StatusNoContent {
		_, _ = w.Write(e.Answer) // the other side hung up: nothing to be done
	}
}
