package console

import (
	"net"
	"net/netip"
	"net/url"
)

// origin is scheme and host of our own pages as this browser knows them: those of
// PublicURL, or localhost where PublicURL is this machine's address and the
// browser asked for it by that name, as naru dev has it. No other name that a
// request brings is believed.
func (v *visit) origin() string {
	public, err := url.Parse(v.c.public)
	if err != nil {
		return ""
	}
	if host, _, err := net.SplitHostPort(v.r.Host); err == nil && host == "localhost" && loopback(public.Hostname()) {
		return public.Scheme + "://" + v.r.Host
	}
	return public.Scheme + "://" + public.Host
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
