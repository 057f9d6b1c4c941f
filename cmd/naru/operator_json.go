package main

import (
	"time"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/store"
)

// The JSON of these commands. Times are RFC 3339 in UTC, null before they come.
type (
	operatorLink struct {
		Link  string    `json:"link,omitempty"` // works once
		Until time.Time `json:"until,omitzero"`
	}
	operatorAdded struct {
		ID    string `json:"id"`
		Email string `json:"email"`
		operatorLink
	}
	operatorJSON struct {
		ID        string      `json:"id"`
		Email     string      `json:"email"`
		Name      string      `json:"name"`
		Language  string      `json:"language"` // "" follows the browser
		Password  bool        `json:"password"` // has one
		Codes     bool        `json:"codes"`    // has one-time codes
		Passkeys  int         `json:"passkeys"`
		Created   time.Time   `json:"created"`
		SignedIn  *time.Time  `json:"signed_in"`
		LockedTo  *time.Time  `json:"locked_to"`
		Disabled  *time.Time  `json:"disabled"`
		GrantList []grantJSON `json:"roles"`
	}
	grantJSON struct {
		Merchant string    `json:"merchant"` // id; "" is every store
		Role     string    `json:"role"`
		Export   bool      `json:"export"`
		Created  time.Time `json:"created"`
	}
	sessionJSON struct {
		ID        string    `json:"id"`
		How       string    `json:"how"`
		Address   string    `json:"address"`
		UserAgent string    `json:"user_agent"`
		Created   time.Time `json:"created"`
		Seen      time.Time `json:"seen"`
		Expires   time.Time `json:"expires"`
	}
)

func operatorJSONOf(m people.Member) operatorJSON {
	o := m.Operator
	out := operatorJSON{
		ID: string(o.ID), Email: o.Email, Name: o.Name, Language: o.Language, Password: o.HasPassword, Codes: o.HasCode, Passkeys: o.Passkeys,
		Created: o.Created, SignedIn: ifSet(o.SignedIn), LockedTo: ifSet(o.LockedTo), Disabled: ifSet(o.Disabled), GrantList: []grantJSON{},
	}
	for _, g := range m.Grants {
		out.GrantList = append(out.GrantList, grantJSONOf(g))
	}
	return out
}

func grantJSONOf(g pay.Grant) grantJSON {
	return grantJSON{string(g.Merchant), string(g.Role), g.Export, g.Created}
}

func operatorsJSON(all []people.Member) []operatorJSON {
	out := make([]operatorJSON, len(all))
	for i, m := range all {
		out[i] = operatorJSONOf(m)
	}
	return out
}

func sessionsJSON(all []store.OperatorSession) []sessionJSON {
	out := make([]sessionJSON, len(all))
	for i, s := range all {
		out[i] = sessionJSON{s.ID, s.How, s.Address, s.UserAgent, s.Created, s.Seen, s.Expires}
	}
	return out
}
