// Command shop serves the demonstration shop beside a gateway. Without flags
// it fits a gateway that was started for development on this machine.
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

	"naru/examples/shop"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], log); err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Error("shop", "err", err)
		os.Exit(1)
	}
}

// channels is the repeatable flag -channel label=key=method. The first one
// given replaces the defaults.
type channels struct {
	list  []shop.Channel
	given bool
}

func (c *channels) String() string { return "" }

func (c *channels) Set(text string) error {
	parts := strings.Split(text, "=")
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return fmt.Errorf("want label=key=method, such as %q", "Toss Payments=channel-key-…=card")
	}
	if !c.given {
		c.list, c.given = nil, true
	}
	c.list = append(c.list, shop.Channel{Label: parts[0], Key: parts[1], Method: parts[2]})
	return nil
}

func run(ctx context.Context, args []string, log *slog.Logger) error {
	ways := &channels{list: []shop.Channel{
		{Label: "Toss Payments", Key: "channel-key-11111111-1111-4111-8111-111111111111", Method: "card"},
		{Label: "Toss Pay", Key: "channel-key-22222222-2222-4222-8222-222222222222", Method: "tosspay"},
	}}
	o := shop.Options{Log: log}
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	listen := flags.String("listen", "localhost:8789", "`address` to listen on")
	flags.StringVar(&o.Public, "public", "", "this shop's own base `URL`, if not http:// and the address of -listen")
	flags.StringVar(&o.Gateway, "gateway", "http://127.0.0.1:8787", "public base `URL` of the gateway")
	flags.StringVar(&o.UserCode, "user-code", "imp00000000", "merchant code, for IMP.init")
	flags.StringVar(&o.Key, "key", "naru_dev_key", "REST API key")
	flags.StringVar(&o.Secret, "secret", "naru_dev_secret", "REST API secret")
	flags.Var(ways, "channel", "a button as `label=key=method`; may be repeated, and replaces the two of development")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("argument %q: want flags only, see -help", flags.Arg(0))
	}
	if o.Channels = ways.list; o.Public == "" {
		o.Public = "http://" + *listen
	}
	s, err := shop.New(o)
	if err != nil {
		return err
	}
	return serve(ctx, *listen, s, log.With("open", o.Public, "gateway", o.Gateway))
}

// serve answers until ctx ends, then lets requests in flight finish.
func serve(ctx context.Context, listen string, h http.Handler, log *slog.Logger) error {
	server := &http.Server{Addr: listen, Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Info("shop is open")
	select {
	case err := <-failed:
		return fmt.Errorf("listen %s: %w", listen, err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return server.Shutdown(last)
}
