package console

import "strings"

// agentNames are what user agents say, the more telling first, and what it is called.
var (
	browserNames = []struct{ mark, name string }{
		{"KAKAOTALK", "카카오톡 (KakaoTalk)"}, {"NAVER(", "네이버 앱 (NAVER)"}, {"Instagram", "Instagram"}, {"FBAN", "Facebook"}, {"FBAV", "Facebook"},
		{"SamsungBrowser", "Samsung Internet"}, {"Whale/", "Whale"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"CriOS", "Chrome"}, {"FxiOS", "Firefox"},
		{"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systemNames = []struct{ mark, name string }{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// agentWords is a user agent as browser and system; "" when neither is known.
func agentWords(agent string) string {
	var parts []string
	for _, b := range browserNames {
		if strings.Contains(agent, b.mark) {
			parts = append(parts, b.name)
			break
		}
	}
	for _, s := range systemNames {
		if strings.Contains(agent, s.mark) {
			parts = append(parts, s.name)
			break
		}
	}
	return strings.Join(parts, " · ")
}
