// Package clients runs public clients of PortOne V1, as their authors published
// them, against the built program. What they are to find is asserted in Node
// tests, a folder for each client.
package clients

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"naru/test/devserver"
)

// bin is the program under test.
var bin string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if err := install(); err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "naru-clients-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if bin, err = devserver.Build(dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// install brings node_modules to what the lock file says.
func install() error {
	locked, err := os.Stat("package-lock.json")
	if err != nil {
		return err
	}
	installed, err := os.Stat(filepath.Join("node_modules", ".package-lock.json"))
	if err == nil && !installed.ModTime().Before(locked.ModTime()) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if out, err := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error").CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
}

// TestClients gives each folder a gateway of its own.
func TestClients(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"rest-client", "iamporter", "clock"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(folder + "/*.test.mjs")
			if err != nil || len(files) == 0 {
				t.Fatalf("no tests in %s: %v", folder, err)
			}
			s, err := devserver.Start(bin, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			addTier(t, s)
			node := exec.Command("node", append([]string{"--test", "--test-reporter=spec"}, files...)...)
			node.Env = append(withoutProxies(os.Environ()), "GATEWAY="+s.Gateway, "SANDBOX="+s.Sandbox)
			out, err := node.CombinedOutput()
			if err != nil {
				t.Errorf("node --test: %v\n%s\nnaru dev:\n%s", err, out, s.Output())
			}
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// addTier registers a sub-store that has a contract for billing.
func addTier(t *testing.T, s *devserver.Server) {
	t.Helper()
	const keys = `{"client_key": "sandbox_ck_NaruDevBillingClient00000001", "secret_key": "sandbox_sk_NaruDevBillingSecret00000001"}`
	_, err := s.Naru("", "tier", "add", "--merchant", devserver.UserCode, "--code", "ABC", "--name", "둘째 상점")
	if err == nil {
		_, err = s.Naru(keys, "channel", "add", devserver.UserCode, "--tier", "ABC", "--provider", "tosspayments", "--mid", "tnarubill",
			"--kind", "billing", "--mode", "sandbox", "--api", s.Sandbox+"/tosspayments", "--credentials", "-")
	}
	if err != nil {
		t.Error(err)
	}
}

// withoutProxies keeps these clients from going through a proxy to this machine:
// one of them knows no exceptions.
func withoutProxies(env []string) []string {
	var out []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasSuffix(strings.ToLower(name), "_proxy") {
			out = append(out, e)
		}
	}
	return out
}
