package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// pageLink is what `naru operator add` prints.
var pageLink = regexp.MustCompile(`http://\S+/console/sign-in/link/\S+`)

// consolePages asks for the pages themselves, over HTTP, of a `naru serve` on the
// filled books in a folder, as an owner who is signed in.
func (b *bench) consolePages(ctx context.Context, data string) (err error) {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	site := "http://127.0.0.1:" + ports[0]
	key := filepath.Join(data, "master.key")
	if err := os.WriteFile(key, []byte(masterKey), 0o600); err != nil {
		return err
	}
	env := append(os.Environ(), "NARU_DB=sqlite:"+file(data), "NARU_MASTER_KEY_FILE="+key, "NARU_PUBLIC_URL="+site)
	cmd := exec.Command(b.bin, "serve", "--listen", "127.0.0.1:"+ports[0], "--admin-listen", "127.0.0.1:"+ports[1], "--log-level", "error", "--address-limit", "off")
	cmd.Env, cmd.Stderr = env, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM))
		_ = cmd.Wait()
	}()
	if err := ready(ctx, site+"/readyz"); err != nil {
		return err
	}
	add := exec.Command(b.bin, "operator", "add", "--email", "bench@naru.test")
	add.Env = env
	said, err := add.CombinedOutput()
	if err != nil {
		return fmt.Errorf("naru operator add: %w\n%s", err, said)
	}
	client, err := signedIn(pageLink.FindString(string(said)))
	if err != nil {
		return err
	}
	fmt.Print("Whole pages, over HTTP:\n\n| page | p50 | longest | KiB |\n|---|---|---|---|\n")
	for _, p := range consoleURLs() {
		if err := timePage(ctx, client, p[0], site+"/console"+p[1]); err != nil {
			return err
		}
	}
	fmt.Println()
	return nil
}

// consoleURLs are names and addresses of pages. The payment is one of the filled.
func consoleURLs() [][2]string {
	q := url.QueryEscape
	return [][2]string{
		{"dashboard, 30 days", "/dashboard"}, {"dashboard, a year", "/dashboard?days=365"},
		{"payments, 7 days", "/payments"}, {"payments, all", "/payments?period=all"}, {"payments, failed of 30 days", "/payments?period=30days&status=failed"},
		{"payments, search an order number", "/payments?period=all&q=" + q("order-00001234")}, {"payments, search a name", "/payments?period=all&q=" + q("김민준")},
		{"a payment", "/payments/" + string(paymentID(1234))},
		{"needs a person", "/attention"}, {"cash receipts", "/receipts"}, {"billing keys", "/billing-keys"}, {"schedules", "/schedules"},
		{"schedules, calendar", "/schedules/calendar"}, {"channels", "/channels"}, {"API keys", "/keys"}, {"deliveries", "/deliveries"}, {"audit log", "/audit"}, {"system", "/system"},
	}
}

// signedIn is a browser that went through a one-time link.
func signedIn(link string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(link, nil)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("signing in: %s", res.Status)
	}
	return client, nil
}

// timePage asks for a page several times, the first of which does not count: its
// template is parsed then.
func timePage(ctx context.Context, client *http.Client, what, address string) error {
	var took []time.Duration
	var size int64
	for i := range consoleRuns + 1 {
		begun := time.Now()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		size, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", address, res.Status)
		}
		if i > 0 {
			took = append(took, time.Since(begun))
		}
	}
	slices.Sort(took)
	fmt.Printf("| %s | %s | %s | %d |\n", what, short(mid(took)), short(took[len(took)-1]), size>>10)
	return nil
}
