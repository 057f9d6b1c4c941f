// Package devserver builds the program and runs `naru dev` beside a test, as a
// developer runs it: gateway, providers' stand-ins and demo shop on free ports.
package devserver

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// The identity that every `naru dev` has.
const (
	UserCode = "imp00000000"
	Key      = "naru_dev_key"
	Secret   = "naru_dev_secret"
)

const (
	startLimit = 20 * time.Second
	stopLimit  = 15 * time.Second
)

// built names the program as it is now, which make test builds once for all.
const built = "NARU_TEST_PROGRAM"

// Build compiles the program into dir and gives its path, unless the environment
// variable NARU_TEST_PROGRAM has the path of one.
func Build(dir string) (string, error) {
	if bin := os.Getenv(built); bin != "" {
		_, err := os.Stat(bin)
		return bin, err
	}
	bin := filepath.Join(dir, "naru")
	if out, err := exec.Command("go", "build", "-o", bin, "naru/cmd/naru").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build naru: %w\n%s", err, out)
	}
	return bin, nil
}

// consoleLink is the link on the start page.
var consoleLink = regexp.MustCompile(`http://\S+/console/sign-in/link/\S+`)

// Server is one running `naru dev`.
type Server struct {
	Gateway, Sandbox, Shop string // base addresses, no slash at the end
	Console                string // the link that signs the developer in to the console, once

	bin, data string
	out       *buffer
	cmd       *exec.Cmd
	ended     chan struct{}
	err       error // of the program; set when ended is closed
}

// Start runs the program on free ports, with its books in data, and waits until
// it is ready. Stop it.
func Start(bin, data string) (*Server, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Gateway: "http://127.0.0.1:" + ports[0], Sandbox: "http://127.0.0.1:" + ports[1], Shop: "http://localhost:" + ports[2],
		bin: bin, data: data, out: &buffer{}, ended: make(chan struct{}),
	}
	s.cmd = exec.Command(bin, "dev", "--log-level", "warn", "--data", data,
		"--listen", "127.0.0.1:"+ports[0], "--sandbox-listen", "127.0.0.1:"+ports[1], "--shop-listen", "localhost:"+ports[2])
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	if err := s.awaitReady(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) awaitReady() error {
	for end := time.Now().Add(startLimit); time.Now().Before(end); {
		select {
		case <-s.ended:
			return fmt.Errorf("naru dev ended: %v\n%s", s.err, s.out)
		case <-time.After(20 * time.Millisecond):
		}
		if res, err := http.Get(s.Gateway + "/readyz"); err == nil {
			_ = res.Body.Close()
			if s.Console = consoleLink.FindString(s.out.String()); res.StatusCode == http.StatusOK && s.Console != "" {
				return nil
			}
		}
	}
	return fmt.Errorf("naru dev was not ready within %s; stopping it: %v\n%s", startLimit, s.Stop(), s.out)
}

// Stop ends the program and says if it would not end by itself.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-s.ended:
		return nil
	case <-time.After(stopLimit):
		_ = s.cmd.Process.Kill()
		return fmt.Errorf("naru dev did not stop within %s of an interrupt", stopLimit)
	}
}

// Output is what the program has printed so far.
func (s *Server) Output() string { return s.out.String() }

// Naru runs another command of the program on the same books, with input as its
// standard input, and gives what it printed.
func (s *Server) Naru(input string, args ...string) (string, error) {
	args = append(args, "--db", "sqlite:"+filepath.Join(s.data, "naru-dev.db"), "--master-key-file", filepath.Join(s.data, "naru-dev.key"))
	cmd := exec.Command(s.bin, args...)
	cmd.Stdin = bytes.NewReader([]byte(input))
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("naru %s: %w\n%s", args[0], err, out)
	}
	return string(out), err
}

func freePorts(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, err
		}
		out = append(out, port)
	}
	return out, nil
}

// buffer takes what the program prints.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
