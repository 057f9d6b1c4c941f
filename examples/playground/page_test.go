package playground_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"naru/examples/playground"
)

func TestPageAllowsOnlyItsOwnFilesAndTheGateway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, want := range map[string]int{"/playground": 200, "/playground/?lang=en": 200, "/playground/static/app.js": 200, "/playground/nowhere": 404, "/": 404} {
		w := b.do("GET", path, "")
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		policy := w.Header().Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self' https://pay.test;", "frame-src https://pay.test;", "connect-src 'self' https://pay.test;", "style-src 'self';"} {
			if !strings.Contains(policy, part) || strings.Contains(policy, "unsafe") {
				t.Errorf("%s: policy %q lacks %q or is unsafe", path, policy, part)
			}
		}
		for _, inline := range []string{" style=", " onclick=", "<style", "<script>", "hush-hush"} {
			if strings.Contains(w.Body.String(), inline) && !strings.Contains(path, ".js") {
				t.Errorf("%s has %q", path, inline)
			}
		}
	}
}

func TestPageTellsItsScriptWhatToKnow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	config := func(page string) (out map[string]any) {
		m := regexp.MustCompile(`data-config="([^"]*)"`).FindStringSubmatch(page)
		if m == nil || json.Unmarshal([]byte(html.UnescapeString(m[1])), &out) != nil {
			t.Fatalf("no settings in %s", page)
		}
		return out
	}
	page := b.do("GET", "/playground?lang=en-GB", "").Body.String()
	got := config(page)
	if got["userCode"] != "imp12345678" || got["self"] != self || got["gateway"] != "https://pay.test" || got["sandbox"] != true || !strings.Contains(page, `lang="en"`) {
		t.Errorf("settings %v", got)
	}
	if other := config(b.do("GET", "/playground", "").Body.String()); other["tab"] == got["tab"] || len(fmt.Sprint(got["tab"])) != 22 {
		t.Errorf("tabs %v and %v: want two of 22 characters", got["tab"], other["tab"])
	}
	if page := b.do("GET", `/playground?lang=%22%3E%3Cscript%3E`, "").Body.String(); !strings.Contains(page, `<html lang="ko">`) {
		t.Error("a language that is none must give Korean")
	}
}

func TestEveryFileThePageNamesIsServed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seen, todo := map[string]bool{}, []string{"/playground"}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		w := b.do("GET", at, "")
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", at, w.Code)
		}
		for _, m := range regexp.MustCompile(`(?:(?:src|href)="(/playground/static/[^"]+)"|from "\./([^"]+)"|url\("([^"]+)"\))`).FindAllStringSubmatch(w.Body.String(), -1) {
			file := m[1]
			if file == "" {
				file = "/playground/static/" + m[2] + m[3]
			}
			if !seen[file] {
				seen[file] = true
				todo = append(todo, file)
			}
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d files found: %v", len(seen), seen)
	}
}

func TestOtherSitesAreKeptOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run("order-1", "")
	for name, headers := range map[string][]string{
		"another origin":           {"Origin: https://evil.test", "Sec-Fetch-Site: cross-site", asJSON},
		"a name of somebody's own": {"Host: evil.test", asJSON},
	} {
		if w := b.do("POST", "/playground/api/"+tab+"/runs", `{"merchant_uid":"x"}`, headers...); w.Code != http.StatusForbidden && w.Code != http.StatusMisdirectedRequest {
			t.Errorf("%s: %d, want a refusal", name, w.Code)
		}
	}
	for _, host := range []string{"localhost:8789", "127.0.0.1:8789", "[::1]:8789", "play.test"} {
		if w := b.do("GET", "/playground", "", "Host: "+host); w.Code != http.StatusOK {
			t.Errorf("%s: %d, want 200", host, w.Code)
		}
	}
	// The gateway may know this server by any name.
	b.want(200, "POST", "/playground/hooks/"+tab, hook("imp_1", "order-1", "paid"), asJSON, "Host: host.docker.internal:8789")
}

func TestNewsIsSentOnlyWhenThereIsSome(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run("order-1", "")
	seq := b.seen().Seq
	at := "/playground/api/" + tab + "/runs?seen=" + strconv.Itoa(seq)
	if w := b.do("GET", at, ""); w.Code != http.StatusNoContent {
		t.Errorf("nothing new: %d, want 204", w.Code)
	}
	b.want(200, "POST", "/playground/hooks/"+tab, hook("imp_1", "order-1", "paid"), asJSON)
	if w := b.do("GET", at, ""); w.Code != http.StatusOK {
		t.Errorf("something new: %d, want 200", w.Code)
	}
	b.want(404, "GET", "/playground/api/short/runs", "")
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	big := strings.Repeat("x", 20_000)
	for i := range 60 {
		b.run("order-"+strconv.Itoa(i), "")
		b.want(200, "POST", "/playground/hooks/"+tab, `{"imp_uid":"imp_`+strconv.Itoa(i)+`","merchant_uid":"order-`+strconv.Itoa(i)+`","more":"`+big+`"}`, asJSON)
	}
	got := b.seen()
	if n := len(got.Runs); n < 2 || n > 40 || got.Runs[n-1].MerchantUID != "order-59" {
		t.Errorf("%d runs are kept, want a few, the newest among them", n)
	}
	if size := b.do("GET", "/playground/api/"+tab+"/runs", "").Body.Len(); size > 600_000 {
		t.Errorf("one tab holds %d bytes", size)
	}
	for i := range 80 {
		b.do("GET", fmt.Sprintf("/playground/api/%022d/runs", i), "")
	}
	b.want(404, "POST", "/playground/hooks/"+tab, hook("imp_1", "order-1", "paid"), asJSON) // forgotten
	if w := b.do("POST", "/playground/hooks/"+tab, `{"x":"`+strings.Repeat("x", 40_000)+`"}`, asJSON); w.Code != http.StatusBadRequest {
		t.Errorf("a webhook of 40 kB: %d, want 400", w.Code)
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := playground.New(playground.Options{Gateway: "127.0.0.1:8787", Secret: "hush-hush", Base: "play", Control: "x", Channels: []playground.Channel{{Provider: "kakao"}, {Key: "k", Provider: "kakao"}, {Key: "k", Provider: "tosspay_v2", Kind: "x"}}})
	for _, want := range []string{`Gateway "127.0.0.1:8787"`, `Self ""`, `Control "x"`, "UserCode", "Key is empty", `Base "play"`, "Channels[0].Key", `Channels[1].Provider "kakao"`, `Channels[2].Kind "x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "hush") {
		t.Error("error tells the secret")
	}
}
