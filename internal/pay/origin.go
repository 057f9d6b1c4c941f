package pay

import (
	"fmt"
	"net/netip"
	"net/url"
)

// ParseOrigin reads a web origin: a scheme and a host, and nothing after it.
func ParseOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != text {
		return "", fmt.Errorf("%q is not an origin such as https://shop.example.com", text)
	}
	return text, nil
}

// ParseNetwork reads an address or a network in CIDR and gives it in CIDR; an
// address is a network of one.
func ParseNetwork(text string) (string, error) {
	network, err := netip.ParsePrefix(text)
	if address, addrErr := netip.ParseAddr(text); addrErr == nil && address.Zone() == "" {
		address = address.Unmap()
		network, err = netip.PrefixFrom(address, address.BitLen()), nil
	}
	if err != nil || network.Addr().Is4In6() {
		return "", fmt.Errorf("%q is neither an address nor a network such as 203.0.113.0/24", text)
	}
	if network != network.Masked() {
		return "", fmt.Errorf("%q has bits outside its mask: want %s", text, network.Masked())
	}
	return network.String(), nil
}
