package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Options are what a client is made of. The zero value reaches public
// addresses only, by the system's resolver.
type Options struct {
	// Allow are networks that may be reached though they are not public.
	Allow []netip.Prefix
	Reach Reach
	// Resolver is nil for the system's.
	Resolver *net.Resolver
	// ConnectTimeout bounds resolving, connecting and, apart from it, the TLS
	// handshake: 10 s each. HeaderTimeout bounds the wait for an answer's headers
	// once the request is sent: 30 s.
	ConnectTimeout, HeaderTimeout time.Duration
	// IdlePerHost is how many connections to a host are kept, for 4 s: 2.
	IdlePerHost int
}

const (
	defaultConnect = 10 * time.Second
	defaultHeader  = 30 * time.Second
	defaultIdle    = 2
	// keptFor is less than the 5 s after which common servers hang up, so that a
	// request seldom meets a connection that is being closed.
	keptFor = 4 * time.Second
	// headerLimit is how many bytes of headers an answer may have.
	headerLimit = 64 << 10
)

// NewClient makes a client that connects only where o allows. It follows no
// redirect, uses no proxy (which would connect in its place) and unpacks nothing.
// How long a request may take in all is for its context to say; how much of a
// body is read, for the caller. An address that is not allowed is a *Refused.
func NewClient(o Options) *http.Client {
	if o.ConnectTimeout <= 0 {
		o.ConnectTimeout = defaultConnect
	}
	if o.HeaderTimeout <= 0 {
		o.HeaderTimeout = defaultHeader
	}
	if o.IdlePerHost <= 0 {
		o.IdlePerHost = defaultIdle
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	d := &door{guard: newGuard(o.Allow, o.Reach), resolver: o.Resolver, timeout: o.ConnectTimeout}
	d.dialer = &net.Dialer{Control: d.control}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DialContext: d.dial, ForceAttemptHTTP2: true, TLSHandshakeTimeout: o.ConnectTimeout,
			ResponseHeaderTimeout: o.HeaderTimeout, MaxIdleConnsPerHost: o.IdlePerHost, IdleConnTimeout: keptFor,
			MaxResponseHeaderBytes: headerLimit, DisableCompression: true,
		},
	}
}

// door dials.
type door struct {
	guard    *guard
	resolver *net.Resolver
	dialer   *net.Dialer
	timeout  time.Duration
}

// dial is of http.Transport.DialContext.
func (d *door) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	addrs, err := d.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, a := range addrs {
		conn, err := d.dialOne(ctx, network, net.JoinHostPort(a.String(), port), len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// dialOne gives the first of so many addresses its share of the time.
func (d *door) dialOne(ctx context.Context, network, address string, left int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer cancel()
	}
	return d.dialer.DialContext(ctx, network, address)
}

// resolve is the addresses of a host, IPv4 first, all of which may be connected
// to: a name that has one public and one private address is refused.
func (d *door) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, d.guard.check(host, a)
	}
	if err := checkName(host); err != nil {
		return nil, err
	}
	found, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, a := range found {
		if err := d.guard.check(host, a); err != nil {
			return nil, err
		}
		if a = a.Unmap(); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return out, nil
}

// control is the second look, at what is being connected to.
func (d *door) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("refused: %q is no address", address)
	}
	return d.guard.check(to.Addr().String(), to.Addr())
}

// checkName refuses what other programs read as an IPv4 address though it is not
// written as one, such as 2130706433, 0177.0.0.1, 0x7f.1, 127.1 and 127.0.0.1.
// with a dot behind: names of hosts do not end in a number (WHATWG URL, "ends in
// a number checker").
func checkName(host string) error {
	last := strings.TrimSuffix(host, ".")
	if i := strings.LastIndexByte(last, '.'); i >= 0 {
		last = last[i+1:]
	}
	digits, isHex := strings.CutPrefix(strings.ToLower(last), "0x")
	set := "0123456789"
	if isHex {
		set += "abcdef"
	}
	if host == "" || strings.Trim(digits, set) == "" {
		return &Refused{Host: host, Why: "an IPv4 address must be written as four decimal numbers, such as 203.0.113.7"}
	}
	return nil
}
