package main

import (
	"slices"
	"testing"

	"naru/internal/pay"
)

func TestNetworksAreKeptAsCIDR(t *testing.T) {
	t.Parallel()
	s := pay.Settings{AllowedIPs: []string{"192.0.2.0/24"}}
	for _, c := range []struct {
		given, want []string
		wrong       bool
	}{
		{nil, []string{"192.0.2.0/24"}, false}, // not given: as it was
		{[]string{"203.0.113.7", "2001:db8::1", "198.51.100.0/25", "::ffff:203.0.113.8"},
			[]string{"203.0.113.7/32", "2001:db8::1/128", "198.51.100.0/25", "203.0.113.8/32"}, false},
		{[]string{"203.0.113.7/24"}, nil, true},
		{[]string{"::ffff:203.0.113.0/120"}, nil, true}, // no IPv4 address would be in it
		{[]string{"fe80::1%eth0"}, nil, true},
		{[]string{"203.0.113.7", ""}, nil, true},
		{[]string{""}, nil, false},
	} {
		got := s
		err := merchantFlags{AllowIP: c.given}.apply(&got)
		if (err != nil) != c.wrong || err == nil && !slices.Equal(got.AllowedIPs, c.want) {
			t.Errorf("--allow-ip %q: %q, %v; want %q", c.given, got.AllowedIPs, err, c.want)
		}
	}
}
