package tosspay

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/web"
)

//go:embed pages shared static
var files embed.FS

// loadPages parses the templates and stamps the assets.
func (s *Simulator) loadPages() error {
	static, err := fs.Sub(files, "static")
	if err != nil {
		return err
	}
	s.assets, err = web.NewAssets(s.path("/payfront/static/"), static)
	if err != nil {
		return err
	}
	s.kit, err = web.NewKit(files, s.assets, map[string]any{"won": groupDigits})
	return err
}

// path is p as the browser sees it, with the mount prefix.
func (s *Simulator) path(p string) string {
	u, err := url.Parse(s.opts.BaseURL)
	if err != nil {
		return p // cannot happen: fill has parsed it
	}
	return u.EscapedPath() + p
}

// groupDigits writes 60000 as 60,000.
func groupDigits(n int64) string {
	if n < 0 {
		return "-" + groupDigits(-n)
	}
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// language is that of ?lang=, else the one the browser prefers, else Korean.
func language(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); l != "" {
		return web.Language(l)
	}
	best, weight := "ko", 0.0
	for entry := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(entry), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			q, _ = strconv.ParseFloat(v, 64) // nonsense counts as 0
		}
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if (base == "ko" || base == "en") && q > weight {
			best, weight = base, q
		}
	}
	return best
}

// render writes a page that nobody may frame.
func (s *Simulator) render(w http.ResponseWriter, p web.Page) {
	w.Header().Set("X-Frame-Options", "DENY")
	if err := s.kit.Render(w, p); err != nil {
		s.opts.Log.Error("tosspay sandbox: page", "error", err)
	}
}

// notice is a page with a few words and nothing to do.
type notice struct{ Heading, Text string }

func (s *Simulator) renderNotice(w http.ResponseWriter, status int, lang string, n notice) {
	s.render(w, web.Page{Name: "notice", Status: status, Lang: lang, Title: n.Heading, Data: n})
}

func (s *Simulator) renderNotFound(w http.ResponseWriter, lang string) {
	s.renderNotice(w, http.StatusNotFound, lang, notice{
		web.Pick(lang, "결제 정보를 찾을 수 없어요", "Payment not found"),
		web.Pick(lang, "주소가 올바른지 확인해 주세요. 샌드박스를 다시 시작하면 이전 결제는 사라집니다.",
			"Please check the address. A restart of the sandbox forgets its payments."),
	})
}

// pageState is what the waiting page polls.
type pageState struct {
	Status  string    `json:"status"`
	Phase   string    `json:"phase"`             // open, working, done, cancelled, expired, failed
	Left    int64     `json:"left,omitempty"`    // seconds until it expires, while it is open
	InApp   bool      `json:"inApp,omitempty"`   // the app was opened, on this device or another
	Next    string    `json:"next,omitempty"`    // where the browser is to go
	Lost    bool      `json:"lost,omitempty"`    // but not by itself
	Dead    bool      `json:"dead,omitempty"`    // nowhere: the browser died
	AppLink string    `json:"appLink,omitempty"` // or by way of the merchant's app
	Decline *declined `json:"decline,omitempty"`
}

// secondsUntil rounds up, so that 0 is over.
func secondsUntil(expires, now time.Time) int64 {
	return int64((expires.Sub(now) + time.Second - 1) / time.Second)
}

type declined struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (p *payment) pageState(now time.Time) pageState {
	st := pageState{Status: string(p.status), Next: p.next()}
	switch {
	case p.status == Standby:
		st.Phase, st.Left, st.InApp = "open", secondsUntil(p.expires, now), p.inApp
		if p.decline != nil {
			st.Decline = &declined{p.decline.code, p.decline.msg}
		}
	case p.status == Progress:
		st.Phase = "working"
	case p.status == Cancelled:
		st.Phase = "cancelled"
		if p.ended == "expired" {
			st.Phase = "expired"
		}
	case p.billed != nil: // no browser has to do with a charge
		st.Phase = "done"
	default:
		st.Phase, st.Lost, st.Dead, st.AppLink = "done", p.ending.LoseReturn, p.ending.BrowserDies, p.appScheme
	}
	if st.Dead {
		st.Next, st.AppLink = "", ""
	}
	return st
}

// next is where the browser is to go; "" while it has to wait.
func (p *payment) next() string {
	switch {
	case p.billed != nil || p.status == Standby || p.status == Progress:
		return ""
	case p.status == Cancelled:
		return p.cancelURL
	}
	return p.returnTo()
}

func (s *Simulator) showState(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	now := s.clock()
	p := s.find(chi.URLParam(r, "payToken"), now)
	var st pageState
	if p != nil {
		st = p.pageState(now)
	}
	s.mu.Unlock()
	if p == nil {
		f := refuse("TRANSACTION_NOT_FOUND")
		s.writeJSON(w, http.StatusNotFound, declined{f.code, f.msg})
		return
	}
	s.writeJSON(w, http.StatusOK, st)
}

// actionRequest is what the page sends; each action uses a part of it.
type actionRequest struct {
	Phone string `json:"phone"`
	Birth string `json:"birth"`
	Skip  bool   `json:"skip"`
	Code  string `json:"code"`
	Approval
}

// act is the buyer doing something on the page or in the app: start, pay,
// decline, cancel or expire. The answer is the new state; a decline is in it.
func (s *Simulator) act(w http.ResponseWriter, r *http.Request) {
	var in actionRequest
	if !s.readAction(w, r, &in) {
		return
	}
	st, sent, err := s.perform(chi.URLParam(r, "payToken"), chi.URLParam(r, "action"), in)
	s.answerAction(w, r, st, sent, err)
}

// readAction answers 400 and is false if the body is not what in wants.
func (s *Simulator) readAction(w http.ResponseWriter, r *http.Request, in any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(in); err != nil && err != io.EOF {
		s.writeJSON(w, http.StatusBadRequest, declined{"COMMON_INVALID_PARAMETER", err.Error()})
		return false
	}
	return true
}

func (s *Simulator) perform(token, action string, in actionRequest) (pageState, []*callback, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	p := s.find(token, now)
	if p == nil {
		return pageState{}, nil, &failure{"TRANSACTION_NOT_FOUND", message("TRANSACTION_NOT_FOUND"), http.StatusNotFound}
	}
	known := len(s.callbacks)
	var err error
	switch action {
	case "start":
		if f := identify(in.Phone, in.Birth); f != nil && !in.Skip {
			f.http = http.StatusUnprocessableEntity
			err = f
		} else {
			p.inApp = true
		}
	case "pay":
		_, err = s.approve(p, in.Approval, now)
	case "decline":
		_, err = s.refuseBuyer(p, in.Code)
	case "cancel":
		err = s.leave(p)
	case "expire":
		err = s.expire(p, now)
	default:
		err = unknownAction(action)
	}
	return p.pageState(now), s.callbacks[known:], err
}

func unknownAction(action string) *failure {
	return &failure{"COMMON_INVALID_PARAMETER", fmt.Sprintf("no action %q: start, pay, decline, cancel, expire", short(action)), http.StatusNotFound}
}

// answerAction answers what the page's script asked to be done.
func (s *Simulator) answerAction(w http.ResponseWriter, r *http.Request, st pageState, sent []*callback, err error) {
	early, _ := splitEarly(sent)
	s.awaitFirstTry(r.Context(), early)
	s.wakeUp()
	var f *failure
	switch {
	case err == nil:
		s.writeJSON(w, http.StatusOK, st)
	case errors.As(err, &f):
		s.writeJSON(w, f.status(), declined{f.code, f.msg})
	case errors.Is(err, errNotNow):
		s.writeJSON(w, http.StatusConflict, declined{"COMMON_ITS_NOT_ABLE_TO_CHANGE_STATUS", message("COMMON_ITS_NOT_ABLE_TO_CHANGE_STATUS")})
	default:
		s.writeJSON(w, http.StatusBadRequest, declined{"COMMON_INVALID_PARAMETER", err.Error()})
	}
}
