package tosspay

import (
	"net/http"
)

// failure is a refusal as the merchant sees it.
type failure struct {
	code string // errorCode
	msg  string
	http int // 0 is 200: business failures come with HTTP 200 and code -1
}

// Error lets a failure travel as an error inside the simulator.
func (f *failure) Error() string { return f.code + ": " + f.msg }

// invalid is COMMON_INVALID_PARAMETER about one field, in the style of the
// captured "payToken 또는 orderNo 는 필수값입니다.".
func invalid(name, what string) *failure {
	return &failure{code: "COMMON_INVALID_PARAMETER", msg: name + " 는 " + what}
}

// refuse is a failure with the text listed for its code.
func refuse(code string) *failure {
	return &failure{code: code, msg: message(code)}
}

// envelope is the body of a failure. Result was seen once on the wire, is not
// documented, and is always 0.
type envelope struct {
	Result    int    `json:"result"`
	Msg       string `json:"msg"`
	Code      int    `json:"code"`
	ErrorCode string `json:"errorCode"`
	Status    int    `json:"status"`
}

const maxMsg = 120

func (f *failure) envelope() envelope {
	msg := []rune(f.msg)
	if len(msg) > maxMsg {
		msg = msg[:maxMsg]
	}
	return envelope{Msg: string(msg), Code: -1, ErrorCode: f.code, Status: f.status()}
}

func (f *failure) status() int {
	if f.http == 0 {
		return http.StatusOK
	}
	return f.http
}

// faultBody is the body of a refusal made by a fault rule with code=.
func faultBody(status int, code string) []byte {
	f := refuse(code)
	f.http = status
	body, err := marshal(f.envelope())
	if err != nil {
		return nil // cannot happen: the envelope has only strings and numbers
	}
	return body
}
