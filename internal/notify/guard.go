package notify

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"code.dny.dev/ssrf"
)

// PortOne V1, "웹훅 연동하기": 10 s to connect and 30 s to answer the first
// time, 15 s in all for a re-send. "컨펌 프로세스": 10 s in all.
const (
	connectTimeout = 10 * time.Second
	readTimeout    = 30 * time.Second
	resendTimeout  = 15 * time.Second
	confirmTimeout = 10 * time.Second
)

// newClient makes a client that connects only to public addresses and those of
// allow, or anywhere if open. The address is checked after the name was
// resolved, at the moment of connecting. It follows no redirect and uses no
// proxy, which would connect in its place.
func newClient(allow []netip.Prefix, open bool) *http.Client {
	dialer := &net.Dialer{Timeout: connectTimeout}
	if !open {
		var v4, v6 []netip.Prefix
		for _, p := range allow {
			if p.Addr().Is4() {
				v4 = append(v4, p)
			} else {
				v6 = append(v6, p)
			}
		}
		dialer.Control = ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)).Safe
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: connectTimeout,
			ResponseHeaderTimeout: readTimeout, MaxIdleConnsPerHost: 2, IdleConnTimeout: 4 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
		},
	}
}

// errText is err in words that may be shown: what failed, without the URL,
// which may carry the merchant's own secrets and stands beside it anyway.
func errText(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return "timed out: " + u.Err.Error()
		}
		return u.Err.Error()
	}
	return err.Error()
}
