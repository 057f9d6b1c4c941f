// Command bench measures the built program from outside, as a user meets it,
// and prints a table in Markdown: start-up, idle memory, reads and whole
// confirms at several numbers of callers, beside a bare net/http handler in the
// same run. Figures are medians over rounds; both sides take turns, so that a
// machine that slows down slows both. Everything is bounded and on loopback.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	bin := flag.String("bin", "bin/naru", "the built program")
	rounds := flag.Int("rounds", 5, "rounds of each measurement")
	bare := flag.String("bare", "", "serve a bare handler on this address (used by the command itself)")
	flag.Parse()
	if *bare != "" {
		serveBare(*bare)
		return
	}
	if err := run(*bin, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// serveBare answers what a payment looks like, from memory.
func serveBare(addr string) {
	body := []byte(`{"code":0,"message":null,"response":` + strings.Repeat(`{"imp_uid":"imp_000000000000","status":"paid"}`, 1) + `}` + strings.Repeat(" ", 1200))
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = w.Write(body)
	})
	if err := (&http.Server{Addr: addr, Handler: h, ReadHeaderTimeout: 5 * time.Second}).ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(bin string, rounds int) error {
	fmt.Printf("%s/%s, %d processors, %s; medians of %d rounds.\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), rounds)
	if err := startup(bin, rounds+2); err != nil {
		return err
	}
	s, stop, err := start(bin)
	if err != nil {
		return err
	}
	defer stop()
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	stopBare, err := startBare(ports[0])
	if err != nil {
		return err
	}
	defer stopBare()
	s.bare = "http://127.0.0.1:" + ports[0]
	if err := s.login(); err != nil {
		return err
	}
	fmt.Println("| what | callers | per second | p50 | p99 | bare net/http | ratio |\n|---|---|---|---|---|---|---|")
	for _, n := range []int{1, 8, 64} {
		if err := s.reads(n, rounds); err != nil {
			return err
		}
	}
	for _, n := range []int{1, 8, 64} {
		if err := s.confirms(n, rounds); err != nil {
			return err
		}
	}
	return nil
}

// stack is a running `naru dev`.
type stack struct {
	cmd              *exec.Cmd
	gateway, sandbox string
	bare             string
	token            string
	http             *http.Client
	serial           int
}

func start(bin string) (*stack, func(), error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, nil, err
	}
	s := &stack{
		gateway: "http://127.0.0.1:" + ports[0], sandbox: "http://127.0.0.1:" + ports[1],
		http: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 128, MaxIdleConns: 256},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.cmd = exec.Command(bin, "dev", "--log-level", "error", "--listen", "127.0.0.1:"+ports[0], "--sandbox-listen", "127.0.0.1:"+ports[1], "--shop-listen", "localhost:"+ports[2])
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop := func() {
		_ = s.cmd.Process.Signal(syscall.SIGINT)
		_ = s.cmd.Wait()
	}
	return s, stop, ready(s.gateway + "/readyz")
}

func ready(u string) error {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if r, err := http.Get(u); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("%s was not ready within 20 s", u)
}

func startBare(port string) (func(), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-bare", "127.0.0.1:"+port)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }, ready("http://127.0.0.1:" + port)
}

func freePorts(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		out = append(out, port)
	}
	return out, nil
}

// startup measures from exec to ready, and memory after two idle seconds.
func startup(bin string, rounds int) error {
	var took []time.Duration
	var resident []int64
	for i := range rounds {
		begun := time.Now()
		s, stop, err := start(bin)
		if err != nil {
			return err
		}
		took = append(took, time.Since(begun))
		if i < 3 {
			time.Sleep(2 * time.Second)
			kb, err := rss(s.cmd.Process.Pid)
			if err != nil {
				stop()
				return err
			}
			resident = append(resident, kb)
		}
		stop()
	}
	slices.Sort(took)
	slices.Sort(resident)
	fmt.Printf("- `naru dev`, exec to ready: **%d ms** (%d to %d)\n- resident when idle: **%d MiB**\n\n",
		mid(took).Milliseconds(), took[0].Milliseconds(), took[len(took)-1].Milliseconds(), resident[len(resident)/2]/1024)
	return nil
}

func rss(pid int) (int64, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("no VmRSS of process %d", pid)
}

func mid(d []time.Duration) time.Duration { return d[len(d)/2] }

// load is one round: total calls over n callers.
type load struct {
	rate     float64
	p50, p99 time.Duration
}

func drive(n, total int, call func(i int) error) (load, error) {
	took := make([]time.Duration, total)
	var wg sync.WaitGroup
	errs := make(chan error, n)
	begun := time.Now()
	for c := range n {
		wg.Go(func() {
			for i := c; i < total; i += n {
				at := time.Now()
				if err := call(i); err != nil {
					errs <- err
					return
				}
				took[i] = time.Since(at)
			}
		})
	}
	wg.Wait()
	all := time.Since(begun)
	select {
	case err := <-errs:
		return load{}, err
	default:
	}
	slices.Sort(took)
	return load{float64(total) / all.Seconds(), took[total/2], took[total*99/100]}, nil
}

func median(l []load) load {
	slices.SortFunc(l, func(a, b load) int { return int(a.rate - b.rate) })
	return l[len(l)/2]
}

// compare runs ours and the bare handler in turn and prints a row.
func (s *stack) compare(what string, n, rounds, total int, prepare func() error, call func(i int) error) error {
	var ours, bare []load
	for range rounds {
		if prepare != nil {
			if err := prepare(); err != nil {
				return err
			}
		}
		l, err := drive(n, total, call)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		ours = append(ours, l)
		b, err := drive(n, total, func(int) error { return s.get(s.bare+"/", "", http.StatusOK) })
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		bare = append(bare, b)
	}
	o, b := median(ours), median(bare)
	fmt.Printf("| %s | %d | %.0f | %s | %s | %.0f | %.2f |\n", what, n, o.rate, short(o.p50), short(o.p99), b.rate, o.rate/b.rate)
	return nil
}

func short(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 2, 64) + " ms"
}

func (s *stack) get(u, auth string, want int) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, u, nil)
	if err != nil {
		return err
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	res, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != want {
		return fmt.Errorf("%s: %s", u, res.Status)
	}
	return nil
}

func (s *stack) post(u, kind, body string, into any) error {
	res, err := s.http.Post(u, kind, strings.NewReader(body))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s", u, res.Status, raw)
	}
	return json.Unmarshal(raw, into)
}

func (s *stack) login() error {
	var body struct {
		Response struct {
			AccessToken string `json:"access_token"`
		}
	}
	form := url.Values{"imp_key": {"naru_dev_key"}, "imp_secret": {"naru_dev_secret"}}.Encode()
	err := s.post(s.gateway+"/users/getToken", "application/x-www-form-urlencoded", form, &body)
	s.token = body.Response.AccessToken
	return err
}

// authenticated opens a Toss Pay checkout and has the buyer agree in the
// sandbox; it gives the address the browser would return to.
func (s *stack) authenticated() (impUID, back string, err error) {
	s.serial++
	var opened struct {
		URL    string
		ImpUID string `json:"imp_uid"`
	}
	params := fmt.Sprintf(`{"user_code":"imp00000000","mobile":true,"params":{"pg":"tosspay_v2","pay_method":"tosspay","merchant_uid":"bench-%d-%d","name":"bench","amount":12000,"m_redirect_url":"http://localhost/done"}}`, os.Getpid(), s.serial)
	if err := s.post(s.gateway+"/sdk/checkouts", "text/plain", params, &opened); err != nil {
		return "", "", err
	}
	res, err := s.http.Get(opened.URL)
	if err != nil {
		return "", "", err
	}
	res.Body.Close()
	window, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusSeeOther {
		return "", "", fmt.Errorf("%s: %s", opened.URL, res.Status)
	}
	var seen struct{ Next string }
	err = s.post(s.sandbox+"/control/tosspay/payments/"+window.Query().Get("payToken")+"/approve", "application/json", `{"payMethod":"CARD","cardCompanyCode":1}`, &seen)
	return opened.ImpUID, seen.Next, err
}

func (s *stack) reads(n, rounds int) error {
	id, back, err := s.authenticated()
	if err != nil {
		return err
	}
	if err := s.get(back, "", http.StatusFound); err != nil {
		return err
	}
	return s.compare("`GET /payments/{imp_uid}`", n, rounds, 2000+n*100, nil, func(int) error {
		return s.get(s.gateway+"/payments/"+id, s.token, http.StatusOK)
	})
}

// confirms measures the buyer's return: checked, confirmed at the sandbox over
// HTTP, and recorded in two durable transactions.
func (s *stack) confirms(n, rounds int) error {
	total := 100 + n*4
	var returns []string
	return s.compare("confirm, end to end", n, rounds, total, func() error {
		returns = returns[:0]
		for range total {
			_, back, err := s.authenticated()
			if err != nil {
				return err
			}
			returns = append(returns, back)
		}
		return nil
	}, func(i int) error { return s.get(returns[i], "", http.StatusFound) })
}
