package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"naru/internal/sandbox/control"
)

// defaultSandbox is where naru dev and naru sandbox serve the sandbox when they
// are not told otherwise.
const defaultSandbox = "http://127.0.0.1:8788"

// clockAt is the flag of commands that speak to a running sandbox.
type clockAt struct {
	Sandbox string `default:"${sandbox}" placeholder:"URL" help:"Address of the sandbox that naru dev or naru sandbox serves."`
}

type clockShowCmd struct{ clockAt }

func (c *clockShowCmd) Run(ctx context.Context, m *Main) error {
	return c.tell(ctx, m, http.MethodGet, "", "")
}

type clockFreezeCmd struct{ clockAt }

func (c *clockFreezeCmd) Run(ctx context.Context, m *Main) error {
	return c.tell(ctx, m, http.MethodPost, "/freeze", "")
}

type clockThawCmd struct{ clockAt }

func (c *clockThawCmd) Run(ctx context.Context, m *Main) error {
	return c.tell(ctx, m, http.MethodPost, "/thaw", "")
}

type clockAdvanceCmd struct {
	By string `arg:"" help:"How far: 30d, 2w, 12h, 1d12h."`
	clockAt
}

func (c *clockAdvanceCmd) Run(ctx context.Context, m *Main) error {
	return c.tell(ctx, m, http.MethodPost, "/advance", c.By)
}

type clockSetCmd struct {
	To string `arg:"" help:"Time to go to: 2027-01-01, 2027-01-01T09:00 (Korean time), or with a zone."`
	clockAt
}

func (c *clockSetCmd) Run(ctx context.Context, m *Main) error {
	return c.tell(ctx, m, http.MethodPost, "/set", c.To)
}

// tell asks the sandbox's clock something and prints what it says.
func (c clockAt) tell(ctx context.Context, m *Main, method, path, body string) error {
	got, err := c.ask(ctx, method, path, body)
	if err != nil {
		return err
	}
	var b strings.Builder
	if got.From != "" {
		fmt.Fprintf(&b, "%s → %s\n작업 · jobs %d, 걸음 · steps %d, 걸린 시간 · took %s\n", short(got.From), short(got.To), got.Jobs, got.Steps, got.Took)
		for _, s := range got.Stuck {
			fmt.Fprintf(&b, "끝나지 않음 · stuck  %s\n", s)
		}
	}
	if got.Now != "" {
		explainClock(&b, got.ClockState)
	}
	if _, err := io.WriteString(m.Stdout, b.String()); err != nil {
		return err
	}
	if got.Code != "" {
		return errors.New(got.Message)
	}
	return nil
}

func explainClock(b *strings.Builder, s control.ClockState) {
	going := "흐름 · running"
	switch {
	case s.AdvancingTo != "":
		going = "앞으로 가는 중 · advancing to " + short(s.AdvancingTo)
	case s.Frozen:
		going = "멈춤 · frozen"
	}
	fmt.Fprintf(b, "지금 · now    %s  %s\n차이 · ahead  %s\n", short(s.Now), going, s.Ahead)
	for i, who := range slices.Sorted(maps.Keys(s.Planned)) {
		label := "예정 · next   "
		if i > 0 {
			label = "              "
		}
		fmt.Fprintf(b, "%s%s  %s\n", label, short(s.Planned[who]), who)
	}
}

// short leaves a second's fractions out of a time.
func short(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return rfc3339
	}
	return t.Format(time.RFC3339)
}

// ask is the answer of the sandbox; its Code and Message are set when it
// refuses, or did not get to where it should.
func (c clockAt) ask(ctx context.Context, method, path, body string) (got control.Advanced, err error) {
	address := strings.TrimSuffix(c.Sandbox, "/") + "/control/clock" + path
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return got, fmt.Errorf("--sandbox %q: want an address such as http://127.0.0.1:8788", c.Sandbox)
	}
	res, err := http.DefaultClient.Do(req)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return got, fmt.Errorf("nothing listens at %s: start naru dev (or naru sandbox), or name its sandbox with --sandbox URL", c.Sandbox)
	case err != nil && ctx.Err() == nil:
		return got, fmt.Errorf("--sandbox %s: %w", c.Sandbox, err)
	case err != nil:
		return got, ctx.Err()
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.Code == "" && got.Now == "" {
		return got, fmt.Errorf("%s answered %s and no clock: --sandbox wants the address of the sandbox that naru dev or naru sandbox prints", address, res.Status)
	}
	return got, nil
}
