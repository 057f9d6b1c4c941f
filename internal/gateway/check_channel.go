package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

// checkPatience is how long a person waits for the check of a channel.
const checkPatience = 10 * time.Second

// ChannelCheck is what a channel's provider was found to say of it.
type ChannelCheck struct {
	At       time.Time
	Took     time.Duration
	Findings []CheckFinding // never none
}

// Works reports whether nothing was found wrong, and the keys were found right.
func (c ChannelCheck) Works() bool {
	good := false
	for _, f := range c.Findings {
		if f.Code == CheckKeyAccepted {
			good = true
		}
		if f.Level() == CheckBad {
			return false
		}
	}
	return good
}

// CheckFinding is one thing that was found out, or could not be.
type CheckFinding struct {
	Code CheckCode
	// What is found and what was wanted, where the code has such things: a MID, a
	// version, the key of a credential.
	Got, Want string
	Message   string // the provider's own code and words, or why nothing is known
}

// CheckCode says what was found.
type CheckCode string

const (
	CheckKeyAccepted    CheckCode = "key_accepted"
	CheckKeyRefused     CheckCode = "key_refused"     // unknown to the provider
	CheckKeyMisused     CheckCode = "key_misused"     // known, and of another product
	CheckKeyForm        CheckCode = "key_form"        // does not fit the channel's mode: nothing was asked
	CheckUnreachable    CheckCode = "unreachable"     // nothing reached the provider
	CheckNoAnswer       CheckCode = "no_answer"       // none came in time
	CheckUnclear        CheckCode = "unclear"         // it answered something that says nothing
	CheckMIDFits        CheckCode = "mid_fits"        // the keys are those of the channel's MID
	CheckMIDDiffers     CheckCode = "mid_differs"     // Got is whose they are
	CheckMIDUntold      CheckCode = "mid_untold"      // the provider says nothing of it
	CheckVersionFits    CheckCode = "version_fits"    // Got is set
	CheckVersionDiffers CheckCode = "version_differs" // Got is set, Want is to be
	CheckVersionOld     CheckCode = "version_old"     // one before Want is set
	CheckVersionOldFits CheckCode = "version_old_fits"
	CheckVersionUntold  CheckCode = "version_untold" // no payment of late tells it; Want is to be set
	CheckUnheard        CheckCode = "unheard"        // Want is a credential that only a window tries
	CheckNotOffered     CheckCode = "not_offered"    // the connector has no such ability
)

// CheckLevel is how good a finding is.
type CheckLevel string

const (
	CheckGood CheckLevel = "good"
	CheckBad  CheckLevel = "bad"
	CheckNote CheckLevel = "note" // neither: it could not be told
)

// Level is how good the finding is.
func (f CheckFinding) Level() CheckLevel {
	switch f.Code {
	case CheckKeyAccepted, CheckMIDFits, CheckVersionFits, CheckVersionOldFits:
		return CheckGood
	case CheckMIDUntold, CheckVersionUntold, CheckUnheard, CheckNotOffered:
		return CheckNote
	}
	return CheckBad
}

// CheckChannel asks a channel's provider something harmless, and says what is
// right or wrong. A provider that does not answer is a finding, and no error.
// store.ErrNotFound: the merchant has no such channel.
func (g *Gateway) CheckChannel(ctx context.Context, m pay.MerchantID, key pay.ChannelKey) (ChannelCheck, error) {
	ch, err := g.Channel(ctx, m, key)
	if err != nil {
		return ChannelCheck{}, err
	}
	began := g.now()
	findings := g.checkAt(ctx, ch)
	return ChannelCheck{At: began, Took: g.now().Sub(began), Findings: findings}, nil
}

func (g *Gateway) checkAt(ctx context.Context, ch pay.Channel) []CheckFinding {
	conn, d, err := g.connect(ch)
	if wrong, ok := errors.AsType[*connector.CredentialError](err); ok {
		return []CheckFinding{{Code: CheckKeyForm, Got: wrong.Key, Message: wrong.Error()}}
	}
	if err != nil {
		return []CheckFinding{{Code: CheckKeyForm, Message: err.Error()}}
	}
	can, err := connector.As[connector.Checker](conn)
	if err != nil {
		return []CheckFinding{{Code: CheckNotOffered}}
	}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	report, err := can.Check(ctx, "naru_check_"+g.randomHex(10))
	if err != nil {
		return []CheckFinding{lost(ctx, err)}
	}
	return findings(ch, d, report)
}

// lost is what an error says of the provider.
func lost(ctx context.Context, err error) CheckFinding {
	e, isError := errors.AsType[*connector.Error](err)
	switch {
	case isError && e.Code != "":
		return CheckFinding{Code: CheckUnclear, Message: strings.TrimSpace(e.Code + " " + e.Message)}
	case isError && e.Status != 0:
		return CheckFinding{Code: CheckUnclear, Message: fmt.Sprintf("HTTP %d", e.Status)}
	case connector.KindOf(err) == connector.NotSent:
		return CheckFinding{Code: CheckUnreachable, Message: cause(e)}
	case ctx.Err() != nil:
		return CheckFinding{Code: CheckNoAnswer}
	}
	return CheckFinding{Code: CheckNoAnswer, Message: cause(e)}
}

// cause is an error's innermost words: the rest repeats what the finding says.
func cause(e *connector.Error) string {
	if e == nil || e.Err == nil {
		return ""
	}
	err := e.Err
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}

// findings reads a report in the light of the channel.
func findings(ch pay.Channel, d connector.Driver, r connector.CheckReport) []CheckFinding {
	said := strings.TrimSpace(r.Code + " " + r.Message)
	switch r.Key {
	case connector.KeyRejected:
		return []CheckFinding{{Code: CheckKeyRefused, Message: said}}
	case connector.KeyMisused:
		return []CheckFinding{{Code: CheckKeyMisused, Message: said}}
	case connector.KeyAccepted:
	default:
		return []CheckFinding{{Code: CheckUnclear, Message: said}}
	}
	out := []CheckFinding{{Code: CheckKeyAccepted}}
	switch {
	case r.MID == "":
		out = append(out, CheckFinding{Code: CheckMIDUntold, Want: ch.MID})
	case r.MID == ch.MID:
		out = append(out, CheckFinding{Code: CheckMIDFits, Got: r.MID})
	default:
		out = append(out, CheckFinding{Code: CheckMIDDiffers, Got: r.MID, Want: ch.MID})
	}
	if v := d.Setup.Versions; v != nil {
		out = append(out, versionFound(*v, ch.Kind, r))
	}
	for _, key := range r.Unheard {
		out = append(out, CheckFinding{Code: CheckUnheard, Want: key})
	}
	return out
}

func versionFound(v connector.Versions, kind pay.ChannelKind, r connector.CheckReport) CheckFinding {
	switch {
	case r.Version != "" && v.Fits(r.Version, kind):
		return CheckFinding{Code: CheckVersionFits, Got: r.Version, Want: v.Want}
	case r.Version != "":
		return CheckFinding{Code: CheckVersionDiffers, Got: r.Version, Want: v.Want}
	case r.Older && kind == pay.ChannelBilling && len(v.Billing) > 0:
		return CheckFinding{Code: CheckVersionOldFits, Got: strings.Join(v.Billing, ", "), Want: v.Want}
	case r.Older:
		return CheckFinding{Code: CheckVersionOld, Want: v.Want}
	}
	return CheckFinding{Code: CheckVersionUntold, Want: v.Want}
}

// String is the finding in English.
func (f CheckFinding) String() string {
	text := map[CheckCode]string{
		CheckKeyAccepted:    "the provider takes the key",
		CheckKeyRefused:     "the provider does not know the key",
		CheckKeyMisused:     "the key is of another product of the provider",
		CheckKeyForm:        "the key does not fit the channel; nothing was asked",
		CheckUnreachable:    "the provider cannot be reached",
		CheckNoAnswer:       "the provider did not answer in time",
		CheckUnclear:        "the provider's answer says nothing of the key",
		CheckMIDFits:        "the key is that of MID " + f.Got,
		CheckMIDDiffers:     "the key is that of MID " + f.Got + ", the channel says " + f.Want,
		CheckMIDUntold:      "whether the key is that of MID " + f.Want + " cannot be told",
		CheckVersionFits:    "the API version is " + f.Got,
		CheckVersionDiffers: "the API version is " + f.Got + ": set " + f.Want,
		CheckVersionOld:     "the API version is older than " + f.Want + ": set " + f.Want,
		CheckVersionOldFits: "the API version is older than " + f.Want + ", which billing by card number may be (" + f.Got + ")",
		CheckVersionUntold:  "the API version cannot be told before there is a payment: it must be " + f.Want,
		CheckUnheard:        f.Want + " is tried by a payment window alone",
		CheckNotOffered:     "this provider offers no such check",
	}[f.Code]
	if f.Message != "" {
		text += " (" + f.Message + ")"
	}
	return text
}
