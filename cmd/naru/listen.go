package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// listen takes address, which the named flag gave. A taken port is explained
// with the flag that moves it.
func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is taken: choose another with --%s", address, flag)
	case err != nil:
		return nil, fmt.Errorf("--%s %s: %w", flag, address, err)
	}
	return l, nil
}

// listenLoopback is listen for addresses of this machine alone.
func listenLoopback(flag, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--%s %s: want host:port, such as 127.0.0.1:8787", flag, address)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--%s %s: its keys are public, so it listens on loopback only (127.0.0.1, [::1], localhost)", flag, address)
	}
	return listen(flag, address)
}

// base is the URL of a listener under the host it was asked for by, with the
// port it got.
func base(address string, l net.Listener) string {
	host, _, err := net.SplitHostPort(address)
	_, port, err2 := net.SplitHostPort(l.Addr().String())
	if err != nil || err2 != nil {
		return "http://" + l.Addr().String()
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
