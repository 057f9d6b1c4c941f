package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"naru/internal/pay"
	"naru/internal/sandbox/control"
	"naru/internal/sandbox/tosspay"
	"naru/internal/sandbox/tosspayments"
)

// sandboxOptions are what the simulators need to know.
type sandboxOptions struct {
	base    string // address of the sandbox, no slash at the end
	webhook func(pay.ChannelKey) string
	clock   *Clock
	jobs    control.Jobs    // the gateway's; nil when it runs elsewhere
	stop    <-chan struct{} // closed when the program is to end
	log     *slog.Logger
}

// Both take part in an advance of the clock.
var (
	_ control.Timed = (*tosspayments.Simulator)(nil)
	_ control.Timed = (*tosspay.Simulator)(nil)
)

// sandbox is the simulators behind one address, each under its own prefix, and
// their control port.
type sandbox struct {
	http.Handler
	sims []io.Closer
}

const (
	tosspaymentsPrefix = "/tosspayments"
	tosspayPrefix      = "/tosspay"
)

// newSandbox starts the simulators with the fixed shops of `naru dev`.
func newSandbox(o sandboxOptions) (*sandbox, error) {
	var cardShops []tosspayments.Shop
	var walletShops []tosspay.Shop
	for _, c := range devChannels() {
		if c.Provider == pay.TossPay {
			walletShops = append(walletShops, walletShop(c))
		} else {
			cardShops = append(cardShops, cardShop(c, o.webhook))
		}
	}
	cards, err := tosspayments.New(tosspayments.Options{
		BaseURL: o.base + tosspaymentsPrefix, Now: o.clock.Now, Log: o.log, Strict: true, Shops: cardShops,
	})
	if err != nil {
		return nil, err
	}
	wallet, err := tosspay.New(tosspay.Options{
		BaseURL: o.base + tosspayPrefix, Now: o.clock.Now, Log: o.log, Strict: true, Shops: walletShops,
	})
	if err != nil {
		return nil, errors.Join(err, cards.Close())
	}
	mux := http.NewServeMux()
	mux.Handle(tosspaymentsPrefix+"/", http.StripPrefix(tosspaymentsPrefix, cards))
	mux.Handle(tosspayPrefix+"/", http.StripPrefix(tosspayPrefix, wallet))
	sims := map[string]control.Simulator{"tosspayments": cards, "tosspay": wallet}
	mux.Handle("/control/", control.New(sims, control.WithClock(o.clock, o.jobs, o.stop)))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "Naru sandbox. Providers: "+tosspaymentsPrefix+"/ and "+tosspayPrefix+"/. Knobs: /control/\n")
	})
	return &sandbox{Handler: mux, sims: []io.Closer{cards, wallet}}, nil
}

func cardShop(c devChannel, webhook func(pay.ChannelKey) string) tosspayments.Shop {
	return tosspayments.Shop{
		MID: c.MID, Name: devName, Billing: c.Kind == pay.ChannelBilling, WebhookURL: webhook(c.Key),
		ClientKey: c.credentials["client_key"].Reveal(), SecretKey: c.credentials["secret_key"].Reveal(),
		FixedAccounts: c.Options.FixedAccounts,
	}
}

func walletShop(c devChannel) tosspay.Shop {
	return tosspay.Shop{Name: devName, MID: c.MID, APIKey: c.credentials["api_key"].Reveal(), Billing: c.Kind == pay.ChannelBilling}
}

// Close ends what the simulators do by themselves.
func (s *sandbox) Close() error {
	var errs []error
	for _, sim := range s.sims {
		errs = append(errs, sim.Close())
	}
	return errors.Join(errs...)
}

// endpoints are where a sandbox channel of the provider finds its simulator.
func endpoints(base string, p pay.Provider) (api, script string) {
	if p == pay.TossPay {
		return base + tosspayPrefix, ""
	}
	return base + tosspaymentsPrefix, base + tosspaymentsPrefix + "/js/v1"
}

type sandboxCmd struct {
	Listen   string `default:"127.0.0.1:8788" placeholder:"HOST:PORT" help:"Address of the sandbox, on loopback."`
	Webhook  string `placeholder:"URL" help:"Where Toss Payments' stand-in sends its webhooks: the gateway's /notices/tosspayments/{channel key}."`
	LogLevel string `default:"info" enum:"debug,info,warn,error" help:"Least severe log line that is written."`
}

func (c *sandboxCmd) Run(ctx context.Context, m *Main) error {
	l, err := listenLoopback("listen", c.Listen)
	if err != nil {
		return err
	}
	at := base(c.Listen, l)
	log := m.logger("text", level(c.LogLevel))
	sims, err := newSandbox(sandboxOptions{
		base: at, webhook: func(pay.ChannelKey) string { return c.Webhook }, clock: NewClock(m.Now), stop: ctx.Done(), log: log,
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	group := newGroup(log, devStop)
	group.serve(l, sims)
	if err := c.explain(m.Stdout, at); err != nil {
		return err
	}
	m.ready(Addresses{Sandbox: at})
	return errors.Join(group.wait(ctx), sims.Close())
}

// explain tells how to register a channel that pays in this sandbox.
func (c *sandboxCmd) explain(w io.Writer, at string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "샌드박스 · sandbox  %s\n\n채널을 만들 때 · to register channels:\n", at)
	for _, ch := range devChannels() {
		api, script := endpoints(at, ch.Provider)
		var keys []string
		for _, k := range []string{"client_key", "secret_key", "api_key"} {
			if v, ok := ch.credentials[k]; ok {
				keys = append(keys, fmt.Sprintf("%q: %q", k, v.Reveal()))
			}
		}
		fmt.Fprintf(&b, "\n  echo '{%s}' |\n  naru channel add USER-CODE --mode sandbox --provider %s --mid %s --kind %s \\\n    --api %s", strings.Join(keys, ", "), ch.Provider, ch.MID, ch.Kind, api)
		if script != "" {
			fmt.Fprintf(&b, " --script %s", script)
		}
		if ch.Options.FixedAccounts {
			b.WriteString(" --fixed-accounts")
		}
		b.WriteString(" --credentials -\n")
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}
