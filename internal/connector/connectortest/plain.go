package connectortest

import (
	"encoding/json"
	"testing"

	"naru/internal/connector"
)

// plain is a value as golden files show it: JSON with words for verdicts,
// stages and states, and without zero values.
func plain(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return trim("", out)
}

func trim(field string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, part := range v {
			if v[name] = trim(name, part); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case []any:
		for i := range v {
			v[i] = trim(field, v[i])
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case float64:
		return word(field, v)
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

func word(field string, n float64) any {
	switch field {
	case "Verdict":
		return Verdict(connector.Verdict(n))
	case "Stage":
		return Stage(connector.Stage(n))
	case "State":
		return KeyState(connector.KeyState(n))
	}
	if n == 0 {
		return nil
	}
	return n
}

// Verdict is the name of a verdict, for messages of tests.
func Verdict(v connector.Verdict) string {
	return name(int(v), "pending", "approved", "declined")
}

// Stage is the name of a stage, for messages of tests.
func Stage(s connector.Stage) string {
	return name(int(s), "unknown", "open", "authenticated", "awaiting deposit", "paid", "cancelled", "dead")
}

// KeyState is the name of a billing key's state, for messages of tests.
func KeyState(s connector.KeyState) string {
	return name(int(s), "unknown", "pending", "active", "gone")
}

func name(i int, names ...string) string {
	if i >= 0 && i < len(names) {
		return names[i]
	}
	return "?"
}
