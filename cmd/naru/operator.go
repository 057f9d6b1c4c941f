package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"naru/internal/config"
	"naru/internal/pay"
	"naru/internal/people"
)

type operatorCmd struct {
	Add  operatorAddCmd  `cmd:"" help:"Register a person for the console."`
	Link operatorLinkCmd `cmd:"" help:"Make a link that signs an operator in, once."`
}

func newOperatorCmd() operatorCmd {
	return operatorCmd{Add: operatorAddCmd{settings: newSettings("db", "master-key-file", "public-url")}, Link: operatorLinkCmd{settings: newSettings("db", "master-key-file", "public-url")}}
}

// commandActor is in whose name a command changes something: the account that
// runs it.
func (m *Main) commandActor() pay.Actor {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME", "USERNAME"} {
		if v, ok := m.Env(name); ok && v != "" {
			return pay.Actor{Kind: pay.ActorCommand, ID: v, Name: v}
		}
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
}

func (c *operatorAddCmd) Run(ctx context.Context, m *Main) error {
	n := people.NewOperator{Email: c.Email, Name: c.Name, Role: pay.Role(c.Role), Export: c.Export}
	if c.Password {
		text, err := io.ReadAll(io.LimitReader(m.Stdin, 4096))
		if err != nil {
			return fmt.Errorf("--password: %w", err)
		}
		n.Password = pay.Secret(strings.TrimRight(string(text), "\r\n"))
	}
	return books{c.settings}.open(ctx, m, func(b *opened) error {
		if c.Merchant != "" {
			of, err := b.merchant(ctx, c.Merchant)
			if err != nil {
				return err
			}
			n.Merchant = of.ID
		}
		o, err := b.people.Add(ctx, n)
		if errors.Is(err, people.ErrEmailTaken) {
			return fmt.Errorf("--email %s: %w (naru operator link makes a new link)", c.Email, err)
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(m.Stdout, "operator id  %s\n", o.ID); err != nil || c.Password {
			return err
		}
		return printLink(ctx, m, c.settings, b, o.Email)
	})
}

type operatorLinkCmd struct {
	settings
	Email string `required:"" placeholder:"ADDRESS" help:"Of the operator."`
}

func (c *operatorLinkCmd) Run(ctx context.Context, m *Main) error {
	return books{c.settings}.open(ctx, m, func(b *opened) error { return printLink(ctx, m, c.settings, b, c.Email) })
}

// printLink makes and prints a link. What it is made of is not kept.
func printLink(ctx context.Context, m *Main, s settings, b *opened, email string) error {
	cfg, err := m.config(s)
	if err != nil {
		return err
	}
	token, until, err := b.people.Link(ctx, email)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.Stdout, "link         %s\nuntil        %s (once)\n", linkTo(publicURL(cfg), token), until.Format("2006-01-02 15:04:05 MST"))
	return err
}

func publicURL(cfg config.Config) string { return strings.TrimRight(cfg.PublicURL, "/") }

// linkTo is the address of a one-time link.
func linkTo(public, token string) string { return public + "/console/sign-in/link/" + token }
