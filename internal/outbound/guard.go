// Package outbound is the one door through which the gateway reaches addresses
// that others chose: webhooks, notice_url, confirm_url, an operator's alert
// address. It connects to public addresses only, and to those that the operator
// lists. A name is resolved once, every address it has is judged, one of them is
// connected to, and what is really connected to is judged once more.
package outbound

import (
	"fmt"
	"net/netip"

	"code.dny.dev/ssrf"
)

// Setting is the option of the configuration that lists what may be reached
// though it is not public. Refusals name it.
const Setting = "allow-private-addresses"

// Reach is how far a client may go.
type Reach int

const (
	// Public: addresses of the internet, and those listed.
	Public Reach = iota
	// Private: those of private networks, of this machine and of carriers' shared
	// space as well. Link-local addresses and those where a cloud tells a machine
	// its secrets stay refused unless listed.
	Private
)

// private are the networks that Reach Private opens.
var private = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "fc00::/7", "::1/128")

// metadata are the addresses at which clouds tell a machine its secrets: AWS,
// Azure, Google and others; AWS over IPv6; Google over IPv6; Alibaba; Oracle;
// Azure's agent, though it is a public address. They must be listed one by one.
var metadata = prefixes("169.254.169.254/32", "169.254.170.2/32", "fd00:ec2::254/128", "fd20:ce::254/128", "100.100.100.200/32",
	"192.0.0.192/32", "168.63.129.16/32")

// carrying are the networks whose addresses carry an IPv4 address in their last
// four bytes, to which a translator passes on: RFC 6052, and local-use RFC 8215.
var carrying = prefixes("64:ff9b::/96", "64:ff9b:1::/48")

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// Refused is why an address is not connected to.
type Refused struct {
	Host string     // as it was asked for
	Addr netip.Addr // what it stands for; zero when the host itself is refused
	Why  string
}

func (r *Refused) Error() string {
	if !r.Addr.IsValid() {
		return fmt.Sprintf("refused: host %.100q: %s", r.Host, r.Why)
	}
	return fmt.Sprintf("refused: %s is %s; the setting %s may list it", r.Addr, r.Why, Setting)
}

// guard judges addresses.
type guard struct {
	allow  []netip.Prefix
	reach  Reach
	public *ssrf.Guardian
}

func newGuard(allow []netip.Prefix, reach Reach) *guard {
	return &guard{allow: allow, reach: reach, public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork())}
}

// check is nil for an address that may be connected to.
func (g *guard) check(host string, a netip.Addr) error {
	refused := func(why string) error { return &Refused{Host: host, Addr: a, Why: why} }
	if a.Zone() != "" {
		return refused("an address with a zone")
	}
	plain := a.Unmap()
	if in(metadata, plain) {
		if g.listsAlone(plain) {
			return nil
		}
		return refused("where clouds keep a machine's secrets (it must be listed alone, not by its network)")
	}
	if in(carrying, plain) { // judged by what it carries, if it may be used at all
		b := plain.As16()
		if !in(g.allow, plain) {
			return refused("an address that carries an IPv4 one")
		}
		return g.check(host, netip.AddrFrom4([4]byte(b[12:])))
	}
	switch {
	case in(g.allow, plain), g.reach == Private && in(private, plain):
		return nil
	case in(private, plain):
		return refused("a private or loopback address")
	case plain.IsLinkLocalUnicast():
		return refused("a link-local address")
	}
	if err := g.public.SafeAddr(plain); err != nil {
		return refused("not an address of the internet")
	}
	return nil
}

// listsAlone reports whether the operator listed exactly this address.
func (g *guard) listsAlone(a netip.Addr) bool {
	for _, p := range g.allow {
		if p.IsSingleIP() && p.Addr().Unmap() == a {
			return true
		}
	}
	return false
}

func in(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
