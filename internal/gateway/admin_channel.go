package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// ErrChanged: somebody else changed it since it was read.
var ErrChanged = errors.New("changed by somebody else meanwhile")

// NewChannel is a merchant's contract with a provider, to be registered.
type NewChannel struct {
	Merchant    pay.MerchantID
	Key         pay.ChannelKey // "" is generated
	Provider    pay.Provider
	MID, Name   string
	Mode        pay.Mode
	Kind        pay.ChannelKind // "" is for payments
	API, Script string          // endpoints; needed in sandbox mode, where the provider has none of its own
	Credentials map[string]pay.Secret
	// Default: of its provider and kind. It takes the place of the one before.
	Default bool
	Options pay.ChannelOptions
}

// AddChannel checks a channel's credentials for their form and mode, seals
// them, and registers it. What is missing or does not fit is an *Invalid, whose
// field is "credentials." and its key where it is a credential.
func (g *Gateway) AddChannel(ctx context.Context, n NewChannel) (pay.Channel, error) {
	if n.Kind == "" {
		n.Kind = pay.ChannelPayment
	}
	if err := g.checkChannel(n); err != nil {
		return pay.Channel{}, err
	}
	if n.Key == "" {
		n.Key = pay.ChannelKey("channel-key-" + g.newUUID())
	}
	sealed, err := g.vault.SealMap(n.Credentials, credentialsOf(n.Key))
	if err != nil {
		return pay.Channel{}, err
	}
	ch := pay.Channel{
		Merchant: n.Merchant, Key: n.Key, Provider: n.Provider, MID: n.MID, Name: n.Name, Mode: n.Mode, Kind: n.Kind,
		API: n.API, Script: n.Script, Sealed: sealed, Revision: 1, Default: n.Default, Options: n.Options,
	}
	err = g.store.Write(ctx, func(tx *store.Tx) error {
		ch.Created = tx.Now
		if err := tx.InsertChannel(ctx, ch); err != nil {
			return err
		}
		if err := onlyDefault(ctx, tx, ch); err != nil {
			return err
		}
		_, after := changedFields(pay.Channel{}, ch, channelFields)
		return tx.Audit(ctx, store.Change{Merchant: ch.Merchant, Action: "channel.add", Target: string(ch.Key), After: after})
	})
	if errors.Is(err, store.ErrExists) {
		return ch, &Invalid{"key", fmt.Sprintf("channel %s exists already", n.Key)}
	}
	return ch, err
}

// ChannelChange is what is to be changed of a channel; nil stays as it is. Its
// provider and its mode stay: another contract is another channel.
type ChannelChange struct {
	Merchant pay.MerchantID
	Key      pay.ChannelKey
	// Revision is that of the channel as it was read; 0 is whatever it has now.
	Revision    int64
	Name, MID   *string
	Kind        *pay.ChannelKind
	API, Script *string
	Default     *bool // as of NewChannel
	Disabled    *bool // nothing new begins on it; what was begun is finished
	Options     *pay.ChannelOptions
	// Credentials are those to replace; the others stay.
	Credentials map[string]pay.Secret
}

// UpdateChannel changes a channel; the next call uses it as it is then, on every
// node. store.ErrNotFound: the merchant has no such channel. ErrChanged: it is not
// of that revision any more. What does not fit is an *Invalid, as of AddChannel.
func (g *Gateway) UpdateChannel(ctx context.Context, c ChannelChange) (pay.Channel, error) {
	var now pay.Channel
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		was, err := tx.LockChannel(ctx, c.Merchant, c.Key)
		if err != nil {
			return err
		}
		if c.Revision != 0 && c.Revision != was.Revision {
			return fmt.Errorf("channel %s: %w", c.Key, ErrChanged)
		}
		credentials, err := g.vault.OpenMap(was.Sealed, credentialsOf(was.Key))
		if err != nil && len(c.Credentials) == 0 {
			return fmt.Errorf("channel %s: credentials: %w", c.Key, err)
		}
		if credentials == nil { // they do not open any more, and new ones come
			credentials = map[string]pay.Secret{}
		}
		now = c.onto(was)
		replaced := replace(credentials, c.Credentials)
		if err := g.checkChannel(newOf(now, credentials)); err != nil {
			return err
		}
		if len(replaced) > 0 {
			if now.Sealed, err = g.vault.SealMap(credentials, credentialsOf(now.Key)); err != nil {
				return err
			}
		}
		return saveChannel(ctx, tx, was, &now, replaced)
	})
	return now, err
}

// saveChannel writes a channel and what was changed of it, if anything was.
func saveChannel(ctx context.Context, tx *store.Tx, was pay.Channel, now *pay.Channel, replaced []string) error {
	before, after := changedFields(was, *now, channelFields)
	if len(replaced) > 0 {
		after["credentials_replaced"] = replaced
	}
	if len(before) == 0 && len(after) == 0 {
		return nil
	}
	if err := tx.UpdateChannel(ctx, *now); err != nil {
		return err
	}
	now.Revision++
	if err := onlyDefault(ctx, tx, *now); err != nil {
		return err
	}
	return tx.Audit(ctx, store.Change{Merchant: now.Merchant, Action: "channel.update", Target: string(now.Key), Before: before, After: after})
}

// onlyDefault takes the mark from the others of a default channel's provider and kind,
// each with an audit entry of its own.
func onlyDefault(ctx context.Context, tx *store.Tx, ch pay.Channel) error {
	if !ch.Default {
		return nil
	}
	all, err := tx.ListChannels(ctx, ch.Merchant)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Key == ch.Key || !other.Default || other.Provider != ch.Provider || other.Kind != ch.Kind {
			continue
		}
		was := other
		other.Default = false
		if err := tx.UpdateChannel(ctx, other); err != nil {
			return err
		}
		before, after := changedFields(was, other, channelFields)
		if err := tx.Audit(ctx, store.Change{Merchant: ch.Merchant, Action: "channel.update", Target: string(other.Key), Before: before, After: after}); err != nil {
			return err
		}
	}
	return nil
}

// onto is a channel with the change made, but for its credentials.
func (c ChannelChange) onto(ch pay.Channel) pay.Channel {
	set(&ch.Name, c.Name)
	set(&ch.MID, c.MID)
	set(&ch.Kind, c.Kind)
	set(&ch.API, c.API)
	set(&ch.Script, c.Script)
	set(&ch.Default, c.Default)
	set(&ch.Disabled, c.Disabled)
	set(&ch.Options, c.Options)
	return ch
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// replace puts what is given into credentials, and names what is another than before.
func replace(credentials, given map[string]pay.Secret) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if credentials[key] != given[key] {
			credentials[key] = given[key]
			out = append(out, key)
		}
	}
	return out
}

func newOf(ch pay.Channel, credentials map[string]pay.Secret) NewChannel {
	return NewChannel{
		Merchant: ch.Merchant, Key: ch.Key, Provider: ch.Provider, MID: ch.MID, Name: ch.Name, Mode: ch.Mode, Kind: ch.Kind,
		API: ch.API, Script: ch.Script, Credentials: credentials, Default: ch.Default, Options: ch.Options,
	}
}

func (g *Gateway) checkChannel(n NewChannel) error {
	d, ok := g.drivers[n.Provider]
	if !ok {
		return &Invalid{"provider", fmt.Sprintf("%q is not one of %v", n.Provider, g.providers())}
	}
	switch n.Mode {
	case pay.ModeLive, pay.ModeTest:
	case pay.ModeSandbox:
		if n.API == "" {
			return &Invalid{"api", "a sandbox channel needs the address of its simulator"}
		}
	default:
		return &Invalid{"mode", fmt.Sprintf("%q is not one of live, test, sandbox", n.Mode)}
	}
	switch {
	case n.MID == "":
		return &Invalid{"mid", "is empty"}
	case n.Kind != pay.ChannelPayment && n.Kind != pay.ChannelBilling:
		return &Invalid{"kind", fmt.Sprintf("%q is not one of payment, billing", n.Kind)}
	}
	if err := checkName(n.Name); err != nil {
		return err
	}
	if err := checkOptions(d, n); err != nil {
		return err
	}
	return checkCredentials(d, n)
}

// checkOptions refuses options that no such contract can have.
func checkOptions(d connector.Driver, n NewChannel) error {
	if !n.Options.TaxClass.Valid() {
		return &Invalid{"tax_class", fmt.Sprintf("%q is not one of taxable, tax_free, mixed", n.Options.TaxClass)}
	}
	if !n.Options.FixedAccounts {
		return nil
	}
	if _, ok := d.Method(pay.MethodVbank); !ok || n.Kind == pay.ChannelBilling {
		return &Invalid{"fixed_accounts", fmt.Sprintf("a channel of %s for %s issues no virtual accounts", d.Provider, n.Kind)}
	}
	return nil
}

func checkCredentials(d connector.Driver, n NewChannel) error {
	var names []string
	for _, c := range d.Credentials {
		names = append(names, c.Key)
	}
	for _, key := range slices.Sorted(maps.Keys(n.Credentials)) {
		if len(names) > 0 && !slices.Contains(names, key) {
			return &Invalid{"credentials", fmt.Sprintf("%s has no %q; it has %s", d.Provider, key, strings.Join(names, ", "))}
		}
	}
	for _, c := range d.Credentials {
		if n.Credentials[c.Key] == "" && !c.Optional {
			return &Invalid{"credentials." + c.Key, "is missing (" + c.Label + ")"}
		}
	}
	if d.Check == nil {
		return nil
	}
	err := d.Check(n.Mode, n.MID, n.Credentials)
	if wrong, ok := errors.AsType[*connector.CredentialError](err); ok {
		return &Invalid{"credentials." + wrong.Key, wrong.Err.Error()}
	}
	if err != nil {
		return &Invalid{"credentials", err.Error()}
	}
	return nil
}

func (g *Gateway) providers() []pay.Provider {
	return slices.Sorted(maps.Keys(g.drivers))
}

// Drivers are the providers' ways in, in the order of their names.
func (g *Gateway) Drivers() []connector.Driver {
	out := make([]connector.Driver, 0, len(g.drivers))
	for _, p := range g.providers() {
		out = append(out, g.drivers[p])
	}
	return out
}

// Channel is a merchant's channel, or store.ErrNotFound.
func (g *Gateway) Channel(ctx context.Context, m pay.MerchantID, key pay.ChannelKey) (pay.Channel, error) {
	var ch pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		ch, err = tx.Channel(ctx, m, key)
		return err
	})
	return ch, err
}

// CredentialsSet names the credentials that a channel has, and shows none of them.
func (g *Gateway) CredentialsSet(ch pay.Channel) (map[string]bool, error) {
	credentials, err := g.vault.OpenMap(ch.Sealed, credentialsOf(ch.Key))
	if err != nil {
		return nil, fmt.Errorf("channel %s: credentials: %w", ch.Key, err)
	}
	out := map[string]bool{}
	for key, value := range credentials {
		out[key] = value != ""
	}
	return out, nil
}

// NoticeURL is where a channel's provider sends its notices.
func (g *Gateway) NoticeURL(ch pay.Channel) string {
	return g.public + "/notices/" + string(ch.Provider) + "/" + string(ch.Key)
}
