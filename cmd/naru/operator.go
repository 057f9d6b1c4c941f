package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"naru/internal/config"
	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

type operatorCmd struct {
	Add      operatorAddCmd      `cmd:"" help:"Register a person for the console."`
	Link     operatorLinkCmd     `cmd:"" help:"Make a link that signs an operator in, once."`
	List     operatorListCmd     `cmd:"" help:"List operators with their roles."`
	Set      operatorSetCmd      `cmd:"" help:"Change an operator's name, language or password."`
	Grant    operatorGrantCmd    `cmd:"" help:"Give an operator a role at a store, or at every store."`
	Revoke   operatorRevokeCmd   `cmd:"" help:"Take an operator's role away."`
	Disable  operatorDisableCmd  `cmd:"" help:"Keep an operator from signing in, and end their sessions."`
	Enable   operatorEnableCmd   `cmd:"" help:"Let a disabled operator in again."`
	Sessions operatorSessionsCmd `cmd:"" help:"List where an operator is signed in."`
	SignOut  operatorSignOutCmd  `cmd:"" help:"Sign an operator out, everywhere or of one session."`
}

func newOperatorCmd() operatorCmd {
	withLink := func() settings { return newSettings("db", "master-key-file", "public-url") }
	of := func() ofOperator { return ofOperator{books: newBooks()} }
	return operatorCmd{
		Add: operatorAddCmd{settings: withLink()}, Link: operatorLinkCmd{settings: withLink()}, List: operatorListCmd{books: newBooks()},
		Set: operatorSetCmd{ofOperator: of()}, Grant: operatorGrantCmd{ofOperator: of()}, Revoke: operatorRevokeCmd{ofOperator: of()},
		Disable: operatorDisableCmd{of()}, Enable: operatorEnableCmd{of()}, Sessions: operatorSessionsCmd{of()}, SignOut: operatorSignOutCmd{ofOperator: of()},
	}
}

// commandActor is in whose name a command changes something: the account that
// runs it.
func (m *Main) commandActor() pay.Actor {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME", "USERNAME"} {
		if v, ok := m.Env(name); ok && v != "" {
			return pay.Actor{Kind: pay.ActorCommand, ID: v, Name: v}
		}
	}
	if u, err := user.Current(); err == nil { // in a container nothing says it but the system
		return pay.Actor{Kind: pay.ActorCommand, ID: u.Username, Name: u.Username}
	}
	return pay.Actor{Kind: pay.ActorCommand}
}

type operatorAddCmd struct {
	settings
	Email    string `required:"" placeholder:"ADDRESS" help:"E-mail address: what they sign in with."`
	Name     string `help:"A name for lists; what stands before the @ if left out."`
	Role     string `default:"owner" enum:"owner,manager,developer,read_only" help:"What they may do: owner, manager, developer, read_only."`
	Merchant string `placeholder:"USER-CODE" help:"User code or id of the store they belong to; every store if left out."`
	Export   bool   `help:"May take lists out as files, whatever the role."`
	Password bool   `help:"Read a password from standard input instead of printing a link that signs them in."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (c *operatorAddCmd) Run(ctx context.Context, m *Main) error {
	n := people.NewOperator{Email: c.Email, Name: c.Name, Role: pay.Role(c.Role), Export: c.Export}
	var err error
	if c.Password {
		if n.Password, err = m.password(); err != nil {
			return err
		}
	}
	return books{c.settings}.open(ctx, m, func(b *opened) error {
		if n.Merchant, err = b.merchantID(ctx, c.Merchant); err != nil {
			return err
		}
		o, err := b.people.Add(ctx, n)
		if errors.Is(err, people.ErrEmailTaken) {
			return fmt.Errorf("--email %s: %w (naru operator grant gives another role, naru operator link makes a new link)", c.Email, err)
		}
		if err != nil {
			return flaggedOperator(err)
		}
		added := operatorAdded{ID: string(o.ID), Email: o.Email}
		if !c.Password {
			if added.operatorLink, err = makeLink(ctx, m, c.settings, b, o.Email, false); err != nil {
				return err
			}
		}
		if c.JSON {
			return printJSON(m.Stdout, added)
		}
		if _, err := fmt.Fprintf(m.Stdout, "operator id  %s\n", o.ID); err != nil || c.Password {
			return err
		}
		return added.print(m.Stdout)
	})
}

// password reads a password from standard input.
func (m *Main) password() (pay.Secret, error) {
	text, err := io.ReadAll(io.LimitReader(m.Stdin, 4096))
	if err != nil {
		return "", fmt.Errorf("--password: %w", err)
	}
	return pay.Secret(strings.TrimRight(string(text), "\r\n")), nil
}

// flaggedOperator says of which flag an *people.Invalid speaks.
func flaggedOperator(err error) error {
	if wrong, ok := errors.AsType[*people.Invalid](err); ok {
		return fmt.Errorf("--%s: %s", wrong.Field, wrong.Message)
	}
	return err
}

// merchantID finds a merchant by its user code or id; "" is every merchant.
func (b *opened) merchantID(ctx context.Context, name string) (pay.MerchantID, error) {
	if name == "" {
		return "", nil
	}
	of, err := b.merchant(ctx, name)
	return of.ID, err
}

type operatorLinkCmd struct {
	settings
	Email        string `required:"" placeholder:"ADDRESS" help:"Of the operator."`
	ResetFactors bool   `help:"Take one-time codes, recovery codes and passkeys away when the link is used: for who has lost them."`
	JSON         bool   `name:"json" help:"Print JSON."`
}

func (c *operatorLinkCmd) Run(ctx context.Context, m *Main) error {
	return books{c.settings}.open(ctx, m, func(b *opened) error {
		l, err := makeLink(ctx, m, c.settings, b, c.Email, c.ResetFactors)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, l)
		}
		return l.print(m.Stdout)
	})
}

// makeLink makes a link. What it is made of is not kept.
func makeLink(ctx context.Context, m *Main, s settings, b *opened, email string, reset bool) (operatorLink, error) {
	cfg, err := m.config(s)
	if err != nil {
		return operatorLink{}, err
	}
	do := b.people.Link
	if reset {
		do = b.people.ResetLink
	}
	token, until, err := do(ctx, email)
	if errors.Is(err, people.ErrNoOperator) {
		return operatorLink{}, fmt.Errorf("--email: %w (naru operator list)", err)
	}
	return operatorLink{linkTo(publicURL(cfg), token), until.UTC()}, err
}

func (l operatorLink) print(to io.Writer) error {
	_, err := fmt.Fprintf(to, "link         %s\nuntil        %s (once)\n", l.Link, l.Until.Format("2006-01-02 15:04:05 MST"))
	return err
}

func publicURL(cfg config.Config) string { return strings.TrimRight(cfg.PublicURL, "/") }

// linkTo is the address of a one-time link.
func linkTo(public, token string) string { return public + "/console/sign-in/link/" + token }

type operatorListCmd struct {
	books
	Merchant string `placeholder:"USER-CODE" help:"Only those with a role that concerns this store: at it, at its sub-stores, or at every store."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (c *operatorListCmd) Run(ctx context.Context, m *Main) error {
	return c.open(ctx, m, func(b *opened) error {
		all, err := c.members(ctx, b)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(m.Stdout, map[string]any{"operators": operatorsJSON(all)})
		}
		names, err := b.userCodes(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "OPERATOR\tEMAIL\tNAME\tROLES\tSIGNED IN\tSTATE")
		for _, o := range all {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", o.Operator.ID, o.Operator.Email, oneLine(o.Operator.Name), rolesText(o.Grants, names), when(o.Operator.SignedIn), stateOf(o.Operator, m.Now()))
		}
		return w.Flush()
	})
}

func (c *operatorListCmd) members(ctx context.Context, b *opened) ([]people.Member, error) {
	if c.Merchant == "" {
		return b.people.All(ctx)
	}
	of, err := b.merchant(ctx, c.Merchant)
	if err != nil {
		return nil, err
	}
	return b.people.Staff(ctx, of)
}

// userCodes are what merchants are called at the command line.
func (b *opened) userCodes(ctx context.Context) (map[pay.MerchantID]string, error) {
	names := map[pay.MerchantID]string{"": "every store"}
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.ListMerchants(ctx)
		for _, m := range all {
			names[m.ID] = m.UserCode
		}
		return err
	})
	return names, err
}

func rolesText(gs []pay.Grant, names map[pay.MerchantID]string) string {
	gs = slices.Clone(gs)
	slices.SortFunc(gs, func(a, b pay.Grant) int { return strings.Compare(names[a.Merchant], names[b.Merchant]) })
	var out []string
	for _, g := range gs {
		text := string(g.Role) + " at " + names[g.Merchant]
		if g.Export {
			text += " +export"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func stateOf(o pay.Operator, now time.Time) string {
	switch {
	case !o.Disabled.IsZero():
		return "disabled"
	case o.LockedTo.After(now):
		return "locked"
	}
	return "active"
}
