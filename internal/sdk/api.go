package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/go-chi/chi/v5"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/v1wire"
)

// maxBody bounds a request: parameters with room for custom_data and the lines of
// an escrow order.
const maxBody = 256 << 10

// windows tells the script which channels need a popup, so that it can open
// one inside the buyer's click.
func (h *Handler) windows(w http.ResponseWriter, r *http.Request) {
	styles, err := h.gateway.Windows(r.Context(), r.URL.Query().Get("user_code"), r.URL.Query().Get("tier_code"))
	if err != nil {
		h.fail(w, r, err, "", "")
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=60")
	h.answer(w, r, http.StatusOK, map[string]any{
		"channels": styles.Channels, "providers": styles.Providers, "default": styles.Default, "billing_default": styles.Billing,
	})
}

// request is the body of POST /sdk/checkouts. It is JSON whatever its content
// type says: the script sends text/plain, which browsers send without asking
// first. Page is where the buyer is, for the log.
type request struct {
	UserCode string          `json:"user_code"`
	TierCode string          `json:"tier_code"`
	Params   json.RawMessage `json:"params"`
	Mobile   bool            `json:"mobile"`
	Page     string          `json:"page"`
}

// open registers a checkout, or answers with the callback of a refusal.
func (h *Handler) open(w http.ResponseWriter, r *http.Request) {
	var q request
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(body, &q)
	}
	if err != nil {
		h.fail(w, r, &gateway.Refusal{Code: gateway.RefusedParameter, Field: "params", Detail: "allowed: JSON of at most 256 KiB: " + err.Error()}, "", "")
		return
	}
	provider, uid := claimed(q.Params)
	want, err := h.read(q, r)
	if err != nil {
		h.fail(w, r, err, provider, uid)
		return
	}
	opened, err := h.gateway.OpenCheckout(r.Context(), want)
	if err != nil {
		h.fail(w, r, err, provider, want.MerchantUID)
		return
	}
	for _, n := range opened.Notes {
		h.noted(string(n.Kind))
	}
	h.log.InfoContext(r.Context(), "checkout opened", "payment", opened.Payment.ID, "style", opened.Style, "page", short(withoutQuery(q.Page)))
	h.answer(w, r, http.StatusOK, map[string]any{
		"token": opened.Token, "style": opened.Style, "url": h.public + "/checkout/" + opened.Token, "imp_uid": opened.Payment.ID,
		"merchant_uid": opened.Payment.MerchantUID, "provider": opened.Payment.Provider, "notes": hints(opened.Notes),
	})
}

var tierCode = regexp.MustCompile(`^[A-Z0-9]{3}$`)

// read makes a window request of what the page sent and what its browser told.
func (h *Handler) read(q request, r *http.Request) (gateway.WindowRequest, error) {
	if q.TierCode != "" && !tierCode.MatchString(q.TierCode) {
		return gateway.WindowRequest{}, &gateway.Refusal{Code: gateway.RefusedParameter, Field: "tier_code", Detail: fmt.Sprintf("received %q; allowed: 3 characters A-Z and 0-9, as IMP.agency is given them", short(q.TierCode))}
	}
	want, err := decodeParams(q.Params, h.now())
	if err != nil {
		return want, err
	}
	want.UserCode, want.Tier, want.Mobile, want.UserAgent = q.UserCode, q.TierCode, q.Mobile, r.UserAgent()
	if o := r.Header.Get("Origin"); o != "null" {
		want.Origin = o
	}
	return want, nil
}

// claimed is what can be said of refused parameters: which provider pg names,
// if it does, and the order number.
func claimed(params json.RawMessage) (pay.Provider, pay.MerchantUID) {
	fields, _ := fieldsOf(params)
	f := newForm("", fields, nil)
	uid, _ := f.str("merchant_uid")
	pg, _ := f.str("pg")
	name, _, _ := strings.Cut(strings.TrimSpace(pg), ".")
	if _, key := f.raw("channelKey"); key || name != string(pay.TossPayments) && name != string(pay.TossPay) {
		name = ""
	}
	return pay.Provider(name), pay.MerchantUID(uid)
}

// show tells how a checkout stands: progress, and once it is done the callback
// and the address to move to.
func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	res, err := h.gateway.CheckoutResult(r.Context(), chi.URLParam(r, "token"))
	h.result(w, r, res, err)
}

// close ends a checkout: the buyer pressed close, or the popup is gone without a word.
func (h *Handler) close(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Gone bool `json:"gone"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &q)
	}
	if err != nil {
		h.answer(w, r, http.StatusBadRequest, map[string]any{"error": "body: allowed: {\"gone\": true or false}: " + err.Error()})
		return
	}
	res, err := h.gateway.CloseCheckout(r.Context(), chi.URLParam(r, "token"), q.Gone)
	h.result(w, r, res, err)
}

func (h *Handler) result(w http.ResponseWriter, r *http.Request, res gateway.Result, err error) {
	if err != nil {
		h.fail(w, r, err, "", "")
		return
	}
	out := map[string]any{"progress": res.Progress, "callback": nil, "redirect": nil}
	if res.Progress == gateway.ProgressDone {
		opt := v1wire.CallbackOptions{Success: res.Merchant.Settings.CallbackSuccess, Names: h.names}
		out["callback"] = v1wire.Callback(res.Payment, res.Code, res.Message, opt)
		if to, err := v1wire.RedirectTo(res.RedirectURL, v1wire.RedirectQuery(res.Payment, res.Code, res.Message, opt)); err == nil {
			out["redirect"] = to
		}
	}
	h.answer(w, r, http.StatusOK, out)
}

// fail answers an error as the callback the page is to be given. Refusals are
// an ordinary answer; anything the table does not know is "internal".
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error, provider pay.Provider, uid pay.MerchantUID) {
	status, code, text := http.StatusInternalServerError, v1wire.CodeInternal, v1wire.TextInternal
	opt := v1wire.CallbackOptions{}
	if no, ok := errors.AsType[*gateway.Refusal](err); ok {
		status, opt.Success = http.StatusOK, no.CallbackSuccess
		code, text = v1wire.RefusalText(string(no.Code), no.Field, no.Detail)
		h.log.InfoContext(r.Context(), "window refused", "code", no.Code, "field", no.Field, "detail", no.Detail, "merchant_uid", short(string(uid)))
	} else if errors.Is(err, gateway.ErrCheckoutUnknown) || errors.Is(err, gateway.ErrCheckoutExpired) {
		status, code, text = http.StatusNotFound, v1wire.CodeReopened, v1wire.TextReopened
	} else {
		h.log.ErrorContext(r.Context(), "sdk call failed", "route", chi.RouteContext(r.Context()).RoutePattern(), "err", err)
	}
	h.answer(w, r, status, map[string]any{"refused": v1wire.Failure(provider, uid, code, text, opt)})
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, status int, v any) {
	head := w.Header()
	head.Set("Content-Type", "application/json; charset=utf-8")
	head.Set("X-Content-Type-Options", "nosniff")
	if head.Get("Cache-Control") == "" {
		head.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		h.log.DebugContext(r.Context(), "answer not sent whole", "err", err)
	}
}

// short cuts what strangers may make long, for the log.
func short(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// withoutQuery keeps what a page's query may hold out of the log.
func withoutQuery(page string) string {
	u, err := url.Parse(page)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.Path
}
