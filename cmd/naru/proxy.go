package main

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// forwarding are the headers by which a proxy says for whom it speaks.
var forwarding = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded"}

// behindProxies believes what trusted proxies say of the client (its address
// and whether it came by TLS) and removes what anybody else says, so that
// nothing further in has to ask whom to trust.
func behindProxies(trusted []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, ok := hostOf(r.RemoteAddr); ok && within(trusted, peer) {
			if client, ok := clientOf(r.Header.Values("X-Forwarded-For"), trusted); ok {
				r.RemoteAddr = net.JoinHostPort(client.String(), "0")
			}
			if strings.EqualFold(lastOf(r.Header.Values("X-Forwarded-Proto")), "https") {
				r.URL.Scheme = "https"
			}
		}
		for _, h := range forwarding {
			r.Header.Del(h)
		}
		next.ServeHTTP(w, r)
	})
}

// clientOf is the last address of the list that is no trusted proxy: what
// stands before it, the client may have made up.
func clientOf(values []string, trusted []netip.Prefix) (netip.Addr, bool) {
	items := strings.Split(strings.Join(values, ","), ",")
	var found netip.Addr
	for i := len(items) - 1; i >= 0; i-- {
		addr, ok := hostOf(strings.TrimSpace(items[i]))
		if !ok {
			break
		}
		found = addr
		if !within(trusted, addr) {
			break
		}
	}
	return found, found.IsValid()
}

func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	items := strings.Split(values[len(values)-1], ",")
	return strings.TrimSpace(items[len(items)-1])
}

// hostOf reads an address with or without a port.
func hostOf(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap().WithZone(""), err == nil
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
