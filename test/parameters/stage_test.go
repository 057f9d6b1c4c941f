package parameters_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/test/devserver"
)

// channel is a contract of the shop: its key, and the provider's name for it.
type channel struct{ key, mid string }

// contract is what a channel is for.
type contract struct{ provider, kind string }

// The providers, and the kinds of channels.
const (
	cards, wallet    = "tosspayments", "tosspay_v2"
	payment, billing = "payment", "billing"
)

// The channels that `naru dev` has, and the keys of the stand-ins' shops. Nothing
// here is secret: they are the same on every machine.
var (
	devChannels = map[contract]channel{
		{cards, payment}:  {"channel-key-11111111-1111-4111-8111-111111111111", "tnaru"},
		{wallet, payment}: {"channel-key-22222222-2222-4222-8222-222222222222", "narutosspay"},
		{cards, billing}:  {"channel-key-33333333-3333-4333-8333-333333333333", "tnarubill"},
		{wallet, billing}: {"channel-key-44444444-4444-4444-8444-444444444444", "narutosspaybill"},
	}
	devKeys = map[contract]string{
		{cards, payment}:  `{"client_key":"sandbox_ck_NaruDevClientKey000000000001","secret_key":"sandbox_sk_NaruDevSecretKey000000000001"}`,
		{wallet, payment}: `{"api_key":"sk_sandbox_NaruDevTossPay00001"}`,
		{cards, billing}:  `{"client_key":"sandbox_ck_NaruDevBillingClient00000001","secret_key":"sandbox_sk_NaruDevBillingSecret00000001"}`,
		{wallet, billing}: `{"api_key":"sk_sandbox_NaruDevTossPayBil1"}`,
	}
)

// patience is how long anything may take that is waited for.
const patience = 30 * time.Second

// stage is one running `naru dev`, and what all windows of the walk share.
type stage struct {
	*devserver.Server
	client *http.Client
	now    time.Time // on the sandbox's clock, when the walk began
	bearer string    // of the REST API
	shop   *shop

	// The channels of rows about choosing one: no default leads to them. The
	// first is for channelKey, the second for pg.
	first, second map[contract]channel

	records map[string]*records // by provider
	plain   sync.Map            // what opens without a parameter: string to func() (opened, error)
	opened  atomic.Int64        // windows that reached a provider's stand-in
	refused atomic.Int64
}

func newStage(t *testing.T) *stage {
	t.Helper()
	dir := t.TempDir()
	bin, err := devserver.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	server, err := devserver.Start(bin, dir)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	s := &stage{
		Server: server, shop: newShop(),
		client: &http.Client{
			Transport: transport, Timeout: patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.records = map[string]*records{cards: newRecords(s.cardWindows), wallet: newRecords(s.walletWindows)}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.shop.Close()
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	for _, step := range []func() error{s.readClock, s.logIn, s.addChannels, s.addPromotion} {
		if err := step(); err != nil {
			t.Fatalf("%v\nnaru dev:\n%s", err, server.Output())
		}
	}
	return s
}

func (s *stage) readClock() error {
	var clock struct{ Now time.Time }
	err := s.Control("GET", "clock", nil, &clock)
	s.now = clock.Now
	return err
}

func (s *stage) logIn() error {
	var token struct {
		Response struct {
			Token string `json:"access_token"`
		}
	}
	_, err := s.call(call{to: s.Gateway + "/users/getToken", body: map[string]string{"imp_key": devserver.Key, "imp_secret": devserver.Secret}}, &token)
	if err == nil && token.Response.Token == "" {
		err = errors.New("no token for the REST API")
	}
	s.bearer = token.Response.Token
	return err
}

// addChannels gives the shop two more channels of each kind.
func (s *stage) addChannels() error {
	s.first, s.second = map[contract]channel{}, map[contract]channel{}
	for _, have := range []map[contract]channel{s.first, s.second} {
		for c := range devChannels {
			mid := fmt.Sprintf("walk%d", len(s.first)+len(s.second))
			key, err := s.addChannel(c, mid)
			if err != nil {
				return err
			}
			have[c] = channel{key, mid}
		}
	}
	return nil
}

func (s *stage) addChannel(c contract, mid string) (string, error) {
	api, script := s.Sandbox+"/tosspay", ""
	if c.provider == cards {
		api, script = s.Sandbox+"/tosspayments", s.Sandbox+"/tosspayments/js/v1"
	}
	args := []string{"channel", "add", devserver.UserCode, "--provider", c.provider, "--mid", mid, "--kind", c.kind, "--mode", "sandbox", "--api", api, "--credentials", "-"}
	if script != "" {
		args = append(args, "--script", script)
	}
	out, err := s.Naru(devKeys[c], args...)
	if err != nil {
		return "", err
	}
	words := strings.Fields(out)
	if len(words) == 0 {
		return "", errors.New("channel add says nothing")
	}
	return words[len(words)-1], nil
}

// fill writes into an example or an item what is known only now. Unique is a word
// no other window has.
func (s *stage) fill(in string, c contract, unique string) string {
	in = strings.NewReplacer(
		"{{channel}}", s.first[c].key, "{{payment channel}}", devChannels[contract{c.provider, payment}].key,
		"{{pg}}", c.provider+"."+s.second[c].mid, "{{unique}}", unique,
		"https://hook.example", s.shop.address(unique),
	).Replace(in)
	return atTime(in, s.now)
}

// addPromotion is the immediate discount that the rows of discountCode name.
func (s *stage) addPromotion() error {
	discount := map[string]any{"cardCompany": "현대", "discountCode": "D1", "discountAmount": 1000, "minimumPaymentAmount": 1000, "dueDate": s.now.In(korea).AddDate(1, 0, 0).Format(time.DateOnly)}
	return s.Control("PUT", "tosspayments/shops/"+devChannels[contract{cards, payment}].mid+"/promotions", map[string]any{"discountCards": []any{discount}}, nil)
}
