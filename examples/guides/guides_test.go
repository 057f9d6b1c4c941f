// Package guides_test runs the requests of this folder, as they are written,
// against the built program.
package guides_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"naru/test/devserver"
)

// bin is the program under test.
var bin string

func TestMain(m *testing.M) {
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "guides:", err)
		code = 1
	}
	os.Exit(code)
}

func build(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "naru-guides-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if bin, err = devserver.Build(dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// reader is somebody who pastes the requests of one guide.
type reader struct {
	*devserver.Server
	token string
	ran   map[string]bool // files
}

func newReader(t *testing.T) *reader {
	t.Helper()
	s, err := devserver.Start(bin, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("naru dev printed:\n%s", s.Output())
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &reader{Server: s, ran: map[string]bool{}}
}

// set moves the clock on; the token of before has expired then.
func (r *reader) set(t *testing.T, to string) {
	t.Helper()
	if err := r.Control(http.MethodPost, "clock", map[string]string{"set": to}, nil); err != nil {
		t.Fatal(err)
	}
	res, err := http.PostForm(r.Gateway+"/users/getToken", url.Values{"imp_key": {devserver.Key}, "imp_secret": {devserver.Secret}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var body struct {
		Response struct {
			Token string `json:"access_token"`
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil || body.Response.Token == "" {
		t.Fatalf("getToken: %s, %v", res.Status, err)
	}
	r.token = body.Response.Token
}

// answer is what a request was answered with.
type answer struct {
	HTTP     int
	Code     int
	Message  string
	Response any
}

// run runs a file after edits (old, new, …), each of which must find its place.
func (r *reader) run(t *testing.T, file string, edits ...string) answer {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r.ran[file] = true
	text := string(raw)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("%s has no %q to replace", file, edits[i])
		}
		text = strings.ReplaceAll(text, edits[i], edits[i+1])
	}
	home := t.TempDir() // curl is to tell the status after the answer
	if err := os.WriteFile(filepath.Join(home, ".curlrc"), []byte(`write-out = "\n%{http_code}"`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", text)
	cmd.Env = append(os.Environ(), "GATEWAY="+r.Gateway, "TOKEN="+r.token, "CURL_HOME="+home, "no_proxy=127.0.0.1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", file, err, out)
	}
	return readAnswer(t, file, string(out))
}

func readAnswer(t *testing.T, file, out string) answer {
	t.Helper()
	cut := strings.LastIndex(out, "\n")
	a := answer{}
	var err error
	if a.HTTP, err = strconv.Atoi(out[cut+1:]); err != nil {
		t.Fatalf("%s printed %q", file, out)
	}
	if err := json.Unmarshal([]byte(out[:cut]), &a); err != nil {
		t.Fatalf("%s: %v in %q", file, err, out)
	}
	return a
}

// step is one file run, and what it is answered with.
type step struct {
	file  string
	edits []string       // old, new, …: what the reader changes
	code  int            // of V1; the HTTP status is 200
	says  string         // the message, as a regular expression
	is    map[string]any // members of the response, of the first one in a list
}

// try runs a step and compares.
func (r *reader) try(t *testing.T, s step) {
	t.Helper()
	a := r.run(t, s.file, s.edits...)
	what := fmt.Sprintf("%s %q", s.file, s.edits)
	if a.HTTP != http.StatusOK || a.Code != s.code {
		t.Errorf("%s: HTTP %d code %d %q, want 200 and %d", what, a.HTTP, a.Code, a.Message, s.code)
		return
	}
	if !regexp.MustCompile(s.says).MatchString(a.Message) || s.says == "" && a.Message != "" {
		t.Errorf("%s: says %q, want %s", what, a.Message, s.says)
	}
	if s.code != 0 && a.Response != nil {
		t.Errorf("%s: refused, and answers %v", what, a.Response)
	}
	got := firstOf(a.Response)
	for name, want := range s.is {
		if fmt.Sprint(got[name]) != fmt.Sprint(want) {
			t.Errorf("%s: %s is %v, want %v", what, name, got[name], want)
		}
	}
}

// firstOf is the response itself, or the first of a list or of a page.
func firstOf(response any) map[string]any {
	if page, ok := response.(map[string]any); ok {
		if list, ok := page["list"]; ok {
			return firstOf(list)
		}
		return page
	}
	if list, ok := response.([]any); ok && len(list) > 0 {
		return firstOf(list[0])
	}
	return nil
}

// allRan complains about files of a folder that were not run.
func (r *reader) allRan(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.sh")
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files, %v", folder, err)
	}
	for _, file := range files {
		if !r.ran[file] {
			t.Errorf("%s was not run", file)
		}
	}
}
