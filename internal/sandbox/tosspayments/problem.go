package tosspayments

import (
	"errors"
	"fmt"
	"net/http"
)

// problem is an error code of the provider.
type problem struct {
	status   int
	ko, en   string
	declines bool
}

// apiError is a refusal as the provider words it. Detail says which value is
// wrong and what is allowed; it follows the text in parentheses.
type apiError struct {
	code, detail string
	text         string // takes the place of the code's own text and the detail
}

func (e *apiError) Error() string {
	if e.detail == "" {
		return e.code
	}
	return e.code + ": " + e.detail
}

func (e *apiError) status() int {
	if p, ok := problems[e.code]; ok && p.status != 0 {
		return p.status
	}
	return http.StatusInternalServerError
}

// maxMessage is the longest message in the error envelope, in characters.
const maxMessage = 510

func (e *apiError) message(lang string) string {
	if e.text != "" {
		return e.text
	}
	p := problems[e.code]
	text := p.ko
	if lang == english {
		text = p.en
	}
	if e.detail != "" {
		text += " (" + e.detail + ")"
	}
	if r := []rune(text); len(r) > maxMessage {
		text = string(r[:maxMessage])
	}
	return text
}

func refuse(code string) *apiError { return &apiError{code: code} }

func refusef(code, format string, args ...any) *apiError {
	return &apiError{code: code, detail: fmt.Sprintf(format, args...)}
}

// asAPIError turns whatever went wrong into a refusal.
func asAPIError(err error) *apiError {
	var e *apiError
	if errors.As(err, &e) {
		return e
	}
	return refusef("UNKNOWN_ERROR", "%v", err)
}

func (e *apiError) object(lang string) object {
	return object{{"code", e.code}, {"message", e.message(lang)}}
}

// faultBody words a refusal made by a fault rule.
func faultBody(_ int, code string) []byte {
	e := refuse(code)
	if _, ok := problems[code]; !ok {
		return encode(object{{"code", code}, {"message", "sandbox fault rule"}})
	}
	return encode(e.object(korean))
}
