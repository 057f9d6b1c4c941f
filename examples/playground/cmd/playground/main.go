// Command playground serves the playground beside a gateway. Without flags it
// fits a gateway that was started for development on this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"naru/examples/playground"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], log); err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Error("playground", "err", err)
		os.Exit(1)
	}
}

// channels is the repeatable flag -channel provider=kind=key[=name]. The first
// one given replaces the defaults.
type channels struct {
	list  []playground.Channel
	given bool
}

func (c *channels) String() string { return "" }

func (c *channels) Set(text string) error {
	parts := strings.SplitN(text, "=", 4)
	if len(parts) < 3 {
		return fmt.Errorf("want provider=kind=key[=name], such as %q", "tosspayments=payment=channel-key-…=Toss Payments")
	}
	if !c.given {
		c.list, c.given = nil, true
	}
	ch := playground.Channel{Provider: parts[0], Kind: parts[1], Key: parts[2], Name: parts[0]}
	if len(parts) == 4 {
		ch.Name = parts[3]
	}
	c.list = append(c.list, ch)
	return nil
}

func run(ctx context.Context, args []string, log *slog.Logger) error {
	all := &channels{list: []playground.Channel{
		{Provider: "tosspayments", Kind: "payment", Name: "토스페이먼츠", Key: "channel-key-11111111-1111-4111-8111-111111111111"},
		{Provider: "tosspay_v2", Kind: "payment", Name: "토스페이", Key: "channel-key-22222222-2222-4222-8222-222222222222"},
		{Provider: "tosspayments", Kind: "billing", Name: "토스페이먼츠 정기결제", Key: "channel-key-33333333-3333-4333-8333-333333333333"},
		{Provider: "tosspay_v2", Kind: "billing", Name: "토스페이 정기결제", Key: "channel-key-44444444-4444-4444-8444-444444444444"},
	}}
	o := playground.Options{Log: log}
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	listen := flags.String("listen", "localhost:8790", "`address` to listen on")
	flags.StringVar(&o.Self, "self", "", "absolute `URL` of the playground, if not http://, the address of -listen and -base")
	flags.StringVar(&o.Base, "base", "/playground", "`path` of the playground")
	flags.StringVar(&o.Gateway, "gateway", "http://127.0.0.1:8787", "base `URL` of the gateway as browsers see it")
	flags.StringVar(&o.GatewayAPI, "gateway-api", "", "base `URL` of the gateway as this program sees it, if another")
	flags.StringVar(&o.Control, "control", "http://127.0.0.1:8788/control", "base `URL` of the sandbox's control port; empty if there is none")
	flags.StringVar(&o.UserCode, "user-code", "imp00000000", "merchant code, for IMP.init")
	flags.StringVar(&o.Key, "key", "naru_dev_key", "REST API key")
	flags.StringVar(&o.Secret, "secret", "naru_dev_secret", "REST API secret")
	flags.Var(all, "channel", "a channel as `provider=kind=key[=name]`; may be repeated, and replaces the four of development")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("argument %q: want flags only, see -help", flags.Arg(0))
	}
	if o.Channels = all.list; o.Self == "" {
		o.Self = "http://" + *listen + o.Base
	}
	h, err := playground.New(o)
	if err != nil {
		return err
	}
	return serve(ctx, *listen, h, log.With("open", o.Self, "gateway", o.Gateway))
}

// serve answers until ctx ends, then lets requests in flight finish.
func serve(ctx context.Context, listen string, h http.Handler, log *slog.Logger) error {
	server := &http.Server{Addr: listen, Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Info("playground is open")
	select {
	case err := <-failed:
		return fmt.Errorf("listen %s: %w", listen, err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return server.Shutdown(last)
}
