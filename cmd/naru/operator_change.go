package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

// ofOperator names the operator whom a command is about.
type ofOperator struct {
	books
	Email string `required:"" placeholder:"ADDRESS" help:"Of the operator."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// change does something to the operator, and then shows them as they are.
func (c ofOperator) change(ctx context.Context, m *Main, do func(*opened, pay.Operator) error) error {
	return c.with(ctx, m, func(b *opened, o pay.Operator) error {
		if err := do(b, o); err != nil {
			return flaggedOperator(err)
		}
		now, err := b.people.ByEmail(ctx, c.Email)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, operatorJSONOf(now))
		}
		names, err := b.userCodes(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(m.Stdout, "%s (%s): %s; %s\n", now.Operator.Email, now.Operator.ID, stateOf(now.Operator, m.Now()), orNone(rolesText(now.Grants, names)))
		return err
	})
}

func orNone(roles string) string {
	if roles == "" {
		return "no role"
	}
	return roles
}

// with opens the books and finds the operator.
func (c ofOperator) with(ctx context.Context, m *Main, do func(*opened, pay.Operator) error) error {
	return c.open(ctx, m, func(b *opened) error {
		found, err := b.people.ByEmail(ctx, c.Email)
		if errors.Is(err, people.ErrNoOperator) {
			return fmt.Errorf("--email %s: %w (naru operator list)", c.Email, err)
		}
		if err != nil {
			return err
		}
		return do(b, found.Operator)
	})
}

type operatorSetCmd struct {
	ofOperator
	Name     *string `placeholder:"NAME" help:"Name for lists, 1 to 60 characters."`
	Language *string `placeholder:"LANG" help:"ko, en, or empty to follow the browser."`
	Password bool    `help:"Read a new password from standard input. It ends their sessions."`
}

func (c *operatorSetCmd) Run(ctx context.Context, m *Main) error {
	if c.Name == nil && c.Language == nil && !c.Password {
		return errors.New("nothing to change: give --name, --language or --password")
	}
	a := people.Amendment{Name: c.Name, Language: c.Language}
	if c.Password {
		password, err := m.password()
		if err != nil {
			return err
		}
		a.Password = &password
	}
	return c.change(ctx, m, func(b *opened, o pay.Operator) error { return b.people.Amend(ctx, o.ID, a) })
}

type operatorGrantCmd struct {
	ofOperator
	Role     string `required:"" enum:"owner,manager,developer,read_only" help:"What they may do: owner, manager, developer, read_only."`
	Merchant string `placeholder:"USER-CODE" help:"User code or id of the store, or id of the sub-store; every store if left out."`
	Export   bool   `help:"May take lists out as files, whatever the role."`
}

func (c *operatorGrantCmd) Run(ctx context.Context, m *Main) error {
	return c.change(ctx, m, func(b *opened, o pay.Operator) error {
		at, err := b.merchantID(ctx, c.Merchant)
		if err != nil {
			return err
		}
		return b.people.Grant(ctx, pay.Grant{Merchant: at, Operator: o.ID, Role: pay.Role(c.Role), Export: c.Export})
	})
}

type operatorRevokeCmd struct {
	ofOperator
	Merchant string `placeholder:"USER-CODE" help:"User code or id of the store, or id of the sub-store; the role at every store if left out."`
}

func (c *operatorRevokeCmd) Run(ctx context.Context, m *Main) error {
	return c.change(ctx, m, func(b *opened, o pay.Operator) error {
		at, err := b.merchantID(ctx, c.Merchant)
		if err != nil {
			return err
		}
		return b.people.Revoke(ctx, o.ID, at)
	})
}

type operatorDisableCmd struct{ ofOperator }

func (c *operatorDisableCmd) Run(ctx context.Context, m *Main) error {
	return c.change(ctx, m, func(b *opened, o pay.Operator) error { return b.people.Disable(ctx, o.ID) })
}

type operatorEnableCmd struct{ ofOperator }

func (c *operatorEnableCmd) Run(ctx context.Context, m *Main) error {
	return c.change(ctx, m, func(b *opened, o pay.Operator) error { return b.people.Enable(ctx, o.ID) })
}

type operatorSessionsCmd struct{ ofOperator }

func (c *operatorSessionsCmd) Run(ctx context.Context, m *Main) error {
	return c.with(ctx, m, func(b *opened, o pay.Operator) error {
		all, err := b.people.Sessions(ctx, o.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"sessions": sessionsJSON(all)})
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "SESSION\tBY\tADDRESS\tBEGUN\tLAST USED\tBROWSER")
		for _, s := range all {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.How, s.Address, when(s.Created), when(s.Seen), oneLine(s.UserAgent))
		}
		return w.Flush()
	})
}

type operatorSignOutCmd struct {
	ofOperator
	Session string `placeholder:"ID" help:"Only this session, as naru operator sessions lists it."`
}

func (c *operatorSignOutCmd) Run(ctx context.Context, m *Main) error {
	return c.with(ctx, m, func(b *opened, o pay.Operator) error {
		n, err := 1, error(nil)
		if c.Session != "" {
			err = b.people.EndSession(ctx, o.ID, c.Session)
			if errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("--session %s: %s has no such session (naru operator sessions --email %s)", c.Session, o.Email, o.Email)
			}
		} else {
			n, err = b.people.EndSessions(ctx, o.ID, "")
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"sessions": n})
		}
		_, err = fmt.Fprintf(m.Stdout, "%d sessions ended\n", n)
		return err
	})
}
