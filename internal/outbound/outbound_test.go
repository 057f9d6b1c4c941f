package outbound

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

func allow(texts ...string) []netip.Prefix { return prefixes(texts...) }

// TestWhatIsReached judges addresses as they are written in numbers.
func TestWhatIsReached(t *testing.T) {
	t.Parallel()
	nat := []string{"64:ff9b::/96"}
	for _, c := range []struct {
		address string
		allow   []string
		reach   Reach
		want    bool
	}{
		{"8.8.8.8", nil, Public, true},
		{"2606:4700:4700::1111", nil, Public, true},
		{"::ffff:8.8.8.8", nil, Public, true}, // is connected to as 8.8.8.8

		{"127.0.0.1", nil, Public, false},
		{"10.1.2.3", nil, Public, false},
		{"172.16.0.1", nil, Public, false},
		{"192.168.0.1", nil, Public, false},
		{"100.64.0.1", nil, Public, false},
		{"0.0.0.0", nil, Public, false},
		{"0.1.2.3", nil, Public, false},
		{"169.254.169.254", nil, Public, false},
		{"169.254.1.1", nil, Public, false},
		{"168.63.129.16", nil, Public, false},
		{"192.0.0.192", nil, Public, false},
		{"198.18.0.1", nil, Public, false},
		{"224.0.0.1", nil, Public, false},
		{"240.0.0.1", nil, Public, false},
		{"255.255.255.255", nil, Public, false},
		{"::", nil, Public, false},
		{"::1", nil, Public, false},
		{"::127.0.0.1", nil, Public, false}, // IPv4-compatible
		{"::ffff:127.0.0.1", nil, Public, false},
		{"::ffff:169.254.169.254", nil, Public, false},
		{"fe80::1", nil, Public, false},
		{"fe80::1%eth0", nil, Public, false},
		{"fd00:ec2::254", nil, Public, false},
		{"fc00::1", nil, Public, false},
		{"ff02::1", nil, Public, false},
		{"64:ff9b::7f00:1", nil, Public, false},      // NAT64 of 127.0.0.1
		{"64:ff9b::808:808", nil, Public, false},     // NAT64 of 8.8.8.8: only where NAT64 is used
		{"64:ff9b:1::a9fe:a9fe", nil, Public, false}, // local-use NAT64 of 169.254.169.254
		{"2002:7f00:1::", nil, Public, false},        // 6to4 of 127.0.0.1
		{"2002:808:808::", nil, Public, false},       // 6to4 of 8.8.8.8
		{"2001:0:7f00:1::", nil, Public, false},      // Teredo
		{"2001:db8::1", nil, Public, false},          // documentation
		{"64:ff9b::808:808", nat, Public, true},      // listed, and what it carries is public
		{"64:ff9b::7f00:1", nat, Public, false},      // listed, but what it carries is not
		{"64:ff9b::a9fe:a9fe", nat, Private, false},  // nor ever this
		{"10.1.2.3", []string{"10.1.0.0/16"}, Public, true},
		{"::ffff:10.1.2.3", []string{"10.1.0.0/16"}, Public, true},
		{"10.2.2.3", []string{"10.1.0.0/16"}, Public, false},
		{"169.254.1.1", []string{"169.254.0.0/16"}, Public, true},
		{"169.254.169.254", []string{"169.254.0.0/16"}, Public, false},
		{"169.254.169.254", []string{"169.254.169.254/32"}, Public, true},
		{"100.100.100.200", []string{"100.64.0.0/10"}, Private, false},
		{"fd00:ec2::254", []string{"fd00::/8"}, Private, false},

		{"127.0.0.1", nil, Private, true},
		{"::1", nil, Private, true},
		{"192.168.0.1", nil, Private, true},
		{"100.64.0.1", nil, Private, true},
		{"fd12::1", nil, Private, true},
		{"8.8.8.8", nil, Private, true},
		{"169.254.169.254", nil, Private, false},
		{"::ffff:169.254.169.254", nil, Private, false},
		{"169.254.1.1", nil, Private, false},
		{"fe80::1", nil, Private, false},
		{"0.0.0.0", nil, Private, false},
		{"224.0.0.1", nil, Private, false},
	} {
		g := newGuard(allow(c.allow...), c.reach)
		err := g.check(c.address, netip.MustParseAddr(c.address))
		if (err == nil) != c.want {
			t.Errorf("%s, allowing %v, reach %d: %v, want reached %v", c.address, c.allow, c.reach, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), Setting) {
			t.Errorf("%s: %q does not say which setting allows it", c.address, err)
		}
	}
}

// TestNotations: however an address of this machine is written, no request
// arrives there.
func TestNotations(t *testing.T) {
	t.Parallel()
	inner := newServer(t, "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(inner.address)
	c := client(t, Options{Resolver: answers(t, nil).resolver()})
	for _, host := range []string{
		"127.0.0.1", "127.0.0.1.", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "0X7F.1", "017700000001", "127.1", "127.0.1", "127.0.0.01",
		"127.0.0.1.0x0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::]", "0", "0.0.0.0",
		"１２７．０．０．１", "127。0。0。1", "①②⑦.⓪.⓪.①", "public.example@127.0.0.1", "public.example:80@127.0.0.1",
		"public.example%2f@127.0.0.1", `public.example\@127.0.0.1`, "127.0.0.1%00.public.example", "[::1%25lo]",
	} {
		resp, err := post(t, c, "http://"+host+":"+port+"/")
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: answered %d", host, resp.StatusCode)
		}
	}
	if n := inner.count(); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// TestNumbersAreNoNames: what other programs read as an address is refused without
// asking what it stands for.
func TestNumbersAreNoNames(t *testing.T) {
	t.Parallel()
	odd := []string{"2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "0X7F.1", "127.1", "127.0.0.01", "127.0.0.1.", "host.1", "0x", "1.", ".", ""}
	for _, host := range odd {
		if refused, ok := errors.AsType[*Refused](checkName(host)); !ok || !strings.Contains(refused.Error(), "four decimal numbers") {
			t.Errorf("%q: %v", host, refused)
		}
	}
	for _, host := range []string{"shop.example", "1.shop.example", "shop.example.", "localhost", "0xshop", "xn--3e0b707e", "shop.0xyz"} {
		if err := checkName(host); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// TestNameOfAPrivateAddress: what a name stands for counts; one private address
// among public ones is enough to refuse it.
func TestNameOfAPrivateAddress(t *testing.T) {
	t.Parallel()
	inner := newServer(t, "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(inner.address)
	dns := answers(t, map[string][]string{
		"inner.example.": {"127.0.0.1"}, "both.example.": {"8.8.8.8", "127.0.0.1"}, "cloud.example.": {"169.254.169.254"}, "mapped.example.": {"::ffff:127.0.0.1"},
	})
	c := client(t, Options{Resolver: dns.resolver()})
	for _, host := range []string{"inner.example", "inner.example.", "both.example", "cloud.example", "mapped.example"} {
		resp, err := post(t, c, "http://"+host+":"+port+"/")
		if err == nil {
			_ = resp.Body.Close()
		}
		if refused, ok := errors.AsType[*Refused](err); !ok || !refused.Addr.IsValid() {
			t.Errorf("%s: %v, want a refusal", host, err)
		}
	}
	if n := inner.count(); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// TestRebinding: a name that stood for an allowed address when it was judged
// cannot stand for another when it is connected to.
func TestRebinding(t *testing.T) {
	t.Parallel()
	outer := newServer(t, "127.0.0.2:0") // stands for the internet
	_, port, _ := net.SplitHostPort(outer.address)
	inner := newServer(t, "127.0.0.1:"+port)
	dns := answers(t, map[string][]string{"hook.example.": {"127.0.0.2"}})
	dns.then("hook.example.", "127.0.0.1")
	c := client(t, Options{Allow: allow("127.0.0.2/32"), Resolver: dns.resolver()})
	resp, err := post(t, c, "http://hook.example:"+port+"/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if outer.count() != 1 || dns.asked("hook.example.") != 1 {
		t.Fatalf("%d requests arrived, the name was resolved %d times: it must be once, for judging and connecting", outer.count(), dns.asked("hook.example."))
	}
	c.CloseIdleConnections()
	resp, err = post(t, c, "http://hook.example:"+port+"/")
	if err == nil {
		_ = resp.Body.Close()
	}
	if _, ok := errors.AsType[*Refused](err); !ok {
		t.Errorf("after the name moved: %v, want a refusal", err)
	}
	if n := inner.count(); n > 0 {
		t.Errorf("%d requests arrived inside", n)
	}
}

// TestSecondLook: the socket itself refuses, whatever was judged before.
func TestSecondLook(t *testing.T) {
	t.Parallel()
	inner := newServer(t, "127.0.0.1:0")
	d := &door{guard: newGuard(nil, Public)}
	d.dialer = &net.Dialer{Control: d.control}
	conn, err := d.dialOne(t.Context(), "tcp", inner.address, 1)
	if err == nil {
		_ = conn.Close()
	}
	if _, ok := errors.AsType[*Refused](err); !ok {
		t.Errorf("connected: %v", err)
	}
}

// TestNextAddressIsTried: a name with a dead address and a live one is reached.
func TestNextAddressIsTried(t *testing.T) {
	t.Parallel()
	live := newServer(t, "127.0.0.2:0")
	_, port, _ := net.SplitHostPort(live.address)
	dns := answers(t, map[string][]string{"hook.example.": {"127.0.0.3", "127.0.0.2"}})
	c := client(t, Options{Allow: allow("127.0.0.0/8"), Resolver: dns.resolver()})
	resp, err := post(t, c, "http://hook.example:"+port+"/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if live.count() != 1 {
		t.Errorf("%d requests arrived", live.count())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	s := newServer(t, "127.0.0.1:0")
	c := client(t, Options{Reach: Private})
	resp, err := post(t, c, "http://"+s.address+"/redirect")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusFound || s.count() != 1 {
		t.Errorf("answer %d after %d requests", resp.StatusCode, s.count())
	}
}

// TestHeadersAreBounded: an answer of endless headers is an error, not memory.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	s := newServer(t, "127.0.0.1:0")
	c := client(t, Options{Reach: Private})
	resp, err := post(t, c, "http://"+s.address+"/headers")
	if err == nil {
		_ = resp.Body.Close()
		t.Errorf("answer %d", resp.StatusCode)
	}
}

func client(t *testing.T, o Options) *http.Client {
	t.Helper()
	c := NewClient(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func post(t *testing.T, c *http.Client, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("x"))
	if err != nil {
		return nil, err
	}
	return c.Do(req)
}

// server counts what arrives at an address.
type server struct {
	address string
	mu      sync.Mutex
	n       int
}

func newServer(t *testing.T, address string) *server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: l.Addr().String()}
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.n++
		s.mu.Unlock()
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/headers":
			w.Header().Set("X-Long", strings.Repeat("x", 2*headerLimit))
		}
	}))
	_ = h.Listener.Close()
	h.Listener = l
	h.Start()
	t.Cleanup(h.Close)
	return s
}

func (s *server) count() int { s.mu.Lock(); defer s.mu.Unlock(); return s.n }

// nameServer is a little DNS server.
type nameServer struct {
	conn  net.PacketConn
	mu    sync.Mutex
	names map[string][]string // what a name stands for
	next  map[string][]string // and from its second question on
	asks  map[string]int      // questions for IPv4 addresses
}

// answers serves names until the test ends.
func answers(t *testing.T, names map[string][]string) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn: conn, names: names, next: map[string][]string{}, asks: map[string]int{}}
	ended := make(chan struct{})
	go func() { defer close(ended); s.serve() }()
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	return s
}

func (s *nameServer) then(name string, addresses ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next[name] = addresses
}

func (s *nameServer) asked(name string) int { s.mu.Lock(); defer s.mu.Unlock(); return s.asks[name] }

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

func (s *nameServer) serve() {
	b := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(b)
		if err != nil {
			return
		}
		_, _ = s.conn.WriteTo(s.answer(b[:n]), from)
	}
}

// answer is the answer to a query (RFC 1035, 4.1).
func (s *nameServer) answer(query []byte) []byte {
	const header, a, aaaa = 12, 1, 28
	var name strings.Builder
	at := header
	for query[at] != 0 {
		n := int(query[at])
		name.WriteString(strings.ToLower(string(query[at+1:at+1+n])) + ".")
		at += 1 + n
	}
	kind := binary.BigEndian.Uint16(query[at+1:])
	question := query[header : at+5]
	s.mu.Lock()
	found := s.names[name.String()]
	if kind == a {
		s.asks[name.String()]++
	}
	if s.asks[name.String()] > 1 && s.next[name.String()] != nil {
		found = s.next[name.String()]
	}
	s.mu.Unlock()
	var records []byte
	count := uint16(0)
	for _, text := range found {
		ip := netip.MustParseAddr(text)
		if ip.Is4() != (kind == a) || ip.Is6() != (kind == aaaa) {
			continue
		}
		count++
		records = append(records, 0xc0, header, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(ip.BitLen()/8)) // the name again; class IN; no time to live
		records = append(records, ip.AsSlice()...)
	}
	flags := uint16(0x8180)
	if found == nil {
		flags |= 3 // no such name
	}
	out := append([]byte(nil), query[:2]...)
	for _, v := range []uint16{flags, 1, count, 0, 0} {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	return append(append(out, question...), records...)
}
