package v1

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/rest"
)

// asker is who a request speaks for: the merchant of its token, and the one
// whose data it is about, which is a sub-store when the request has a Tier
// header (V1, "대표상점과 하위상점").
type asker struct{ owner, merchant pay.Merchant }

type askerKey struct{}

type callerKey struct{}

// merchantOf is the merchant whose data the request is about.
func merchantOf(ctx context.Context) pay.Merchant {
	a, _ := ctx.Value(askerKey{}).(asker)
	return a.merchant
}

// ownerOf is the merchant whose token the request carried.
func ownerOf(ctx context.Context) pay.Merchant {
	a, _ := ctx.Value(askerKey{}).(asker)
	return a.owner
}

// callerOf is the address the request came from; not valid when unknown.
func callerOf(ctx context.Context) netip.Addr {
	addr, _ := ctx.Value(callerKey{}).(netip.Addr)
	return addr
}

// rememberCaller keeps the address for what needs it: the allow list, and the
// browser_ip of a charge.
func rememberCaller(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, address(r.RemoteAddr))))
	})
}

// address reads an address, with or without a port. IPv4 inside IPv6 is IPv4.
func address(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// admits reports whether a merchant's list lets an address call. An empty list
// lets everyone; a line that is neither a network nor an address lets nobody.
func admits(list []string, addr netip.Addr) bool {
	for _, line := range list {
		line = strings.TrimSpace(line)
		if network, err := netip.ParsePrefix(line); err == nil && network.Contains(addr) {
			return true
		}
		if one, err := netip.ParseAddr(line); err == nil && one.Unmap() == addr {
			return true
		}
	}
	return len(list) == 0
}

// admit refuses a caller that the merchant's allow list does not name. The list
// of a store holds for its sub-stores.
func admit(ctx context.Context, m pay.Merchant) error {
	caller := callerOf(ctx)
	if admits(m.Settings.AllowedIPs, caller) {
		return nil
	}
	return errAddress.with(" (" + caller.String() + ")")
}

// authenticate lets a request through for the merchant its token speaks for, if
// it comes from where that merchant allows.
func (a *api) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		as, err := a.askerOf(r)
		if err != nil {
			codec{}.Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askerKey{}, as)))
	})
}

func (a *api) askerOf(r *http.Request) (asker, error) {
	ctx := r.Context()
	token := tokenOf(r)
	if token == "" {
		return asker{}, errUnauthorized
	}
	m, key, err := a.gateway.Caller(ctx, token)
	if err != nil {
		return asker{}, err
	}
	rest.EventOf(ctx).Asked(string(m.ID), key)
	if err := a.limits.Key(token); err != nil {
		return asker{}, err
	}
	if err := admit(ctx, m); err != nil {
		return asker{}, err
	}
	code := strings.TrimSpace(r.Header.Get("Tier"))
	if code == "" {
		return asker{m, m}, nil
	}
	tier, err := a.tierOf(ctx, m, code)
	if err != nil {
		return asker{}, err
	}
	rest.EventOf(ctx).Merchant = string(tier.ID)
	return asker{m, tier}, nil
}

var tierCode = regexp.MustCompile(`^[A-Z0-9]{3}$`)

// tierOf is a sub-store of the merchant by the code of a Tier header.
func (a *api) tierOf(ctx context.Context, m pay.Merchant, code string) (pay.Merchant, error) {
	if !tierCode.MatchString(code) {
		return pay.Merchant{}, errTierForm.with(" (Tier: " + short(code) + ")")
	}
	tier, err := a.gateway.Tier(ctx, m.ID, code)
	if errors.Is(err, gateway.ErrNoTier) {
		return tier, errNoTier.with(" (Tier: " + code + ")")
	}
	return tier, err
}

type tierIn struct {
	Code string `json:"tier_code"`
}

// Tier is a sub-store.
type Tier struct {
	Code string `json:"tier_code"`
	Name string `json:"tier_name"`
}

// tier reads a sub-store of the merchant whose token it is, whatever the Tier
// header says.
func (a *api) tier(ctx context.Context, in tierIn) (Tier, error) {
	if !tierCode.MatchString(in.Code) {
		return Tier{}, errNoTier
	}
	t, err := a.gateway.Tier(ctx, ownerOf(ctx).ID, in.Code)
	if errors.Is(err, gateway.ErrNoTier) {
		return Tier{}, errNoTier
	}
	return Tier{t.Tier, t.Name}, err
}
