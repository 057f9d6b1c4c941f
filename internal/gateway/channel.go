package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// openChannel is a connector that stays open until its channel is changed.
type openChannel struct {
	revision int64
	conn     connector.Connector
}

// Driver is the provider's way in.
func (g *Gateway) Driver(p pay.Provider) (connector.Driver, bool) {
	d, ok := g.drivers[p]
	return d, ok
}

// Channels lists a merchant's channels, the oldest first.
func (g *Gateway) Channels(ctx context.Context, m pay.MerchantID) ([]pay.Channel, error) {
	var out []pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		out, err = tx.ListChannels(ctx, m)
		return err
	})
	return out, err
}

// connect opens ch, or finds it open in its present revision.
func (g *Gateway) connect(ch pay.Channel) (connector.Connector, connector.Driver, error) {
	d, ok := g.drivers[ch.Provider]
	if !ok {
		return nil, d, fmt.Errorf("%w: provider %q", ErrChannelMissing, ch.Provider)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if o, ok := g.open[ch.Key]; ok && o.revision == ch.Revision {
		return o.conn, d, nil
	}
	credentials, err := g.vault.OpenMap(ch.Sealed, credentialsOf(ch.Key))
	if err != nil {
		return nil, d, fmt.Errorf("channel %s: credentials: %w", ch.Key, err)
	}
	end := d.Production
	if ch.API != "" {
		end.API = ch.API
	}
	if ch.Script != "" {
		end.Script = ch.Script
	}
	conn, err := d.Open(connector.Settings{
		Channel: ch.Key, MerchantID: ch.MID, Mode: ch.Mode, Credentials: credentials,
		Endpoints: end, HTTP: g.http, Now: g.now, Log: g.log,
	})
	if err != nil {
		return nil, d, fmt.Errorf("channel %s: %w", ch.Key, err)
	}
	g.open[ch.Key] = openChannel{ch.Revision, conn}
	return conn, d, nil
}

// connectTo opens the channel a payment was made on.
func (g *Gateway) connectTo(ctx context.Context, p pay.Payment) (connector.Connector, connector.Driver, error) {
	var ch pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		ch, err = tx.Channel(ctx, p.Merchant, p.Channel)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, connector.Driver{}, fmt.Errorf("%w: %s", ErrChannelMissing, p.Channel)
	}
	if err != nil {
		return nil, connector.Driver{}, err
	}
	if ch.MID != p.MID || ch.Provider != p.Provider { // another shop would know nothing of it
		return nil, connector.Driver{}, fmt.Errorf("%w: %s belongs to %s %s now, the payment to %s %s", ErrChannelMissing, ch.Key, ch.Provider, ch.MID, p.Provider, p.MID)
	}
	return g.connect(ch)
}

// credentialsOf binds sealed credentials to their channel.
func credentialsOf(key pay.ChannelKey) string { return "channel:" + string(key) }

// chosen marks the channel that the merchant's settings name as the default of
// its kind.
func chosen(all []pay.Channel, m pay.Merchant) []pay.Channel {
	at := slices.IndexFunc(all, func(ch pay.Channel) bool { return string(ch.Key) == m.Settings.DefaultChannel })
	if at < 0 {
		return all
	}
	for i := range all {
		if all[i].Kind == all[at].Kind {
			all[i].Default = i == at
		}
	}
	return all
}

// pickChannel finds the channel a window request means (decisions D2 and D3 of
// docs/v1-implementation-details.md): a channel key must exist; pg is matched
// by provider and MID, then by provider; anything else is the default channel
// of the kind, or the oldest.
func pickChannel(all []pay.Channel, key pay.ChannelKey, pg string, kind pay.ChannelKind) (pay.Channel, bool) {
	var usable []pay.Channel
	for _, ch := range all {
		if ch.Disabled {
			continue
		}
		if key != "" {
			if ch.Key == key {
				return ch, ch.Kind == kind
			}
			continue
		}
		if ch.Kind == kind {
			usable = append(usable, ch)
		}
	}
	if key != "" {
		return pay.Channel{}, false
	}
	provider, mid, _ := strings.Cut(pg, ".")
	match := func(ok func(pay.Channel) bool) (pay.Channel, bool) {
		var found *pay.Channel
		for i, ch := range usable {
			if ok(ch) && (found == nil || ch.Default && !found.Default) {
				found = &usable[i]
			}
		}
		if found == nil {
			return pay.Channel{}, false
		}
		return *found, true
	}
	if mid != "" {
		if ch, ok := match(func(c pay.Channel) bool { return string(c.Provider) == provider && c.MID == mid }); ok {
			return ch, true
		}
	}
	if provider != "" {
		if ch, ok := match(func(c pay.Channel) bool { return string(c.Provider) == provider }); ok {
			return ch, true
		}
	}
	return match(func(pay.Channel) bool { return true })
}

// WindowStyles tells a page how windows are shown on a desktop: by channel, by
// provider, and where it names neither.
type WindowStyles struct {
	Channels  map[pay.ChannelKey]Style
	Providers map[pay.Provider]Style
	Default   Style // of a payment
	Billing   Style // of a billing key
}

// Windows tells how the windows of a merchant, or of its sub-store tier, are
// shown. A page asks ahead, because a popup must be opened inside the click. An
// unknown code is a *Refusal.
func (g *Gateway) Windows(ctx context.Context, userCode, tier string) (WindowStyles, error) {
	m, err := g.storeByCode(ctx, userCode, tier)
	if err != nil {
		return WindowStyles{}, err
	}
	all, err := g.Channels(ctx, m.ID)
	if err != nil {
		return WindowStyles{}, err
	}
	out := WindowStyles{Channels: map[pay.ChannelKey]Style{}, Providers: map[pay.Provider]Style{}}
	for _, ch := range all {
		if !ch.Disabled {
			out.Channels[ch.Key], out.Providers[ch.Provider] = g.style(ch.Provider, false), g.style(ch.Provider, false)
		}
	}
	def := func(kind pay.ChannelKind) Style {
		if ch, ok := pickChannel(chosen(all, m), "", "", kind); ok {
			return g.style(ch.Provider, false)
		}
		return StyleFrame
	}
	out.Default, out.Billing = def(pay.ChannelPayment), def(pay.ChannelBilling)
	return out, nil
}

func (g *Gateway) style(p pay.Provider, mobile bool) Style {
	switch {
	case mobile:
		return StylePage
	case g.drivers[p].Popup:
		return StylePopup
	default:
		return StyleFrame
	}
}

// storeByCode is the merchant of a user code, or its sub-store; an unknown one is
// a *Refusal.
func (g *Gateway) storeByCode(ctx context.Context, userCode, tier string) (pay.Merchant, error) {
	m, err := g.merchantByCode(ctx, userCode)
	if err != nil || tier == "" {
		return m, err
	}
	sub, err := g.Tier(ctx, m.ID, tier)
	if errors.Is(err, ErrNoTier) {
		return sub, &Refusal{Code: RefusedMerchant, Field: "tier_code", Detail: fmt.Sprintf("%q is no sub-store of %s", tier, userCode)}
	}
	return sub, err
}

func (g *Gateway) merchantByCode(ctx context.Context, userCode string) (pay.Merchant, error) {
	var m pay.Merchant
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		m, err = tx.MerchantByUserCode(ctx, userCode)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return m, &Refusal{Code: RefusedMerchant, Field: "user_code", Detail: fmt.Sprintf("%q is no merchant's code", userCode)}
	}
	return m, err
}

// within bounds a provider call: the client that asked may go away, the
// question is still put, and it ends by its own deadline.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		d = 30 * time.Second
	}
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}
