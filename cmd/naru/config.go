package main

import (
	"crypto/tls"
	"errors"
	"fmt"

	"naru/internal/config"
)

type configPrintCmd struct{ settings }

func (c *configPrintCmd) Run(m *Main) error {
	cfg, err := m.config(c.settings)
	if err != nil {
		return err
	}
	return cfg.Print(m.Stdout)
}

type configCheckCmd struct{ settings }

// Run lists what would keep `naru serve` from starting, database aside.
func (c *configCheckCmd) Run(m *Main) error {
	cfg, err := m.config(c.settings)
	var problems config.Problems
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	if err == nil {
		problems = filesOf(cfg)
	}
	if len(problems) > 0 {
		return problems
	}
	_, err = fmt.Fprintln(m.Stdout, "the configuration is good")
	return err
}

// filesOf reads the files that the settings name.
func filesOf(cfg config.Config) config.Problems {
	var problems config.Problems
	if _, err := masterKey(cfg); err != nil {
		problems = append(problems, err.Error())
	}
	if cfg.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey); err != nil {
			problems = append(problems, "tls-cert and tls-key: "+err.Error())
		}
	}
	return problems
}
