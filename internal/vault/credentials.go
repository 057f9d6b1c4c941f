package vault

import (
	"encoding/json"
	"fmt"

	"naru/internal/pay"
)

// SealMap seals named secrets, such as a channel's credentials, as one value.
func (v *Vault) SealMap(secrets map[string]pay.Secret, ad string) ([]byte, error) {
	plain := make(map[string]string, len(secrets))
	for name, s := range secrets {
		plain[name] = s.Reveal()
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("vault: seal %s: %w", ad, err)
	}
	return v.Seal(text, ad)
}

// OpenMap is what SealMap was given.
func (v *Vault) OpenMap(sealed []byte, ad string) (map[string]pay.Secret, error) {
	text, err := v.Open(sealed, ad)
	if err != nil {
		return nil, err
	}
	var plain map[string]string
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, fmt.Errorf("vault: open %s: what was sealed is not a set of named secrets", ad)
	}
	secrets := make(map[string]pay.Secret, len(plain))
	for name, s := range plain {
		secrets[name] = pay.Secret(s)
	}
	return secrets, nil
}
