package connector

import "context"

// Checker finds out from the provider whether a channel's credentials are good,
// by calls that change nothing.
type Checker interface {
	// Check asks about order, which nobody used and nobody will. A nil error means
	// that the provider answered; credentials it refuses are an answer.
	Check(ctx context.Context, order string) (CheckReport, error)
}

// CheckReport is what the provider's answers tell. What they do not tell is left
// zero and is neither right nor wrong.
type CheckReport struct {
	Key     KeyVerdict
	Code    string // the provider's code for a refused key
	Message string // and its words
	MID     string // whose the key is
	Version string // API version that the key is set to
	Older   bool   // the key's API version is older than the one that is wanted
	// Unheard are the credentials that no call of ours tries: a browser shows them.
	Unheard []string
}

// KeyVerdict is what a provider said of a key. The zero KeyVerdict is unknown.
type KeyVerdict string

const (
	KeyAccepted KeyVerdict = "accepted"
	KeyRejected KeyVerdict = "refused"
	KeyMisused  KeyVerdict = "misused" // known, and for something else
)
