package tosspay

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"naru/internal/sandbox/control"
)

// operation is one path of the API.
type operation struct {
	spec spec
	run  func(*Simulator, *apiCall) (any, *failure)
}

// apiCall is a request whose key and fields were found good. Run holds the lock.
type apiCall struct {
	shop *Shop
	raw  []byte // the whole body
	body object
	v    values
	now  time.Time

	query url.Values
}

// operations are the paths of the API, as the merchant calls them.
var operations = map[string]operation{
	"/api/v2/payments":           {createSpec, (*Simulator).create},
	"/api/v2/execute":            {executeSpec, (*Simulator).execute},
	"/api/v2/refunds":            {refundSpec, (*Simulator).refund},
	"/api/v2/status":             {statusSpec, (*Simulator).status},
	"/api/v1/billing-key":        {keySpec, (*Simulator).createKey},
	"/api/v1/billing-key/status": {keyStatusSpec, (*Simulator).keyStatus},
	"/api/v1/billing-key/remove": {removeKeySpec, (*Simulator).removeKey},
	"/api/v1/billing-key/bill":   {billSpec, (*Simulator).bill},

	"/pay/api/v2/settlement-details": {settlementSpec, (*Simulator).settlements},
}

// serve answers one operation: JSON, key, fields, then what the operation
// itself checks. The callbacks it causes leave after the answer, unless a fault
// rule says early.
func (s *Simulator) serve(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, f := readBody(w, r)
		if f != nil {
			s.writeJSON(w, f.status(), f.envelope())
			return
		}
		answer, sent, f := s.answer(op, body, r.URL.Query())
		early, late := splitEarly(sent)
		s.awaitFirstTry(r.Context(), early)
		if f != nil {
			s.writeJSON(w, f.status(), f.envelope())
		} else {
			s.writeJSON(w, http.StatusOK, answer)
		}
		if len(late) > 0 {
			_ = http.NewResponseController(w).Flush() // not every writer can; the callback then merely races the answer
			s.wakeUp()
		}
	}
}

// answer runs op and returns the callbacks that it caused.
func (s *Simulator) answer(op operation, body []byte, query url.Values) (any, []*callback, *failure) {
	o, err := parseObject(body)
	if err != nil {
		return nil, nil, &failure{"COMMON_INVALID_PARAMETER", err.Error(), http.StatusBadRequest}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := len(s.callbacks)
	shop, f := s.shopOf(o)
	if f != nil {
		return nil, nil, f
	}
	v, f := op.spec.read(o, s.opts.Strict)
	if f != nil {
		return nil, nil, f
	}
	answer, f := op.run(s, &apiCall{shop, body, o, v, s.clock(), query})
	return answer, s.callbacks[known:], f
}

// readBody takes a JSON body. What is not one is refused with HTTP 400, unlike
// the failures of the API itself.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *failure) {
	bad := func(msg string) *failure {
		return &failure{"COMMON_INVALID_PARAMETER", msg, http.StatusBadRequest}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, bad("Content-Type 은 application/json 이어야 합니다. (받은 값: " + short(r.Header.Get("Content-Type")) + ")")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, bad("요청 본문을 읽을 수 없거나 64KB 를 넘습니다.")
	}
	return body, nil
}

// shopOf finds the merchant of a request. The caller holds the lock.
func (s *Simulator) shopOf(o object) (*Shop, *failure) {
	if !o.given("apiKey") {
		return nil, invalid("apiKey", "필수값입니다.")
	}
	var key string
	if json.Unmarshal(o["apiKey"], &key) != nil {
		return nil, invalid("apiKey", "문자열이어야 합니다.")
	}
	shop := s.shops[key]
	if shop == nil {
		return nil, refuse("COMMON_INVALID_API_KEY")
	}
	return shop, nil
}

// own is the payment of a token that was created with the same key.
func (s *Simulator) own(c *apiCall) (*payment, *failure) {
	p := s.find(c.v.texts["payToken"], c.now)
	if p == nil || p.shop != c.shop {
		return nil, refuse("TRANSACTION_NOT_FOUND")
	}
	return p, nil
}

// marshal writes JSON the way the provider does, with & < > as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (s *Simulator) writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := marshal(v)
	if err != nil {
		s.opts.Log.Error("tosspay sandbox: encoding an answer", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone; nobody is left to tell
}

var (
	maskKeys = control.MaskFields("apiKey", "billingKey")
	keyLike  = regexp.MustCompile(`sk_(test|live|sandbox)_[0-9A-Za-z]+`)
	idLike   = regexp.MustCompile(`[0-9A-Za-z]{22,}`)
)

// scrub blots API keys and billing keys out of a recorded body, well-formed or
// not: by the names of their fields, and wherever a known one stands, such as
// in a link.
func (s *Simulator) scrub(_ string, body []byte) []byte {
	body = keyLike.ReplaceAll(maskKeys(body), []byte("sk_${1}_***"))
	s.mu.Lock()
	defer s.mu.Unlock()
	return idLike.ReplaceAllFunc(body, func(word []byte) []byte {
		for i := 0; i+idLength <= len(word); i++ {
			if s.keys[string(word[i:i+idLength])] != nil {
				word = slices.Concat(word[:i], []byte("***"), word[i+idLength:])
			}
		}
		return word
	})
}
