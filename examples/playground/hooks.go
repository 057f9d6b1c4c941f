package playground

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"
)

// webhook hears that something happened to a payment, and shows it as it came.
// ?answer=500 has it refused, so that the gateway's retries can be watched.
func (p *playground) webhook(w http.ResponseWriter, r *http.Request) {
	h, err := readHook(r)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"message": err.Error()})
		return
	}
	status := http.StatusOK
	if r.URL.Query().Get("answer") == "500" {
		status = http.StatusInternalServerError
	}
	data, err := json.Marshal(h)
	if err == nil && !p.book.hear(r.PathValue("id"), h.text("imp_uid"), h.text("merchant_uid"), event{Kind: "webhook", Status: status, Data: data}) {
		writeJSON(w, http.StatusNotFound, map[string]any{"message": "the tab this webhook is for is gone"})
		return
	}
	writeJSON(w, status, map[string]any{"message": "seen"})
}

// hook is a webhook as it came.
type hook struct {
	Kind string         `json:"content_type"`
	Body map[string]any `json:"body"`
}

func (h hook) text(name string) string {
	s, _ := h.Body[name].(string)
	return s
}

// readHook takes the body apart, in either of V1's two content types.
func readHook(r *http.Request) (h hook, err error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return h, err
	}
	h.Body = map[string]any{}
	h.Kind, _, _ = mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch h.Kind {
	case "application/json":
		if err = json.Unmarshal(raw, &h.Body); err != nil {
			return h, fmt.Errorf("body: want a JSON object: %w", err)
		}
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return h, fmt.Errorf("body: want a form: %w", err)
		}
		for name := range form {
			h.Body[name] = form.Get(name)
		}
	default:
		return h, fmt.Errorf("Content-Type %.60q: want application/json or application/x-www-form-urlencoded", h.Kind)
	}
	return h, nil
}

// silence is longer than a gateway waits for the confirm process.
const silence = 15 * time.Second

// confirm is asked before approval. What it answers is in its address, which the
// page puts into confirm_url: nothing approves, ?answer=refuse&reason=… refuses,
// ?answer=silent lets the gateway wait until it gives up.
func (p *playground) confirm(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		ImpUID      string `json:"imp_uid"`
		MerchantUID string `json:"merchant_uid"`
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &ask)
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"reason": "body: want JSON with imp_uid, merchant_uid and amount"})
		return
	}
	status, reason, answer := http.StatusOK, "", r.URL.Query().Get("answer")
	switch answer {
	case "refuse":
		status, reason = http.StatusConflict, r.URL.Query().Get("reason")
	case "silent":
		status = 0
	}
	data, err := json.Marshal(map[string]any{"body": json.RawMessage(body), "reason": reason, "answer": answer})
	if err == nil && !p.book.hear(r.PathValue("id"), ask.ImpUID, ask.MerchantUID, event{Kind: "confirm", Status: status, Data: data}) {
		writeJSON(w, http.StatusNotFound, map[string]any{"reason": "결제를 시작한 화면이 없습니다."})
		return
	}
	if answer == "silent" {
		select {
		case <-r.Context().Done(): // the gateway gave up
			return
		case <-time.After(silence):
			status = http.StatusGatewayTimeout
		}
	}
	out := map[string]any{}
	if reason != "" {
		out["reason"] = reason
	}
	writeJSON(w, status, out)
}

// comeBack is where phones return to by m_redirect_url. The query is kept, and
// the browser goes on to the page.
func (p *playground) comeBack(w http.ResponseWriter, r *http.Request) {
	id, query := r.PathValue("id"), r.URL.Query()
	lang := language(query.Get("lang"))
	query.Del("lang") // ours
	fields := map[string]string{}
	for name := range query {
		fields[name] = query.Get(name)
	}
	data, err := json.Marshal(fields)
	if err != nil || !p.book.returned(id, fields["imp_uid"], fields["merchant_uid"], event{Kind: "return", Data: data}) {
		writeJSON(w, http.StatusNotFound, map[string]any{"message": "no such tab"})
		return
	}
	// The fragment tells the page whose results to show, and is not sent anywhere.
	http.Redirect(w, r, p.opt.Self+langQuery(lang)+"#tab="+id, http.StatusSeeOther)
}

// returned is hear for a browser that came back, for which a session is made if
// there is none: the playground may have been started anew meanwhile.
func (b *book) returned(id, impUID, merchantUID string, e event) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.open(id)
	if s == nil {
		return false
	}
	s.hear(impUID, merchantUID, e, b.now())
	return true
}
