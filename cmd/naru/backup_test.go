package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/pgtest"
)

// stall is a merchant of a gateway in production, whose providers are stand-ins
// that outlive it.
type stall struct {
	t       *testing.T
	env     map[string]string
	sandbox *running
	gateway *running
	key     string
	secret  string
}

const shopCode = "imp12345678"

// newStall registers a merchant on new books and serves them.
func newStall(t *testing.T, db string) *stall {
	s := &stall{t: t, env: map[string]string{"NARU_DB": db, "NARU_MASTER_KEY": testMaster}}
	s.sandbox = start(t, nil, "sandbox", "--listen", "127.0.0.1:0")
	s.naru(0, "migrate")
	s.naru(0, "merchant", "add", "--user-code", shopCode, "Shop")
	words := strings.Fields(s.naru(0, "key", "add", shopCode))
	s.key, s.secret = words[1], words[3]
	for _, c := range []struct {
		provider, mid, prefix, kind string
		credentials                 map[string]string
	}{
		{"tosspay_v2", "narutosspay", "/tosspay", "payment", map[string]string{"api_key": sandboxTossPayKey}},
		{"tosspayments", "tnarubill", "/tosspayments", "billing", map[string]string{"client_key": sandboxBillingClientKey, "secret_key": sandboxBillingSecretKey}},
	} {
		raw, _ := json.Marshal(c.credentials)
		file := filepath.Join(t.TempDir(), "credentials.json")
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s.naru(0, "channel", "add", shopCode, "--provider", c.provider, "--mid", c.mid, "--mode", "sandbox", "--kind", c.kind,
			"--api", s.sandbox.at.Sandbox+c.prefix, "--credentials", file)
	}
	s.serve()
	return s
}

func (s *stall) serve() {
	s.t.Helper()
	s.gateway = start(s.t, s.env, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "off", "--no-migrate")
}

// naru runs a command that must end with a code, and gives what it said.
func (s *stall) naru(code int, args ...string) string {
	s.t.Helper()
	out := &buffer{}
	m := &Main{Stdin: strings.NewReader(""), Stdout: out, Stderr: out, Now: time.Now, Env: func(k string) (string, bool) { v, ok := s.env[k]; return v, ok }}
	if got := m.Run(context.WithoutCancel(s.t.Context()), args); got != code {
		s.t.Fatalf("naru %s ended with %d, want %d: %s", strings.Join(args, " "), got, code, out)
	}
	return out.String()
}

// rest calls V1 and gives its response.
func (s *stall) rest(path string, form url.Values, into any) error {
	var token struct {
		Response struct {
			Token string `json:"access_token"`
		}
	}
	if err := answerOf(http.PostForm(s.gateway.at.Gateway+"/users/getToken", url.Values{"imp_key": {s.key}, "imp_secret": {s.secret}}))(&token); err != nil {
		return err
	}
	address := s.gateway.at.Gateway + path + "?_token=" + token.Response.Token
	if form == nil {
		return answerOf(http.Get(address))(into)
	}
	return answerOf(http.PostForm(address, form))(into)
}

func answerOf(res *http.Response, err error) func(into any) error {
	return func(into any) error {
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %s", res.Request.URL.Path, res.Status)
		}
		return json.NewDecoder(res.Body).Decode(into)
	}
}

// begin opens a window, and gives its payment and what the buyer approves.
func (s *stall) begin(order string) (impUID, payToken string, err error) {
	var opened struct {
		URL    string
		ImpUID string `json:"imp_uid"`
	}
	params := fmt.Sprintf(`{"user_code":%q,"mobile":true,"params":{"pg":"tosspay_v2","pay_method":"tosspay","merchant_uid":%q,"name":"shirt","amount":12000,"m_redirect_url":"https://shop.example/done"}}`, shopCode, order)
	if err := answerOf(http.Post(s.gateway.at.Gateway+"/sdk/checkouts", "text/plain", strings.NewReader(params)))(&opened); err != nil {
		return "", "", err
	}
	res, err := stay.Get(opened.URL)
	if err != nil {
		return "", "", err
	}
	_ = res.Body.Close()
	window, err := res.Location()
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", res.Status, err)
	}
	return opened.ImpUID, window.Query().Get("payToken"), nil
}

var stay = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// approve has the buyer approve, and come back.
func (s *stall) approve(payToken string) error {
	var seen struct{ Next string }
	if err := answerOf(http.Post(s.sandbox.at.Sandbox+"/control/tosspay/payments/"+payToken+"/approve", "application/json", strings.NewReader(`{}`)))(&seen); err != nil {
		return err
	}
	res, err := stay.Get(seen.Next)
	if err == nil {
		err = res.Body.Close()
	}
	return err
}

type v1Payment struct {
	Response struct {
		ImpUID string `json:"imp_uid"`
		Status string
		Amount int
	}
}

func (s *stall) payment(impUID string) (p v1Payment) {
	s.t.Helper()
	if err := s.rest("/payments/"+impUID, nil, &p); err != nil {
		s.t.Fatal(err)
	}
	return p
}

// subscribe issues a billing key and books a charge in so many seconds.
func (s *stall) subscribe(order string, in time.Duration) {
	s.t.Helper()
	var got struct{ Code int }
	form := url.Values{"card_number": {"9410-1234-5678-9012"}, "expiry": {"2031-12"}, "birth": {"900117"}, "pwd_2digit": {"48"}}
	if err := s.rest("/subscribe/customers/member-1", form, &got); err != nil || got.Code != 0 {
		s.t.Fatalf("billing key: code %d (%v)", got.Code, err)
	}
	form = url.Values{"customer_uid": {"member-1"}, "schedules[0][merchant_uid]": {order}, "schedules[0][amount]": {"9900"},
		"schedules[0][schedule_at]": {fmt.Sprint(time.Now().Add(in).Unix())}}
	if err := s.rest("/subscribe/payments/schedule", form, &got); err != nil || got.Code != 0 {
		s.t.Fatalf("booking: code %d (%v)", got.Code, err)
	}
}

// charges is how often the provider charged billing keys.
func (s *stall) charges() int {
	s.t.Helper()
	text := s.sandbox.get(200, s.sandbox.at.Sandbox+"/control/tosspayments/transcript")
	return strings.Count(text, "9900")
}

// sell pays orders until it is stopped, and gives those that were paid.
func (s *stall) sell(workers int) (stop func() []string) {
	end := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	var paid []string
	var n atomic.Int64
	for range workers {
		wg.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				id, token, err := s.begin(fmt.Sprintf("order-%d", n.Add(1)))
				if err == nil {
					err = s.approve(token)
				}
				if err != nil {
					s.t.Errorf("selling: %v", err)
					return
				}
				mu.Lock()
				paid = append(paid, id)
				mu.Unlock()
			}
		})
	}
	return func() []string { close(end); wg.Wait(); return paid }
}

// databases are the two, with how each is backed up and put in place elsewhere.
func databases() map[string]func(t *testing.T) (db string, backup func(s *stall, file string), restore func(s *stall, file string)) {
	tool := func(t *testing.T, name string, args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), pgtest.Program(t, name), args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	return map[string]func(*testing.T) (string, func(*stall, string), func(*stall, string)){
		"sqlite": func(t *testing.T) (string, func(*stall, string), func(*stall, string)) {
			return "sqlite:" + filepath.Join(t.TempDir(), "naru.db"),
				func(s *stall, file string) { contains(t, "backup", s.naru(0, "backup", file), "written and checked") },
				func(s *stall, file string) {
					s.env["NARU_DB"] = "sqlite:" + filepath.Join(t.TempDir(), "again.db")
					s.env["NARU_MASTER_KEY"] = strings.Repeat("ab", 31) + "cd"
					contains(t, "the wrong master key", s.naru(1, "restore", file), "the master key is not the one")
					s.env["NARU_MASTER_KEY"] = testMaster
					contains(t, "restore", s.naru(0, "restore", file), "1 booked charges", "subscription-1")
				}
		},
		"postgres": func(t *testing.T) (string, func(*stall, string), func(*stall, string)) {
			db := pgtest.Empty(t)
			return db,
				func(s *stall, file string) {
					tool(t, "pg_dump", "--format=custom", "--file="+file, "--dbname="+db)
					contains(t, "naru backup", s.naru(1, "backup", file+".x"), "pg_dump")
				},
				func(s *stall, file string) {
					s.env["NARU_DB"] = pgtest.Empty(t)
					tool(t, "pg_restore", "--no-owner", "--exit-on-error", "--dbname="+s.env["NARU_DB"], file)
					contains(t, "restore", s.naru(0, "restore"), "1 booked charges", "subscription-1")
				}
		},
	}
}

// A backup is taken while the shop sells, and put in place elsewhere: the books
// hold, what was paid is there, what the provider knows better is learned, and no
// booked charge is made a second time.
func TestBackupIsRestored(t *testing.T) {
	t.Parallel()
	for kind, of := range databases() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			db, backup, restore := of(t)
			s := newStall(t, db)
			before, token, err := s.begin("before")
			if err == nil {
				err = s.approve(token)
			}
			if err != nil {
				t.Fatal(err)
			}
			between, late, err := s.begin("between") // the buyer is in the window when the backup is taken
			if err != nil {
				t.Fatal(err)
			}
			s.subscribe("subscription-1", 4*time.Second)
			stop := s.sell(2)
			file := filepath.Join(t.TempDir(), "backup")
			backup(s, file)
			if err := s.approve(late); err != nil {
				t.Fatal(err)
			}
			if got := s.payment(between); got.Response.Status != "paid" {
				t.Fatalf("the payment between is %s", got.Response.Status)
			}
			waitFor(t, func() bool { return s.charges() > 0 })
			sold := stop()
			charged := s.charges()
			if code := s.gateway.stop(); code != 0 { // and its books are lost
				t.Fatalf("exit code %d", code)
			}

			restore(s, file)
			s.naru(0, "verify")
			s.serve()
			if got := s.payment(before); got.Response.Status != "paid" || got.Response.Amount != 12000 {
				t.Errorf("a payment from before is %+v", got.Response)
			}
			if got := s.payment(between); got.Response.Status != "ready" {
				t.Errorf("the payment between is %s in the backup", got.Response.Status)
			}
			contains(t, "verify", s.naru(0, "verify", "--provider", "--sync", "--rate", "500"), "mended")
			if got := s.payment(between); got.Response.Status != "paid" {
				t.Errorf("the payment between is %s after the providers were asked", got.Response.Status)
			}
			contains(t, "alarms", s.naru(0, "alarm", "list"), "schedule_held", "subscription-1")
			if len(sold) == 0 {
				t.Error("nothing was sold meanwhile: the backup was not under load")
			}
			impUID, again, err := s.begin("after") // it sells on
			if err == nil {
				err = s.approve(again)
			}
			if got := s.payment(impUID); err != nil || got.Response.Status != "paid" {
				t.Errorf("a sale afterwards: %s (%v)", got.Response.Status, err)
			}
			contains(t, "erase", s.naru(0, "erase", "--merchant", shopCode, "--imp-uid", impUID, "--json"), `"payments":["`+impUID+`"]`, `"erasures":["`)
			if n := s.charges(); n != charged {
				t.Errorf("the booked charge was made again: the provider heard of it %d times, before %d", n, charged)
			}
			s.naru(0, "verify", "--provider", "--rate", "500")
		})
	}
}
