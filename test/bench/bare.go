package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// serveBare answers every request with what a payment looks like, from memory.
// It is also where webhooks go: it takes each at its first try.
func serveBare(addr string) {
	body := []byte(`{"code":0,"message":null,"response":{"imp_uid":"imp_000000000000","status":"paid"}}` + strings.Repeat(" ", 1200))
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

// startBare runs serveBare in a process of its own.
func startBare(ctx context.Context) (address string, stop func(), err error) {
	return startBareAs(ctx, func(args ...string) *exec.Cmd { return exec.Command(args[0], args[1:]...) })
}

func startBareAs(ctx context.Context, command func(...string) *exec.Cmd) (address string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return "", nil, err
	}
	cmd := command(self, "-bare", "127.0.0.1:"+ports[0])
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	address = "http://127.0.0.1:" + ports[0]
	if err := ready(ctx, address); err != nil {
		stop()
		return "", nil, err
	}
	return address, stop, nil
}
