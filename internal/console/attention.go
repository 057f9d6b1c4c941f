package console

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (c *Console) personRoutes() []route {
	return []route{
		get("/attention", pay.SeePayments, c.attention),
		post("/attention/close", pay.ActPayments, c.attentionClose),
		post("/attention/ask", pay.ActPayments, c.attentionAsk),
	}
}

const (
	// alarmsShown is how many alarms a page has.
	alarmsShown = 30
	// givenUpRead is how many webhooks that were given up are grouped.
	givenUpRead = 1000
	// findingsShown is how many findings about no money are shown.
	findingsShown = 100
	// alarmsCounted is where the count beside the menu ends.
	alarmsCounted = 100
)

// alarmCard is an alarm with all that its card shows.
type alarmCard struct {
	store.Alarm
	words    alarmWords
	lang     string
	Whole    bool // of the installation
	Paid     *pay.Payment
	Unclear  gateway.Unclear
	Finding  *gateway.Finding
	Channel  pay.ChannelKey // of a channel that fails
	Calls    store.ChannelCalls
	Schedule string // order number of a booking
}

// Title, What, Did and Do are its words.
func (a alarmCard) Title() string { return a.words.title.in(a.lang) }
func (a alarmCard) Tone() string  { return a.words.tone }
func (a alarmCard) Did() string   { return a.words.did.in(a.lang) }

// What is what happened.
func (a alarmCard) What() string {
	if a.Finding != nil {
		return findingWhat(a.lang, a.Finding.Kind)
	}
	return a.words.what.in(a.lang)
}

// Do is what a person is to do.
func (a alarmCard) Do() string {
	switch {
	case a.Finding != nil:
		return findingDo(a.lang, a.Finding.Kind)
	case a.Settled():
		return knownNow.in(a.lang)
	}
	return a.words.do.in(a.lang)
}

// Settled reports that what was not known is known by now.
func (a alarmCard) Settled() bool {
	u := a.Unclear
	return (u.Attempt != nil || u.Key != nil || u.Receipt != nil) && !u.Open
}

// attentionBody is what the page shows.
type attentionBody struct {
	Closed       bool // the tab of those that are closed
	Whole        []alarmCard
	Alarms       []alarmCard
	GivenUp      []store.GivenUp
	Findings     []alarmFinding
	Newer, Older string
	Act          bool
	Resend       bool
	ClosedNote   string // what was entered for Wrong
	Wrong        string // the alarm whose note was not taken
	Problem      string
}

// alarmFinding is a finding about no money: it raised no alarm.
type alarmFinding struct {
	gateway.Finding
	At       time.Time
	What, Do string
}

// Nothing reports whether nothing waits.
func (b attentionBody) Nothing() bool {
	return len(b.Whole)+len(b.Alarms)+len(b.GivenUp)+len(b.Findings) == 0
}

// attention is the page of what waits for a person.
func (c *Console) attention(v *visit) error {
	b, err := c.readAttention(v)
	if err != nil {
		return err
	}
	return v.render("attention", v.t("확인 필요", "Needs a person"), b)
}

func (c *Console) readAttention(v *visit) (b attentionBody, err error) {
	b.Closed, b.Act, b.Resend = v.r.URL.Query().Get("tab") == "closed", v.May(pay.ActPayments), v.May(pay.ChangeIntegration)
	after, ok := readAlarmPlace(v.r.URL.Query().Get("after"))
	if !ok {
		return b, errNoPage
	}
	ctx := v.r.Context()
	err = c.store.Read(ctx, func(tx *store.Tx) error {
		find := tx.FindOpenAlarms
		if b.Closed {
			find = tx.FindClosedAlarms
		}
		found, err := find(ctx, v.Store.ID, after, alarmsShown)
		if err != nil {
			return err
		}
		if b.Alarms, err = alarmCards(ctx, tx, v, found); err != nil {
			return err
		}
		if len(found) == alarmsShown {
			b.Older = c.attentionPath(b.Closed, spellAlarmPlace(found[len(found)-1], b.Closed))
		}
		if after.ID != "" { // what is shown once stands on the first page
			b.Newer = c.attentionPath(b.Closed, "")
			return nil
		}
		return c.readBesides(ctx, tx, v, &b)
	})
	return b, err
}

// readBesides reads what stands on the first page alone.
func (c *Console) readBesides(ctx context.Context, tx *store.Tx, v *visit, b *attentionBody) error {
	find := tx.FindOpenAlarms
	if b.Closed {
		find = tx.FindClosedAlarms
	}
	if v.wholeInstallation() && v.Store.ID != "" {
		whole, err := find(ctx, "", store.AlarmPlace{}, alarmsShown)
		if err != nil {
			return err
		}
		if b.Whole, err = alarmCards(ctx, tx, v, whole); err != nil {
			return err
		}
	}
	if b.Closed {
		return nil
	}
	var err error
	if b.GivenUp, err = tx.GivenUpByAddress(ctx, v.Store.ID, givenUpRead); err != nil {
		return err
	}
	rows, err := tx.AllOpenFindings(ctx, v.Store.ID, findingsShown)
	for _, row := range rows {
		f, err := gateway.ReadFinding(row)
		if err != nil {
			return err
		}
		if !f.Kind.Words().Money {
			b.Findings = append(b.Findings, alarmFinding{f, row.At, findingWhat(v.lang, f.Kind), findingDo(v.lang, f.Kind)})
		}
	}
	return err
}

// wholeInstallation reports whether the operator's grant reaches over all merchants,
// and lets them see payments.
func (v *visit) wholeInstallation() bool {
	return v.Grant.Merchant == "" && v.May(pay.SeePayments)
}

func (c *Console) attentionPath(closed bool, after string) string {
	tab := ""
	if closed {
		tab = "closed"
	}
	return c.path("/attention", "tab", tab, "after", after)
}

func spellAlarmPlace(a store.Alarm, closed bool) string {
	at := a.At
	if closed {
		at = a.Closed
	}
	return strconv.FormatInt(at.UnixMicro(), 10) + "." + a.ID
}

func readAlarmPlace(text string) (store.AlarmPlace, bool) {
	p, ok := readDeliveryPlace(text)
	return store.AlarmPlace{At: p.Created, ID: p.ID}, ok
}

// alarmCards reads what belongs to alarms.
func alarmCards(ctx context.Context, tx *store.Tx, v *visit, found []store.Alarm) ([]alarmCard, error) {
	out := make([]alarmCard, len(found))
	for i, a := range found {
		card := alarmCard{Alarm: a, lang: v.lang, Whole: a.Merchant == "", words: wordsOfAlarm(a.Kind)}
		if err := card.read(ctx, tx); err != nil {
			return nil, err
		}
		out[i] = card
	}
	return out, nil
}

// lately is how far back the calls of a failing channel are counted.
const lately = 5 * time.Minute

func (a *alarmCard) read(ctx context.Context, tx *store.Tx) (err error) {
	if a.Payment != "" {
		p, err := tx.Payment(ctx, a.Merchant, a.Payment)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			a.Paid = &p
		}
	}
	if a.Unclear, err = gateway.UnclearOf(ctx, tx, a.Alarm); err != nil {
		return err
	}
	switch {
	case a.Unclear.Key != nil:
		a.words = wordsOfAlarm(unknownKey)
	case a.Unclear.Receipt != nil:
		a.words = wordsOfAlarm(unknownReceipt)
	}
	if uid, ok := strings.CutPrefix(a.ID, "schedule_late:"); ok {
		a.Schedule = uid
	} else if uid, ok := strings.CutPrefix(a.ID, "schedule_held:"); ok {
		a.Schedule = uid[:max(0, strings.LastIndexByte(uid, ':'))]
	}
	if rest, ok := strings.CutPrefix(a.ID, "channel_failing:"); ok {
		a.Channel = pay.ChannelKey(rest[:max(0, strings.LastIndexByte(rest, ':'))])
		if a.Closed.IsZero() {
			a.Calls, err = tx.CallsOfChannel(ctx, a.Merchant, a.Channel, tx.Now.Add(-lately))
		}
		return err
	}
	id, ok := gateway.FindingOfAlarm(a.Alarm)
	if !ok {
		return nil
	}
	row, err := tx.Finding(ctx, a.Merchant, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := gateway.ReadFinding(row)
	a.Finding = &f
	return err
}

// openAlarms is how many alarms wait, for the menu: "" is none.
func (v *visit) openAlarms() string {
	n := 0
	ctx := v.r.Context()
	err := v.c.store.Read(ctx, func(tx *store.Tx) (err error) {
		if n, err = tx.CountOpenAlarms(ctx, v.Store.ID, alarmsCounted); err != nil || !v.wholeInstallation() || v.Store.ID == "" {
			return err
		}
		more, err := tx.CountOpenAlarms(ctx, "", alarmsCounted)
		n += more
		return err
	})
	switch {
	case err != nil:
		v.c.log.WarnContext(ctx, "what waits for a person cannot be counted", "err", err)
		return ""
	case n == 0:
		return ""
	case n >= alarmsCounted:
		return strconv.Itoa(alarmsCounted-1) + "+"
	}
	return strconv.Itoa(n)
}
