package gateway

import (
	"encoding/json"
	"reflect"

	"naru/internal/pay"
)

// changedFields are the fields that differ between two values, as view shows them:
// for the audit, which keeps no secret and nothing that stayed.
func changedFields[T any](was, now T, view func(T) any) (before, after map[string]any) {
	a, b := fields(view(was)), fields(view(now))
	before, after = map[string]any{}, map[string]any{}
	for name, v := range a {
		if w, ok := b[name]; !ok || !reflect.DeepEqual(v, w) {
			before[name] = v
		}
	}
	for name, w := range b {
		if v, ok := a[name]; !ok || !reflect.DeepEqual(v, w) {
			after[name] = w
		}
	}
	return before, after
}

func fields(v any) map[string]any {
	out := map[string]any{}
	text, err := json.Marshal(v)
	if err != nil {
		return out
	}
	_ = json.Unmarshal(text, &out) // ours: an object
	return out
}

// merchantFields is what the audit shows of a merchant.
func merchantFields(m pay.Merchant) any {
	return struct {
		Name     string `json:"name,omitempty"`
		UserCode string `json:"user_code,omitempty"`
		Tier     string `json:"tier,omitempty"`
		pay.Settings
	}{m.Name, m.UserCode, m.Tier, m.Settings}
}

// channelFields is what the audit shows of a channel: no credential.
func channelFields(c pay.Channel) any {
	return struct {
		Provider pay.Provider    `json:"provider,omitempty"`
		MID      string          `json:"mid,omitempty"`
		Name     string          `json:"name,omitempty"`
		Mode     pay.Mode        `json:"mode,omitempty"`
		Kind     pay.ChannelKind `json:"kind,omitempty"`
		API      string          `json:"api,omitempty"`
		Script   string          `json:"script,omitempty"`
		Default  bool            `json:"default,omitempty"`
		Disabled bool            `json:"disabled,omitempty"`
		pay.ChannelOptions
	}{c.Provider, c.MID, c.Name, c.Mode, c.Kind, c.API, c.Script, c.Default, c.Disabled, c.Options}
}
