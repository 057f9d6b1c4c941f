package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/sandbox/tosspayments"
	"naru/internal/store"
)

func (r *rig) auditOf(m pay.MerchantID) []store.Audit {
	r.t.Helper()
	var out []store.Audit
	must2(r.t, r.store.Read(r.ctx, func(tx *store.Tx) (err error) {
		out, err = tx.ListAudit(r.ctx, m, store.AuditFilter{})
		return err
	}))
	return out
}

func codes(c gateway.ChannelCheck) string {
	var out []string
	for _, f := range c.Findings {
		out = append(out, string(f.Code))
	}
	return strings.Join(out, " ")
}

// Of many who change one channel at once from the same revision, one does.
func TestAChannelIsChangedFromOneRevisionOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		key := fixedKey(pay.TossPay, pay.ChannelPayment)
		was, err := r.gw.Channel(r.ctx, r.merchant.ID, pay.ChannelKey(key))
		must2(t, err)
		var wg sync.WaitGroup
		var mu sync.Mutex
		changed, refused := 0, 0
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
			wg.Go(func() {
				_, err := r.gw.UpdateChannel(r.ctx, gateway.ChannelChange{Merchant: r.merchant.ID, Key: was.Key, Revision: was.Revision, Name: &name})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					changed++
				case errors.Is(err, gateway.ErrChanged):
					refused++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		now, err := r.gw.Channel(r.ctx, r.merchant.ID, was.Key)
		must2(t, err)
		if changed != 1 || refused != 5 || now.Revision != was.Revision+1 {
			t.Errorf("%d changed it, %d were refused, revision %d after %d", changed, refused, now.Revision, was.Revision)
		}
	})
}

// What two people change of a merchant at once is changed both.
func TestPartsOfAMerchantAreChangedApart(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var wg sync.WaitGroup
		for _, change := range []func(*pay.Merchant){
			func(m *pay.Merchant) { m.Name = "새 이름" },
			func(m *pay.Merchant) { m.Settings.HideSandbox = true },
			func(m *pay.Merchant) { m.Settings.Origins = []string{"https://a.example"} },
			func(m *pay.Merchant) { m.Settings.AllowedIPs = []string{"203.0.113.0/24"} },
		} {
			wg.Go(func() {
				if _, err := r.gw.ChangeMerchant(r.ctx, r.merchant.ID, func(m *pay.Merchant) error { change(m); return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		now, err := r.gw.ChangeMerchant(r.ctx, r.merchant.ID, func(*pay.Merchant) error { return nil })
		must2(t, err)
		if now.Name != "새 이름" || !now.Settings.HideSandbox || len(now.Settings.Origins) != 1 || len(now.Settings.AllowedIPs) != 1 {
			t.Errorf("%+v", now)
		}
		n := 0
		for _, a := range r.auditOf(r.merchant.ID) {
			if a.Action == "merchant.update" {
				n++
				if strings.Count(string(a.After), ":") > 2 { // of one setting, with its colon in an address
					t.Errorf("more than was changed is audited: %s", a.After)
				}
			}
		}
		if n != 4 {
			t.Errorf("%d changes are audited", n)
		}
		for field, change := range map[string]func(*pay.Merchant){
			"origins":     func(m *pay.Merchant) { m.Settings.Origins = []string{"https://a.example/x"} },
			"allowed_ips": func(m *pay.Merchant) { m.Settings.AllowedIPs = []string{"203.0.113.7"} },
			"retention":   func(m *pay.Merchant) { m.Settings.Retention = "5 years" },
			"name":        func(m *pay.Merchant) { m.Name = "" },
		} {
			_, err := r.gw.ChangeMerchant(r.ctx, r.merchant.ID, func(m *pay.Merchant) error { change(m); return nil })
			if wrong, ok := errors.AsType[*gateway.Invalid](err); !ok || wrong.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

// There is one default channel of a provider and kind: the last that was made so.
func TestADefaultChannelTakesTheMark(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		add := func(c gateway.NewChannel) pay.Channel {
			t.Helper()
			c.Merchant, c.Mode, c.API, c.Default = r.merchant.ID, pay.ModeSandbox, r.sandbox.URL, true
			ch, err := r.gw.AddChannel(r.ctx, c)
			must2(t, err)
			return ch
		}
		toss := map[string]pay.Secret{"api_key": "sk_sandbox_plantedDefault01"}
		one := add(gateway.NewChannel{Provider: pay.TossPay, MID: "one", Credentials: toss})
		billing := add(gateway.NewChannel{Provider: pay.TossPay, MID: "bill", Kind: pay.ChannelBilling, Credentials: toss})
		two := add(gateway.NewChannel{Provider: pay.TossPay, MID: "two", Credentials: toss})
		all, err := r.gw.Channels(r.ctx, r.merchant.ID)
		must2(t, err)
		for _, ch := range all {
			if ch.Provider == pay.TossPay && ch.Default != (ch.Key == two.Key || ch.Key == billing.Key) {
				t.Errorf("%s: default %v", ch.MID, ch.Default)
			}
		}
		_, err = r.gw.UpdateChannel(r.ctx, gateway.ChannelChange{Merchant: r.merchant.ID, Key: one.Key, Default: new(true)})
		must2(t, err)
		if now, err := r.gw.Channel(r.ctx, r.merchant.ID, two.Key); err != nil || now.Default {
			t.Errorf("%+v %v", now, err)
		}
	})
}

// A key works on with its old secret as long as was said, a revoked one not at all,
// and nobody touches another merchant's.
func TestKeysOfOthersAndFormerSecrets(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		other, err := r.gw.AddMerchant(r.ctx, pay.Merchant{Name: "다른 상점"})
		must2(t, err)
		key, secret, err := r.gw.AddNamedKey(r.ctx, gateway.NewKey{Merchant: r.merchant.ID, Name: "서버"})
		must2(t, err)
		_, _, reissued := r.gw.ReissueKey(r.ctx, other.ID, key, 0)
		for _, err := range []error{r.gw.RevokeKey(r.ctx, other.ID, key), r.gw.RenameKey(r.ctx, other.ID, key, "x"), reissued} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another merchant: %v", err)
			}
		}
		used := func() time.Time {
			all, err := r.gw.Keys(r.ctx, r.merchant.ID)
			must2(t, err)
			return all[slices.IndexFunc(all, func(k gateway.KeyUse) bool { return k.Key == key })].Used
		}
		if !used().IsZero() {
			t.Error("used before it was")
		}
		at := r.clock.Now()
		_, err = r.gw.IssueToken(r.ctx, key, secret)
		must2(t, err)
		if !used().Equal(at) {
			t.Errorf("used %v, asked at %v", used(), at)
		}
		r.clock.Advance(29*time.Minute + 30*time.Second) // the token is made to live longer
		_, err = r.gw.IssueToken(r.ctx, key, secret)
		must2(t, err)
		if u := used(); u.Before(r.clock.Now().Add(-time.Minute)) || u.After(r.clock.Now()) {
			t.Errorf("used %v, asked at %v", u, r.clock.Now())
		}
		second, until, err := r.gw.ReissueKey(r.ctx, r.merchant.ID, key, 24*time.Hour)
		must2(t, err)
		if !until.Equal(r.clock.Now().Add(24 * time.Hour)) {
			t.Errorf("until %v", until)
		}
		third, _, err := r.gw.ReissueKey(r.ctx, r.merchant.ID, key, time.Hour) // the first ends although its day is not over
		must2(t, err)
		for s, good := range map[string]bool{secret: false, second: true, third: true} {
			if _, err := r.gw.IssueToken(r.ctx, key, s); (err == nil) != good {
				t.Errorf("%v, want it taken: %v", err, good)
			}
		}
		if _, _, err := r.gw.ReissueKey(r.ctx, r.merchant.ID, key, gateway.LongestOverlap+1); err == nil {
			t.Error("an overlap without end")
		}
	})
}

// A check tells good keys from bad, whose they are, and their version; a provider
// that hangs is waited for no longer than the caller does.
func TestChannelsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		key := pay.ChannelKey(fixedKey(pay.TossPayments, pay.ChannelPayment))
		check := func(m pay.MerchantID) (gateway.ChannelCheck, error) { return r.gw.CheckChannel(r.ctx, m, key) }
		if got, err := check(r.merchant.ID); err != nil || !got.Works() || codes(got) != "key_accepted mid_untold version_untold unheard" {
			t.Errorf("%s %v", codes(got), err)
		}
		if _, err := check("m_nobody"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another merchant's: %v", err)
		}
		v := r.open(r.request(pay.TossPayments, "o-check")).agree("")
		_, err := v.finish()
		must2(t, err)
		if got, err := check(r.merchant.ID); err != nil || codes(got) != "key_accepted mid_fits version_fits unheard" {
			t.Errorf("after a payment: %s %v", codes(got), err)
		}
		_, err = r.gw.UpdateChannel(r.ctx, gateway.ChannelChange{Merchant: r.merchant.ID, Key: key, MID: new("tother")})
		must2(t, err)
		if got, err := check(r.merchant.ID); err != nil || got.Works() || codes(got) != "key_accepted mid_differs version_fits unheard" {
			t.Errorf("of another MID: %s %v", codes(got), err)
		}
		_, err = r.gw.UpdateChannel(r.ctx, gateway.ChannelChange{Merchant: r.merchant.ID, Key: key, Credentials: map[string]pay.Secret{"secret_key": "sandbox_sk_plantedOtherKey0000000000001"}})
		must2(t, err)
		if got, err := check(r.merchant.ID); err != nil || got.Works() || codes(got) != "key_refused" || strings.Contains(got.Findings[0].String(), "planted") {
			t.Errorf("with a wrong key: %s %v", codes(got), err)
		}
	})
}

func TestAHangingProviderIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	release := make(chan struct{})
	asked := make(chan struct{}, 1)
	hang := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	t.Cleanup(func() { close(release); hang.Close() })
	key := pay.ChannelKey(fixedKey(pay.TossPay, pay.ChannelPayment))
	_, err := r.gw.UpdateChannel(r.ctx, gateway.ChannelChange{Merchant: r.merchant.ID, Key: key, API: &hang.URL})
	must2(t, err)
	ctx, cancel := contextUntil(r.ctx, asked)
	defer cancel()
	got, err := r.gw.CheckChannel(ctx, r.merchant.ID, key)
	if err != nil || got.Works() || codes(got) != "no_answer" {
		t.Errorf("%s %v", codes(got), err)
	}
}

// A shop set to 1.4 is right for billing by card number and wrong for windows.
func TestAnOldVersionIsFound(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	sim, err := tosspayments.New(tosspayments.Options{BaseURL: "http://127.0.0.1", Strict: true, Shops: []tosspayments.Shop{
		{MID: "told", Name: "나루", ClientKey: clientKey, SecretKey: secretKey, Version: "1.4", Billing: true},
	}})
	must2(t, err)
	t.Cleanup(func() { _ = sim.Close() })
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	for kind, want := range map[pay.ChannelKind]string{pay.ChannelPayment: "version_old", pay.ChannelBilling: "version_old_fits"} {
		ch, err := r.gw.AddChannel(r.ctx, gateway.NewChannel{Merchant: r.merchant.ID, Provider: pay.TossPayments, MID: "told", Mode: pay.ModeSandbox, Kind: kind, API: server.URL, Script: server.URL,
			Credentials: map[string]pay.Secret{"client_key": clientKey, "secret_key": secretKey}})
		must2(t, err)
		got, err := r.gw.CheckChannel(r.ctx, r.merchant.ID, ch.Key)
		if err != nil || got.Works() != (kind == pay.ChannelBilling) || codes(got) != "key_accepted mid_untold "+want+" unheard" {
			t.Errorf("%s: %s %v", kind, codes(got), err)
		}
	}
}

// contextUntil ends once something was heard.
func contextUntil(parent context.Context, heard <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		select {
		case <-heard:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
