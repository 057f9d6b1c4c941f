package console

import (
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (c *Console) channelRoutes() []route {
	return []route{
		get("/channels", pay.SeeIntegration, c.channelList),
		get("/channels/new", pay.ChangeIntegration, c.channelNew),
		post("/channels", pay.ChangeIntegration, c.channelAdd),
		post("/channels/settings", pay.ChangeIntegration, c.channelSettings),
		get("/channels/{key}", pay.SeeIntegration, c.channelShow),
		get("/channels/{key}/edit", pay.ChangeIntegration, c.channelEdit),
		post("/channels/{key}", pay.ChangeIntegration, c.channelSave),
		post("/channels/{key}/disable", pay.ChangeIntegration, c.channelDisable),
		post("/channels/{key}/enable", pay.ChangeIntegration, c.channelEnable),
		post("/channels/{key}/default", pay.ChangeIntegration, c.channelDefault),
		post("/channels/{key}/check", pay.ChangeIntegration, c.channelCheck),
	}
}

// healthReach is how far back a channel's calls say how it is.
const healthReach = time.Hour

// channelRow is a channel as lists show it.
type channelRow struct {
	pay.Channel
	Chosen bool // the settings name it as the default
	Health string
	Calls  store.ChannelCalls
}

// channelListBody is the page of channels.
type channelListBody struct {
	Rows     []channelRow
	Settings pay.Settings
	Choices  []map[string]any // of the default channel
}

func (c *Console) channelList(v *visit) error {
	rows, err := c.channelRows(v)
	if err != nil {
		return err
	}
	body := channelListBody{Rows: rows, Settings: v.Store.Settings, Choices: []map[string]any{{"Value": "", "Text": v.t("정하지 않음 (PG별 기본 채널, 없으면 가장 오래된 채널)", "None (the provider's default, or else the oldest)")}}}
	for _, r := range rows {
		if !r.Disabled || r.Chosen {
			body.Choices = append(body.Choices, map[string]any{"Value": string(r.Key), "Text": channelLabel(v, r.Channel)})
		}
	}
	return v.render("channel_list", v.t("채널", "Channels"), body)
}

// channelRows are the channels of the store that is looked at, and how they are.
func (c *Console) channelRows(v *visit) ([]channelRow, error) {
	var channels []pay.Channel
	calls := map[pay.ChannelKey]store.ChannelCalls{}
	err := c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		if channels, err = tx.ListChannels(v.r.Context(), v.Store.ID); err != nil {
			return err
		}
		of, err := tx.ChannelCallsOf(v.r.Context(), v.Store.ID, tx.Now.Add(-healthReach))
		for _, n := range of {
			calls[n.Channel] = n
		}
		return err
	})
	rows := make([]channelRow, len(channels))
	for i, ch := range channels {
		rows[i] = channelRow{Channel: ch, Chosen: string(ch.Key) == v.Store.Settings.DefaultChannel, Calls: calls[ch.Key], Health: health(calls[ch.Key])}
	}
	return rows, err
}

// health is how a channel's last calls went: a value of the words of "health".
func health(n store.ChannelCalls) string {
	switch {
	case n.Answered == 0 && n.Failed == 0:
		return "quiet"
	case n.Failed == 0:
		return "well"
	case n.Answered == 0:
		return "down"
	}
	return "ailing"
}

// channelLabel is what a channel is called in a sentence or a choice.
func channelLabel(v *visit, ch pay.Channel) string {
	name := ch.Name
	if name == "" {
		name = wordFor(v.lang, "provider", string(ch.Provider))
	}
	return name + " · " + wordFor(v.lang, "kind", string(ch.Kind)) + " · " + ch.MID
}

// channelSettings changes what the merchant's settings say of channels and windows.
func (c *Console) channelSettings(v *visit) error {
	_, err := c.gateway.ChangeMerchant(v.r.Context(), v.Store.ID, func(m *pay.Merchant) error {
		m.Settings.DefaultChannel = v.field("default_channel")
		m.Settings.CallbackSuccess = v.field("callback_success") != ""
		return nil
	})
	if err != nil {
		return err
	}
	return v.done(c.path("/channels"), "채널 설정을 저장했습니다.", "The settings of channels were saved.")
}

// channelOf is the channel of the address, if it is the store's.
func (c *Console) channelOf(v *visit) (pay.Channel, connector.Driver, error) {
	ch, err := c.gateway.Channel(v.r.Context(), v.Store.ID, pay.ChannelKey(v.param("key")))
	if err != nil {
		return ch, connector.Driver{}, err
	}
	d, _ := c.gateway.Driver(ch.Provider) // one that is gone declares nothing
	return ch, d, nil
}

func (c *Console) channelDisable(v *visit) error {
	return c.channelSet(v, gateway.ChannelChange{Disabled: new(true)}, "채널 사용을 중지했습니다. 새 결제는 받지 않고, 이미 시작된 결제와 취소는 그대로 처리됩니다.",
		"The channel is disabled: nothing new begins on it; what was begun is finished, and payments can be cancelled.")
}

func (c *Console) channelEnable(v *visit) error {
	return c.channelSet(v, gateway.ChannelChange{Disabled: new(false)}, "채널을 다시 사용합니다.", "The channel is in use again.")
}

func (c *Console) channelDefault(v *visit) error {
	return c.channelSet(v, gateway.ChannelChange{Default: new(true)}, "이 PG의 기본 채널로 정했습니다.", "This is the provider's default channel now.")
}

func (c *Console) channelSet(v *visit, change gateway.ChannelChange, ko, en string) error {
	change.Merchant, change.Key = v.Store.ID, pay.ChannelKey(v.param("key"))
	if _, err := c.gateway.UpdateChannel(v.r.Context(), change); err != nil {
		return err
	}
	return v.done(c.path("/channels/"+string(change.Key)), ko, en)
}
