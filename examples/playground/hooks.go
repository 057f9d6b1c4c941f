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
	kind, raw, fields, err := readHook(r)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"message": err.Error()})
		return
	}
	status := http.StatusOK
	if r.URL.Query().Get("answer") == "500" {
		status = http.StatusInternalServerError
	}
	data, err := json.Marshal(map[string]any{"content_type": kind, "body": raw, "fields": fields})
	if err == nil && !p.book.hear(r.PathValue("id"), fields["imp_uid"], fields["merchant_uid"], event{Kind: "webhook", Status: status, Data: data}) {
		writeJSON(w, http.StatusNotFound, map[string]any{"message": "the tab this webhook is for is gone"})
		return
	}
	writeJSON(w, status, map[string]any{"message": "seen"})
}

// readHook takes the body apart, in either of V1's two content types.
func readHook(r *http.Request) (kind, raw string, fields map[string]string, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", "", nil, err
	}
	kind, _, _ = mime.ParseMediaType(r.Header.Get("Content-Type"))
	fields = map[string]string{}
	switch kind {
	case "application/json":
		var all map[string]any
		if err = json.Unmarshal(body, &all); err != nil {
			return kind, "", nil, fmt.Errorf("body: want a JSON object: %w", err)
		}
		for name, v := range all {
			fields[name] = fmt.Sprint(v)
		}
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return kind, "", nil, fmt.Errorf("body: want a form: %w", err)
		}
		for name := range form {
			fields[name] = form.Get(name)
		}
	default:
		return kind, "", nil, fmt.Errorf("Content-Type %.60q: want application/json or application/x-www-form-urlencoded", kind)
	}
	return kind, string(body), fields, nil
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
