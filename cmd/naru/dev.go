package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"naru/examples/playground"
	"naru/examples/shop"
	"naru/internal/pay"
	"naru/internal/vault"
)

// devStop is how long a stopping `naru dev` waits for open requests.
const devStop = 3 * time.Second

type devCmd struct {
	Listen        string `default:"127.0.0.1:8787" placeholder:"HOST:PORT" help:"Address of the gateway."`
	SandboxListen string `default:"127.0.0.1:8788" placeholder:"HOST:PORT" help:"Address of the providers' stand-ins."`
	ShopListen    string `default:"localhost:8789" placeholder:"HOST:PORT" help:"Address of the demo shop; a name, so that it is another site than the gateway."`
	Data          string `placeholder:"DIR" help:"Folder to keep the data in; without it nothing is kept."`
	WebhookURL    string `name:"webhook-url" placeholder:"URL" help:"Where webhooks go instead of the demo shop: your own application."`
	Quiet         bool   `short:"q" help:"Do not print the start page."`
	LogLevel      string `default:"info" enum:"debug,info,warn,error" help:"Least severe log line that is written."`
}

// devWorld is what a running `naru dev` is made of.
type devWorld struct {
	at        Addresses
	listeners [3]net.Listener // gateway, sandbox, shop
	app       *app
	sandbox   *sandbox
	shop      http.Handler
}

func (c *devCmd) Run(ctx context.Context, m *Main) (err error) {
	log := m.logger("text", level(c.LogLevel))
	w := &devWorld{}
	if err := c.checkWebhook(); err != nil {
		return err
	}
	if err := c.listen(w); err != nil {
		return err
	}
	data, clean, err := c.folder()
	if err != nil {
		return errors.Join(err, w.hangUp())
	}
	defer func() { err = errors.Join(err, clean()) }()
	clock := NewClock(m.Now)
	if err := c.build(ctx, w, data, clock, log); err != nil {
		return errors.Join(err, w.hangUp())
	}
	return w.run(ctx, log, func() {
		if !c.Quiet {
			page := startPage{at: w.at, webhook: c.webhook(w.at), data: c.Data}
			if err := page.print(m.Stdout); err != nil {
				log.Warn("the start page could not be printed", "error", err)
			}
		}
		m.ready(w.at)
	})
}

// run serves what was built, and runs its jobs, until ctx ends; ready is called
// once requests are accepted.
func (w *devWorld) run(ctx context.Context, log *slog.Logger, ready func()) error {
	group := newGroup(log, devStop)
	for i, h := range []http.Handler{w.app, w.sandbox, w.shop} {
		group.serve(w.listeners[i], h)
	}
	stopJobs := startJobs(ctx, w.app, devStop, log)
	ready()
	err := group.wait(ctx)
	stopJobs()
	return errors.Join(err, w.sandbox.Close(), w.app.close())
}

func (c *devCmd) checkWebhook() error {
	var to string
	return checkURL("webhook-url", c.WebhookURL, &to)
}

// listen takes all three addresses before anything else starts.
func (c *devCmd) listen(w *devWorld) error {
	for i, f := range []struct {
		flag, address string
		base          *string
	}{
		{"listen", c.Listen, &w.at.Gateway},
		{"sandbox-listen", c.SandboxListen, &w.at.Sandbox},
		{"shop-listen", c.ShopListen, &w.at.Shop},
	} {
		l, err := listenLoopback(f.flag, f.address)
		if err != nil {
			return errors.Join(err, w.hangUp())
		}
		w.listeners[i], *f.base = l, base(f.address, l)
	}
	return nil
}

// hangUp closes what listen took.
func (w *devWorld) hangUp() error {
	var errs []error
	for _, l := range w.listeners {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// folder is where the data goes, and how to leave it at the end.
func (c *devCmd) folder() (dir string, clean func() error, err error) {
	if c.Data != "" {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return "", nil, fmt.Errorf("--data: %w", err)
		}
		return c.Data, func() error { return nil }, nil
	}
	if dir, err = os.MkdirTemp("", "naru-dev-"); err != nil {
		return "", nil, err
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// build puts gateway, sandbox and shop together. They share one clock.
func (c *devCmd) build(ctx context.Context, w *devWorld, data string, clock *Clock, log *slog.Logger) (err error) {
	master, err := devMaster(data)
	if err != nil {
		return err
	}
	watch := &jobWatch{}
	w.app, err = newApp(ctx, appOptions{
		db: "sqlite:" + filepath.Join(data, "naru-dev.db"), master: master, migrate: true, publicURL: w.at.Gateway, listen: w.listeners[0].Addr().String(), clock: clock,
		now: clock.Now, machine: clock.base, log: log, retries: devRetries(), anyAddress: true, watch: watch,
		testDeposit: sandboxDeposit(func() string { return w.at.Sandbox + "/control" }),
		chance:      func() float64 { return 0.5 }, // each wait as it is listed, for those who move the clock
	})
	if err != nil {
		return err
	}
	w.sandbox, err = newSandbox(sandboxOptions{
		base: w.at.Sandbox, clock: clock, jobs: devJobs{w.app, watch}, stop: ctx.Done(), log: log.With("part", "sandbox"),
		webhook: func(k pay.ChannelKey) string {
			return w.at.Gateway + "/notices/" + string(pay.TossPayments) + "/" + string(k)
		},
	})
	if err != nil {
		return errors.Join(err, w.app.close())
	}
	if err = settle(ctx, w.app, w.at.Sandbox, c.webhook(w.at)); err == nil {
		w.at.Console, err = devConsole(ctx, w.app, w.at.Gateway)
	}
	if err == nil {
		w.shop, err = newShop(w.at, clock, log)
	}
	if err != nil {
		return errors.Join(err, w.sandbox.Close(), w.app.close())
	}
	return nil
}

// devConsole is the link of the start page. It names localhost, not an address:
// passkeys belong to a name.
func devConsole(ctx context.Context, a *app, gateway string) (string, error) {
	token, _, err := a.people.Link(ctx, devOperator)
	return linkTo(strings.Replace(gateway, "//127.0.0.1:", "//localhost:", 1), token), err
}

// webhook is where the merchant hears.
func (c *devCmd) webhook(at Addresses) string {
	if c.WebhookURL != "" {
		return c.WebhookURL
	}
	return at.Shop + "/webhook"
}

// devRetries are short: whoever develops waits for them.
func devRetries() []time.Duration {
	return []time.Duration{5 * time.Second, 30 * time.Second, 5 * time.Minute}
}

// newShop is the demo shop, with the playground beside it.
func newShop(at Addresses, clock *Clock, log *slog.Logger) (http.Handler, error) {
	o := shop.Options{
		Gateway: at.Gateway, UserCode: devUserCode, Key: devKey, Secret: devSecret, Public: at.Shop,
		Now: clock.Now, Log: log.With("part", "shop"),
	}
	play := playground.Options{
		Gateway: at.Gateway, UserCode: devUserCode, Key: devKey, Secret: devSecret, Control: at.Sandbox + "/control",
		Base: playgroundPath, Self: at.Shop + playgroundPath, Now: clock.Now, Log: log.With("part", "playground"),
	}
	for _, ch := range devChannels() {
		if ch.Kind == pay.ChannelPayment {
			o.Channels = append(o.Channels, shop.Channel{Label: ch.label, Key: string(ch.Key), Method: string(ch.method)})
		}
		play.Channels = append(play.Channels, playground.Channel{Key: string(ch.Key), Name: ch.label, Provider: string(ch.Provider), Kind: string(ch.Kind)})
	}
	demo, err := shop.New(o)
	if err != nil {
		return nil, err
	}
	tryOut, err := playground.New(play)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", demo)
	mux.Handle(playgroundPath, tryOut)
	mux.Handle(playgroundPath+"/", tryOut)
	return mux, nil
}

// playgroundPath is where the playground is, on the demo shop's address.
const playgroundPath = "/playground"

// devMaster is the master key kept with the data, made when there is none.
func devMaster(data string) ([]byte, error) {
	file := filepath.Join(data, "naru-dev.key")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(vault.GenerateMaster() + "\n")
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return nil, err
	}
	key, err := vault.ParseMaster(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}
