package pay

import (
	"context"
	"slices"
	"time"
)

// OperatorID names an operator: "op_" and a UUID.
type OperatorID string

// Operator is a person signed in to the console.
type Operator struct {
	ID       OperatorID
	Email    string // lower case; what they sign in with
	Name     string
	Language string // "ko", "en"; "" follows the browser
	Created  time.Time
	SignedIn time.Time // last; zero is never
	Disabled time.Time // zero: may sign in
	// LockedTo is until when no password is taken, after too many wrong ones.
	LockedTo    time.Time
	HasPassword bool
	HasCode     bool // a second factor: one-time codes
	Passkeys    int
}

// Role is what a grant lets an operator do.
type Role string

const (
	RoleOwner     Role = "owner"     // everything
	RoleManager   Role = "manager"   // everything but people
	RoleDeveloper Role = "developer" // the integration alone: channels, webhooks, keys but for making them
	RoleReadOnly  Role = "read_only" // looks, and changes nothing
)

// Right is one thing that a role may do. A page or an action needs one.
type Right string

const (
	SeePayments       Right = "payments.see"    // payments, cash receipts, the dashboard, what needs a person
	ActPayments       Right = "payments.act"    // cancel, sync, issue receipts, settle what needs a person
	SeeBilling        Right = "billing.see"     // billing keys and schedules
	ActBilling        Right = "billing.act"     // delete, move, revoke, retry
	SeeIntegration    Right = "integration.see" // channels, keys, webhooks and their deliveries
	ChangeIntegration Right = "integration.change"
	MakeKeys          Right = "keys.make"    // API keys and their secrets, the webhook secret: who has a key may do all that the API can
	ChangeStore       Right = "store.change" // the merchant's own settings, its sub-stores, moving in
	SeePeople         Right = "people.see"   // operators and the audit log
	ChangePeople      Right = "people.change"
	Export            Right = "export" // lists as files: granted apart, but to owners
	SeeSystem         Right = "system.see"
)

// rights is who may do what. Export is asked of the grant, SeeSystem besides of
// its reach: see Grant.May.
var rights = map[Role][]Right{
	RoleOwner: {
		SeePayments, ActPayments, SeeBilling, ActBilling, SeeIntegration, ChangeIntegration, MakeKeys, ChangeStore,
		SeePeople, ChangePeople, Export, SeeSystem,
	},
	RoleManager: {
		SeePayments, ActPayments, SeeBilling, ActBilling, SeeIntegration, ChangeIntegration, MakeKeys, ChangeStore, SeePeople, SeeSystem,
	},
	RoleDeveloper: {SeeIntegration, ChangeIntegration, SeeSystem},
	RoleReadOnly:  {SeePayments, SeeBilling, SeeIntegration},
}

// Roles is every role, the mightiest first.
func Roles() []Role { return []Role{RoleOwner, RoleManager, RoleDeveloper, RoleReadOnly} }

// Rights is every right.
func Rights() []Right { return slices.Clone(rights[RoleOwner]) }

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Grant gives an operator a role. Merchant "" is every merchant of the
// installation; a grant for a merchant holds for its sub-stores as well.
type Grant struct {
	Merchant MerchantID
	Operator OperatorID
	Role     Role
	Export   bool // lists may be taken out as files
	Created  time.Time
}

// May reports whether the grant gives a right. What the whole installation shares
// is shown to those alone whose grant reaches over all of it.
func (g Grant) May(r Right) bool {
	if r == Export && g.Export {
		return true
	}
	if r == SeeSystem && g.Merchant != "" {
		return false
	}
	return slices.Contains(rights[g.Role], r)
}

// Reaches reports whether the grant holds for a merchant.
func (g Grant) Reaches(m Merchant) bool {
	return g.Merchant == "" || g.Merchant == m.ID || m.Parent != "" && g.Merchant == m.Parent
}

// ActorKind says what kind of hand it was.
type ActorKind string

const (
	ActorOperator ActorKind = "operator" // a person, in the console
	ActorCommand  ActorKind = "command"  // a person, at the command line
	ActorGateway  ActorKind = "gateway"  // nobody: the program itself
)

// Actor is who does something that is not a merchant's own call.
type Actor struct {
	Kind    ActorKind
	ID      string // of an operator; of a command the account that ran it
	Name    string // to be shown
	Address string // the client's IP address, "" of none
}

type actorKey struct{}

// WithActor says on whose behalf what follows is done.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf is who WithActor named; ok is false when it named nobody.
func ActorOf(ctx context.Context) (a Actor, ok bool) {
	a, ok = ctx.Value(actorKey{}).(Actor)
	return a, ok
}
