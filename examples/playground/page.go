package playground

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

func parsePage() (*template.Template, error) {
	t, err := template.New("playground").Funcs(template.FuncMap{"t": pick}).ParseFS(files, "templates/page.html")
	if err != nil {
		return nil, fmt.Errorf("playground: page: %w", err)
	}
	return t, nil
}

// settings is what the page's script has to know.
type settings struct {
	Gateway  string    `json:"gateway"`
	UserCode string    `json:"userCode"`
	Channels []Channel `json:"channels"`
	Base     string    `json:"base"`
	Self     string    `json:"self"`
	Tab      string    `json:"tab"` // id of a session, for a tab that has none
	Sandbox  bool      `json:"sandbox"`
}

// showPage takes ?lang=en. Everything else about the page is in the fragment of
// its address, which static/call.js reads and writes.
func (p *playground) showPage(w http.ResponseWriter, r *http.Request) {
	lang := language(r.FormValue("lang"))
	config, err := json.Marshal(settings{
		Gateway: p.opt.Gateway, UserCode: p.opt.UserCode, Channels: p.opt.Channels, Base: p.opt.Base, Self: p.opt.Self,
		Tab: newSessionID(), Sandbox: p.control != nil,
	})
	var b bytes.Buffer
	if err == nil {
		err = p.page.ExecuteTemplate(&b, "page", map[string]any{
			"Lang": lang, "Other": p.opt.Base + "?lang=" + pick(lang, "en", "ko"),
			"Base": p.opt.Base, "Gateway": p.opt.Gateway, "Sandbox": p.control != nil, "Config": string(config),
		})
	}
	if err != nil {
		p.opt.Log.Error("page", "err", err)
		http.Error(w, "page failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w) // the browser hung up: nothing to be done
}

func pick(lang, ko, en string) string {
	if lang == "en" {
		return en
	}
	return ko
}

// language is "en" for English and its regions, "ko" for everything else.
func language(s string) string {
	if s = strings.ToLower(s); s == "en" || strings.HasPrefix(s, "en-") {
		return "en"
	}
	return "ko"
}

func langQuery(lang string) string { return pick(lang, "", "?lang=en") }
