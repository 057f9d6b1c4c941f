package notify_test

import (
	"strings"
	"testing"

	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
)

func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	guard := func(o *notify.Options) { o.AllowPrivate = nil }
	r := newRig(t, "sqlite::memory:", guard)
	port := r.shop.URL[strings.LastIndex(r.shop.URL, ":"):]
	urls := []string{
		"http://127.0.0.1" + port, "http://localhost" + port, "http://[::1]" + port, "http://[::ffff:127.0.0.1]" + port, "http://0.0.0.0" + port,
		"http://127.1" + port, "http://10.0.0.1/", "http://192.168.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[fd00::1]/",
	}
	r.pays(urls...)
	r.paid()
	r.run()
	if got := r.shop.requests(); len(got) > 0 {
		t.Errorf("%d requests went through", len(got))
	}
	all := r.deliveries()
	if len(all) != len(urls) {
		t.Fatalf("%d deliveries, want %d", len(all), len(urls))
	}
	for _, d := range all {
		if e := r.tries(d)[0].Error; !strings.Contains(e, "refused: ") {
			t.Errorf("%s: error %q", d.URL, e)
		}
	}
}

func TestPrivateAddressesMayBeAllowed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(*notify.Options)
		settings func(*pay.Settings)
	}{
		"in development":  {func(o *notify.Options) { o.AllowPrivate, o.AnyAddress = nil, true }, nil},
		"by the operator": {func(o *notify.Options) { o.AllowPrivate = loopback }, nil},
		"for a merchant":  {func(o *notify.Options) { o.AllowPrivate = nil }, func(s *pay.Settings) { s.PrivateAddressesOK = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "sqlite::memory:", c.change)
			if c.settings != nil {
				r.settings(c.settings)
			}
			r.pays()
			r.paid()
			r.run()
			if d, _ := r.only(); d.Status != store.DeliveryDelivered {
				t.Errorf("%s", d.Status)
			}
		})
	}
}

// A merchant's leave is for its own address: one that a page gave comes from
// whoever sits at the browser.
func TestAPageCannotNameAPrivateAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:", func(o *notify.Options) { o.AllowPrivate = nil })
	r.settings(func(s *pay.Settings) { s.PrivateAddressesOK = true })
	r.pays(r.shop.URL + "/elsewhere")
	r.paid()
	r.run()
	if _, tries := r.only(); len(r.shop.requests()) != 0 || !strings.Contains(tries[0].Error, "allow-private-addresses") {
		t.Errorf("%d requests, tries %+v", len(r.shop.requests()), tries)
	}
}

func TestUnusableAddressIsRecorded(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"ftp://example.com/", "javascript:alert(1)", "/relative", "http://", "http://a b/"} {
		r := newRig(t, "sqlite::memory:", nil)
		r.pays(url)
		r.paid()
		r.run()
		if _, tries := r.only(); !strings.Contains(tries[0].Error, "cannot be used") {
			t.Errorf("%s: %+v", url, tries)
		}
	}
}
