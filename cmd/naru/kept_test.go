package main

import (
	"bytes"
	"strings"
	"testing"

	"naru/internal/pay"
	"naru/internal/store"
)

// forgetOptions makes the books those of a program that knew no channel options.
func forgetOptions(t *testing.T, db string) {
	t.Helper()
	s, err := store.Open(t.Context(), db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		ch, err := tx.Channel(t.Context(), devMerchant, devChannels()[0].Key)
		if err != nil {
			return err
		}
		ch.Options = pay.ChannelOptions{}
		return tx.UpdateChannel(t.Context(), ch)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkKept(t *testing.T, db, sandbox, webhook string) {
	t.Helper()
	s, err := store.Open(t.Context(), db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.ListChannels(t.Context(), devMerchant)
		if err != nil {
			return err
		}
		if len(all) != len(devChannels()) {
			t.Errorf("%d channels, want %d", len(all), len(devChannels()))
		}
		for _, ch := range all {
			if !strings.HasPrefix(ch.API, sandbox+"/") {
				t.Errorf("channel %s still goes to %s, the sandbox is at %s", ch.Key, ch.API, sandbox)
			}
			for _, c := range devChannels() {
				if c.Key == ch.Key && c.Options != ch.Options {
					t.Errorf("channel %s has the options %+v, want %+v", ch.Key, ch.Options, c.Options)
				}
				for _, secret := range c.credentials {
					if bytes.Contains(ch.Sealed, []byte(secret.Reveal())) {
						t.Errorf("channel %s holds a credential in the clear", ch.Key)
					}
				}
			}
		}
		m, err := tx.Merchant(t.Context(), devMerchant)
		if err == nil && m.Settings.WebhookURL != webhook {
			t.Errorf("webhooks go to %s, want %s", m.Settings.WebhookURL, webhook)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
