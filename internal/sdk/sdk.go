// Package sdk serves iamport.js, the script merchants' pages load, and the
// small API the script speaks with: it opens a checkout and learns how it
// ended. Any origin may call that API; which origins may open a window for a
// merchant is decided by the gateway. It uses no cookie and no credential: what
// a caller may see is what the checkout's token, a secret, lets it see.
package sdk

import (
	"crypto/sha256"
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/gateway"
	"naru/internal/v1wire"
)

//go:embed static/iamport.js
var script []byte

//go:embed static/iamport.d.ts
var types []byte

// Options are what a Handler is made of. Gateway and PublicURL are required.
type Options struct {
	Gateway   *gateway.Gateway
	PublicURL string       // base of our own pages as browsers see them
	Names     v1wire.Names // of card companies and banks, told to callbacks
	Log       *slog.Logger
	Now       func() time.Time
	Noted     func(kind string) // a parameter was not passed on as it was sent; kind is a gateway.NoteKind
}

// Handler serves the script and its API. It is safe for concurrent use.
type Handler struct {
	gateway *gateway.Gateway
	public  string
	names   v1wire.Names
	log     *slog.Logger
	now     func() time.Time
	noted   func(string)
	sum     string
}

// New makes a handler of o, or says what is missing.
func New(o Options) (*Handler, error) {
	if o.Gateway == nil {
		return nil, errors.New("sdk: a gateway is required")
	}
	if u, err := url.Parse(o.PublicURL); err != nil || u.Host == "" {
		return nil, errors.New("sdk: PublicURL must be an absolute address")
	}
	sum := sha256.Sum256(script)
	h := &Handler{
		gateway: o.Gateway, public: strings.TrimRight(o.PublicURL, "/"), names: o.Names, log: o.Log, now: o.Now, noted: o.Noted,
		sum: hex.EncodeToString(sum[:]),
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.noted == nil {
		h.noted = func(string) {}
	}
	return h, nil
}

// Routes adds the handler's routes to r, which stands at the root of PublicURL.
func (h *Handler) Routes(r chi.Router) {
	r.Get("/v1/iamport.js", h.current)
	r.Get("/v1/{file}", h.versioned)
	r.Get("/js/{file}", h.legacy)
	r.Get("/sdk/iamport.d.ts", h.types)
	r.Group(func(r chi.Router) {
		r.Use(cors)
		r.Get("/sdk/windows", h.windows)
		r.Post("/sdk/checkouts", h.open)
		r.Get("/sdk/checkouts/{token}", h.show)
		r.Post("/sdk/checkouts/{token}/close", h.close)
		r.Options("/sdk/*", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	})
}

// Script is the address of this very version of the script, which never
// changes, and its Subresource Integrity value.
func (h *Handler) Script() (address, integrity string) {
	sum := sha512.Sum384(script)
	return h.public + "/v1/iamport-" + h.sum + ".js", "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

const (
	shortCache = "public, max-age=300"
	longCache  = "public, max-age=31536000, immutable"
)

func (h *Handler) current(w http.ResponseWriter, r *http.Request) { h.script(w, r, shortCache) }

func (h *Handler) versioned(w http.ResponseWriter, r *http.Request) {
	if chi.URLParam(r, "file") != "iamport-"+h.sum+".js" {
		http.NotFound(w, r)
		return
	}
	h.script(w, r, longCache)
}

// legacy answers the addresses of the jQuery SDK with the present script.
func (h *Handler) legacy(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "file")
	if !strings.HasPrefix(name, "iamport.payment") || !strings.HasSuffix(name, ".js") {
		http.NotFound(w, r)
		return
	}
	h.script(w, r, shortCache)
}

func (h *Handler) script(w http.ResponseWriter, r *http.Request, cache string) {
	h.file(w, r, "text/javascript; charset=utf-8", cache, h.sum, script)
}

func (h *Handler) types(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256(types)
	h.file(w, r, "text/plain; charset=utf-8", shortCache, hex.EncodeToString(sum[:]), types)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request, kind, cache, sum string, body []byte) {
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Cache-Control", cache)
	head.Set("ETag", `"`+sum+`"`)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Access-Control-Allow-Origin", "*") // for script tags with integrity and crossorigin
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if strings.Contains(r.Header.Get("If-None-Match"), sum) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if _, err := w.Write(body); err != nil {
		h.log.DebugContext(r.Context(), "script not sent whole", "err", err)
	}
}

// cors lets every origin call, without credentials.
func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Access-Control-Allow-Origin", "*")
		head.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		head.Set("Access-Control-Allow-Headers", "Content-Type")
		head.Set("Access-Control-Max-Age", "600")
		next.ServeHTTP(w, r)
	})
}
