package console

import (
	"naru/internal/pay"
	"naru/internal/store"
)

// billingKeyRow is a billing key in a list.
type billingKeyRow struct {
	pay.BillingKey
	Href, Channel string
}

type billingKeyListBody struct {
	Rows                    []billingKeyRow
	Status, Field, Search   string
	Channel                 string
	Statuses, Channels      []map[string]any
	Fields                  []map[string]any
	Newer, Older            string
	Cut, Filtered, HasInUse bool
}

// billingKeyList is /billing-keys.
func (c *Console) billingKeyList(v *visit) error {
	place, back := v.billingPlace()
	q := store.KeyQuery{
		Status: pay.KeyStatus(v.field("status")), Search: v.field("search"), Field: store.BillingField(v.field("field")), Place: place, Back: back, Limit: billingPage,
	}
	channels, err := c.gateway.Channels(v.r.Context(), v.Store.ID)
	if err != nil {
		return err
	}
	b := billingKeyListBody{Status: string(q.Status), Field: string(q.Field), Search: q.Search, Channel: v.field("channel"), Fields: v.searchFields(store.KeyFields())}
	b.Filtered = b.Status != "" || b.Search != "" || b.Channel != ""
	b.channelChoices(v, channels)
	none := false
	q.Channels, none = channelsChosen(channels, b.Channel)
	names := map[pay.ChannelKey]string{}
	for _, ch := range channels {
		names[ch.Key] = billingChannel(ch)
	}
	if !none {
		var page store.KeyPage
		if err := c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
			page, err = tx.ListBillingKeys(v.r.Context(), v.Store.ID, q)
			return err
		}); err != nil {
			return err
		}
		for _, k := range page.Rows {
			b.Rows = append(b.Rows, billingKeyRow{k, c.billingKeyPath(k.CustomerUID), names[k.Channel]})
		}
		b.Cut = page.Cut
		b.Newer, b.Older = v.billingTurns("/billing-keys", page.Turned, "status", b.Status, "channel", b.Channel, "search", b.Search, "field", b.Field)
	}
	b.Statuses = []map[string]any{{"Value": "", "Text": v.t("모든 상태", "Any state")}}
	for _, s := range []pay.KeyStatus{pay.KeyActive, pay.KeyIssuing, pay.KeyHeld, pay.KeyReplaced, pay.KeyDeleted, pay.KeyRefused} {
		b.Statuses = append(b.Statuses, map[string]any{"Value": s, "Text": wordFor(v.lang, "key", string(s))})
	}
	return v.render("billing_key_list", v.t("빌링키", "Billing keys"), b)
}

// channelChoices are the providers and the channels for billing of a store.
func (b *billingKeyListBody) channelChoices(v *visit, channels []pay.Channel) {
	b.Channels = []map[string]any{{"Value": "", "Text": v.t("모든 채널", "Any channel")}}
	seen := map[pay.Provider]bool{}
	for _, ch := range channels {
		if !seen[ch.Provider] {
			seen[ch.Provider] = true
			b.Channels = append(b.Channels, map[string]any{"Value": ch.Provider, "Text": wordFor(v.lang, "provider", string(ch.Provider)) + v.t(" 전체", ", all")})
		}
	}
	for _, ch := range channels {
		if ch.Kind == pay.ChannelBilling {
			b.Channels = append(b.Channels, map[string]any{"Value": ch.Key, "Text": billingChannel(ch)})
		}
	}
}

func billingChannel(ch pay.Channel) string {
	if ch.Name == "" {
		return ch.MID
	}
	return ch.Name + " (" + ch.MID + ")"
}

// channelsChosen are the channels that a choice means, a provider's or one; none when it
// means nothing of the store's.
func channelsChosen(all []pay.Channel, choice string) (keys []pay.ChannelKey, none bool) {
	if choice == "" {
		return nil, false
	}
	for _, ch := range all {
		if string(ch.Provider) == choice || string(ch.Key) == choice {
			keys = append(keys, ch.Key)
		}
	}
	return keys, len(keys) == 0
}
