// Command naru is a self-hosted payment gateway that speaks PortOne V1 to
// merchants and Toss Payments and Toss Pay to providers.
//
// It is the only place that wires the packages together: wire.go makes the
// gateway of its parts, dev.go, serve.go and sandbox.go run it, and each other
// file is a command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"naru/internal/pay"
)

// gcPercent lets garbage grow to twice what lives, which is some ten megabytes:
// collecting it costs a tenth of the processor otherwise. GOGC says otherwise.
const gcPercent = 200

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { // a second Ctrl-C ends the program at once
		<-ctx.Done()
		stop()
	}()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log.SetFlags(0)
	log.SetOutput(libraryLog{os.Stderr})
	m := &Main{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.LookupEnv, Now: time.Now}
	code := m.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// Main is the program with what it takes from its surroundings, so that tests
// run the real one.
type Main struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            func(string) (string, bool)
	Now            func() time.Time
	// Ready, if not nil, is called once a serving command accepts requests.
	Ready func(Addresses)
}

// Addresses are the bases of what runs, without a slash at the end. Those of
// faces that a command does not serve are empty. Console is the link that signs
// the developer in, once.
type Addresses struct{ Gateway, Sandbox, Shop, Admin, Console string }

// Exit codes: 1 is trouble, 2 is a wrong command line.
const (
	exitTrouble = 1
	exitUsage   = 2
)

// exit is panicked by kong's help and version flags, which end the program.
type exit int

// Run runs the command that args name until it is done or ctx ends, and
// returns the exit code.
func (m *Main) Run(ctx context.Context, args []string) (code int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exit:
			code = int(p)
		default:
			panic(p)
		}
	}()
	parser, err := m.parser(ctx)
	if err != nil {
		return m.fail(exitTrouble, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	cmd, err := parser.Parse(args)
	if err != nil {
		return m.fail(exitUsage, err)
	}
	switch word, _, _ := strings.Cut(cmd.Command(), " "); word {
	case "dev", "serve", "sandbox": // these change nothing in a person's name
	default:
		cmd.BindTo(pay.WithActor(ctx, m.commandActor()), (*context.Context)(nil))
	}
	if err := cmd.Run(); err != nil {
		return m.fail(exitTrouble, err)
	}
	return 0
}

func (m *Main) parser(ctx context.Context) (*kong.Kong, error) {
	return kong.New(newCLI(),
		kong.Name("naru"),
		kong.Description("A self-hosted payment gateway that speaks PortOne V1. Try it without any account: naru dev"),
		kong.Writers(m.Stdout, m.Stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Vars{"sandbox": defaultSandbox},
		kong.Bind(m),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
}

func (m *Main) fail(code int, err error) int {
	var usage *kong.ParseError
	if errors.As(err, &usage) {
		_, _ = fmt.Fprintf(m.Stderr, "naru: %v\nSee: naru %s--help\n", err, commandOf(usage))
		return code
	}
	_, _ = fmt.Fprintln(m.Stderr, "naru:", err)
	return code
}

func commandOf(e *kong.ParseError) string {
	if e.Context == nil || e.Context.Selected() == nil {
		return ""
	}
	return e.Context.Selected().Path() + " "
}
