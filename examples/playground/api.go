package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// writeJSON answers with v, as it is.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the other side hung up: nothing to be done
}

func fail(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]any{"message": err.Error()})
}

// listRuns is what a tab has seen. ?seen= is the last seq it got: 204 says that
// nothing changed since.
func (p *playground) listRuns(w http.ResponseWriter, r *http.Request) {
	seen, err := strconv.Atoi(r.FormValue("seen"))
	if err != nil {
		seen = -1
	}
	out, ok, err := p.book.list(r.PathValue("id"), seen)
	switch {
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	case !ok:
		fail(w, http.StatusNotFound, errors.New("id: want the 22 characters that a page was given"))
	case out == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(out)
	}
}

// beginRun registers a call that the page is making just now.
func (p *playground) beginRun(w http.ResponseWriter, r *http.Request) {
	var want struct {
		MerchantUID string          `json:"merchant_uid"`
		CustomerUID string          `json:"customer_uid"`
		About       json.RawMessage `json:"about"`
	}
	if err := json.NewDecoder(r.Body).Decode(&want); err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("body: want JSON with merchant_uid: %w", err))
		return
	}
	n, ok := p.book.begin(r.PathValue("id"), run{Kind: "window", MerchantUID: want.MerchantUID, CustomerUID: want.CustomerUID, About: want.About})
	if !ok {
		fail(w, http.StatusNotFound, errors.New("id: want the 22 characters that a page was given"))
		return
	}
	writeJSON(w, http.StatusCreated, map[string]any{"n": n})
}

// turn is a request about a run.
type turn struct {
	w    http.ResponseWriter
	r    *http.Request
	id   string // of the session
	run  run    // without its events
	body json.RawMessage
}

// with finds the run the path names and reads the body, which is a JSON object
// or nothing.
func (p *playground) with(do func(turn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("n"))
		found, err := p.book.look(r.PathValue("id"), n)
		if err != nil {
			fail(w, http.StatusNotFound, err)
			return
		}
		body, err := io.ReadAll(r.Body)
		if body = bytes.TrimSpace(body); err == nil && len(body) > 0 {
			var object map[string]json.RawMessage
			err = json.Unmarshal(body, &object)
		}
		if err != nil {
			fail(w, http.StatusBadRequest, fmt.Errorf("body: want a JSON object: %w", err))
			return
		}
		do(turn{w: w, r: r, id: r.PathValue("id"), run: found, body: body})
	}
}

// callback keeps what the page's callback was given.
func (p *playground) callback(t turn) {
	var rsp struct {
		ImpUID *string `json:"imp_uid"`
	}
	if err := json.Unmarshal(t.body, &rsp); err != nil {
		fail(t.w, http.StatusBadRequest, fmt.Errorf("body: want what the callback was given: %w", err))
		return
	}
	impUID := ""
	if rsp.ImpUID != nil {
		impUID = *rsp.ImpUID
	}
	if err := p.book.note(t.id, t.run.N, impUID, event{Kind: "callback", Data: t.body}); err != nil {
		fail(t.w, http.StatusNotFound, err)
		return
	}
	t.w.WriteHeader(http.StatusNoContent)
}

// payment looks the payment up: by imp_uid, or while that is not known by the
// order number.
func (p *playground) payment(t turn) {
	path := "/payments/" + url.PathEscape(t.run.ImpUID)
	if t.run.ImpUID == "" {
		path = "/payments/find/" + url.PathEscape(t.run.MerchantUID)
	}
	p.relay(t, http.MethodGet, path, nil)
}

// window asks what became of the parameters: an addition of Naru's, so a 404
// from other gateways is an ordinary answer.
func (p *playground) window(t turn) {
	p.relay(t, http.MethodGet, "/x/payments/"+url.PathEscape(t.run.ImpUID)+"/window", nil)
}

// key looks at the billing key of the run.
func (p *playground) key(t turn) {
	p.relay(t, http.MethodGet, "/subscribe/customers/"+url.PathEscape(t.run.CustomerUID), nil)
}

// relay asks the gateway and shows the page what it said.
func (p *playground) relay(t turn, method, path string, body json.RawMessage) {
	e, err := p.api.call(t.r.Context(), method, path, body)
	if err != nil {
		p.lost(t, err)
		return
	}
	writeJSON(t.w, http.StatusOK, e)
}

func (p *playground) lost(t turn, err error) {
	p.opt.Log.Warn("no answer", "merchant_uid", t.run.MerchantUID, "err", err)
	fail(t.w, http.StatusBadGateway, fmt.Errorf("no answer, so the outcome is not known: %w", err))
}

// act makes a call that changes something. It is not cut off when the tab is
// closed, and is kept among the run's events.
func (p *playground) act(t turn, method, path string, body json.RawMessage) (exchange, error) {
	e, err := p.api.call(context.WithoutCancel(t.r.Context()), method, path, body)
	if err != nil {
		return e, err
	}
	return e, p.keep(t.id, t.run.N, e)
}

func (p *playground) keep(id string, n int, e exchange) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return p.book.note(id, n, e.response("imp_uid"), event{Kind: "call", Status: e.Status, Data: data})
}

// cancel gives money back: the body is that of POST /payments/cancel, without
// imp_uid.
func (p *playground) cancel(t turn) {
	body, err := set(t.body, "imp_uid", t.run.ImpUID)
	if err == nil {
		p.answer(t, http.MethodPost, "/payments/cancel", body)
		return
	}
	fail(t.w, http.StatusBadRequest, err)
}

// deleteKey ends the billing key of the run.
func (p *playground) deleteKey(t turn) {
	p.answer(t, http.MethodDelete, "/subscribe/customers/"+url.PathEscape(t.run.CustomerUID), nil)
}

func (p *playground) answer(t turn, method, path string, body json.RawMessage) {
	e, err := p.act(t, method, path, body)
	if err != nil {
		p.lost(t, err)
		return
	}
	writeJSON(t.w, http.StatusOK, e)
}

// again charges the billing key of the run; the charge is a run of its own. The
// body is that of POST /subscribe/payments/again, without customer_uid.
func (p *playground) again(t turn) {
	var want struct {
		MerchantUID string `json:"merchant_uid"`
	}
	body, err := set(t.body, "customer_uid", t.run.CustomerUID)
	if err == nil {
		err = json.Unmarshal(body, &want)
	}
	if err != nil || want.MerchantUID == "" || t.run.CustomerUID == "" {
		fail(t.w, http.StatusBadRequest, errors.New("want a run with a customer_uid, and a merchant_uid in the body"))
		return
	}
	n, _ := p.book.begin(t.id, run{Kind: "again", MerchantUID: want.MerchantUID, CustomerUID: t.run.CustomerUID, About: t.run.About})
	t.run.N = n
	e, err := p.act(t, http.MethodPost, "/subscribe/payments/again", body)
	if err != nil {
		p.lost(t, err)
		return
	}
	writeJSON(t.w, http.StatusOK, map[string]any{"n": n, "exchange": e})
}

// set gives a JSON object one more member.
func set(body json.RawMessage, name, value string) (json.RawMessage, error) {
	object := map[string]any{}
	if len(body) > 0 {
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber() // amounts stay as they were written
		if err := d.Decode(&object); err != nil {
			return nil, err
		}
	}
	if value == "" {
		return nil, fmt.Errorf("%s of this run is not known", name)
	}
	object[name] = value
	return json.Marshal(object)
}
