package tosspayments

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// authorize finds the shop whose secret key is the user name of Basic
// credentials with an empty password ("인증").
func (s *Simulator) authorize(r *http.Request) (*shop, error) {
	// A browser always says where a cross-origin call comes from; a server never does.
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return nil, refuse("INSECURE_KEY_USAGE")
	}
	scheme, encoded, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil, refuse("UNAUTHORIZED_KEY")
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return nil, refuse("INCORRECT_BASIC_AUTH_FORMAT")
	}
	key, password, colon := strings.Cut(string(plain), ":")
	switch {
	case !colon, password != "":
		return nil, refuse("INCORRECT_BASIC_AUTH_FORMAT")
	case strings.HasPrefix(key, "test_gsk_"), strings.HasPrefix(key, "live_gsk_"):
		return nil, refuse("NOT_SUPPORTED_WIDGET_KEY")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shop, ok := s.bySecret[key]
	if !ok {
		return nil, refuse("UNAUTHORIZED_KEY")
	}
	return shop, nil
}
