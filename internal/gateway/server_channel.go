package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"naru/internal/connector"
	"naru/internal/pay"
	"naru/internal/store"
)

// opened is a channel with the ability that a request needs of it.
type opened[T any] struct {
	ch   pay.Channel
	conn connector.Connector
	d    connector.Driver
	can  T
}

// whichKind says whether a channel that was named must be of the kind.
type whichKind bool

const (
	thatKind whichKind = true
	anyKind  whichKind = false
)

// serverChannel finds and opens the channel that a server's request means
// (decisions D2 and D3 of docs/v1-implementation-details.md). A named one must
// be there, be of the kind if strict, and have the ability T: otherwise it is
// ErrChannelMissing, ErrChannelCannot or ErrUnsupported. Without a name, or with
// a pg that is not there, it is the default, or else the oldest, of those of the
// kind that have the ability; a pg that names a provider means a channel of it.
func serverChannel[T any](ctx context.Context, g *Gateway, merchant pay.MerchantID, choice ChannelChoice, kind pay.ChannelKind, strict whichKind) (opened[T], error) {
	var none opened[T]
	all, err := g.usableChannels(ctx, merchant)
	if err != nil {
		return none, err
	}
	if named, ok := namedChannel(all, choice); ok {
		if strict == thatKind && named.Kind != kind {
			return none, fmt.Errorf("%w: channel %s is for %s", ErrChannelCannot, named.Key, named.Kind)
		}
		return openFor[T](g, named)
	}
	if choice.Key != "" {
		return none, fmt.Errorf("%w: %s", ErrChannelMissing, choice.Key)
	}
	err = fmt.Errorf("%w: none of kind %s", ErrChannelMissing, kind)
	for _, ch := range unnamedChannels(all, choice, kind) {
		var on opened[T]
		if on, err = openFor[T](g, ch); !errors.Is(err, connector.ErrUnsupported) {
			return on, err // one that does not open is trouble, and no reason to take another
		}
	}
	return none, err
}

// unnamedChannels are the channels that a request may mean which names none, the
// likeliest first: those of the provider it names, if there are any, or else of
// every provider; the default before the oldest.
func unnamedChannels(all []pay.Channel, choice ChannelChoice, kind pay.ChannelKind) []pay.Channel {
	provider, _, _ := strings.Cut(choice.PG, ".")
	var fit, theirs []pay.Channel
	for _, ch := range all {
		if ch.Kind != kind {
			continue
		}
		fit = append(fit, ch)
		if string(ch.Provider) == provider {
			theirs = append(theirs, ch)
		}
	}
	if len(theirs) > 0 {
		fit = theirs
	}
	slices.SortStableFunc(fit, func(a, b pay.Channel) int {
		switch {
		case a.Default == b.Default:
			return 0
		case a.Default:
			return -1
		}
		return 1
	})
	return fit
}

func (g *Gateway) usableChannels(ctx context.Context, merchant pay.MerchantID) ([]pay.Channel, error) {
	var m pay.Merchant
	var usable []pay.Channel
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.Merchant(ctx, merchant); err != nil {
			return err
		}
		all, err := tx.ListChannels(ctx, merchant)
		for _, ch := range chosen(all, m) {
			if !ch.Disabled {
				usable = append(usable, ch)
			}
		}
		return err
	})
	return usable, err
}

// namedChannel is the channel a choice names by its key, or by provider and MID.
func namedChannel(all []pay.Channel, choice ChannelChoice) (pay.Channel, bool) {
	provider, mid, _ := strings.Cut(choice.PG, ".")
	for _, ch := range all {
		if choice.Key != "" && ch.Key == choice.Key ||
			choice.Key == "" && mid != "" && string(ch.Provider) == provider && ch.MID == mid {
			return ch, true
		}
	}
	return pay.Channel{}, false
}

// openFor opens a channel for an ability.
func openFor[T any](g *Gateway, ch pay.Channel) (opened[T], error) {
	conn, d, err := g.connect(ch)
	if err != nil {
		return opened[T]{}, errors.Join(ErrProviderDown, err)
	}
	can, err := connector.As[T](conn)
	return opened[T]{ch: ch, conn: conn, d: d, can: can}, err
}
