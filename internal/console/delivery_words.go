package console

import (
	"strings"

	"naru/internal/web"
)

// sendErrors are the errors of sending in words, by what the error's text holds.
var sendErrors = []struct{ has, ko, en string }{
	{"timed out", "정해진 시간 안에 답이 없었습니다.", "There was no answer in time."},
	{"connection refused", "그 주소에서 연결을 받지 않습니다. 서버가 켜져 있고 포트가 맞는지 확인하세요.", "Nobody takes connections at that address. Is the server up, and the port right?"},
	{"no such host", "그 이름의 서버를 찾을 수 없습니다. 주소의 철자와 DNS를 확인하세요.", "No server has that name. Check the spelling and the DNS."},
	{"refused:", "보내지 않는 주소입니다(사설망·이 서버 자신 등).", "Messages do not go to such addresses (private networks, this server itself)."},
	{"certificate", "인증서를 믿을 수 없습니다. 만료되었거나 이름이 다른지 확인하세요.", "The certificate cannot be trusted. Has it expired, or is it of another name?"},
	{"tls:", "TLS 연결을 맺지 못했습니다.", "The TLS connection could not be made."},
	{"cannot be used", "쓸 수 없는 주소입니다.", "The address cannot be used."},
	{"EOF", "서버가 답하지 않고 연결을 끊었습니다.", "The server closed the connection without an answer."},
	{"connection reset", "서버가 연결을 끊었습니다.", "The server reset the connection."},
}

// sendError is why a message got no answer, in words, and the error itself.
func sendError(lang, text string) string {
	for _, e := range sendErrors {
		if strings.Contains(text, e.has) {
			return web.Pick(lang, e.ko, e.en) + " (" + text + ")"
		}
	}
	return text
}
