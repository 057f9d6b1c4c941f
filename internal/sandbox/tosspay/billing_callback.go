package tosspay

import "time"

// What a callback about a billing key says, and what fault rules call it. A
// registration that failed, and a removal by the merchant, are never sent.
const (
	keyActivated = "ACTIVATED"
	keyRemoved   = "REMOVED"
)

// keyRetryAfter are the retries of a callback about a billing key: "최대 4회,
// 3분 간격", the first attempt counted.
var keyRetryAfter = []time.Duration{3 * time.Minute, 6 * time.Minute, 9 * time.Minute}

// tell writes what happened to k for its resultCallback. The caller holds the
// lock, and wakes the worker once it let go.
func (s *Simulator) tell(k *billingKey, action string, at time.Time) {
	if k.callbackURL == "" {
		return
	}
	body, err := marshal(struct {
		Action      string `json:"action"`
		ProcessedTs string `json:"processedTs"`
		keyFields
	}{action, stamp(at), k.fields()})
	if err != nil {
		panic(err) // strings and numbers only
	}
	s.dispatch(callback{
		kind: action, userID: k.userID, displayID: k.displayID, url: k.callbackURL,
		contentType: callbackJSON, body: string(body), retries: keyRetryAfter, dropped: k.ending.DropCallback,
	}, at)
	k.ending.DropCallback = false // it was about the agreement
}
