package main

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"
)

// pageWidth is what the start page fits in.
const pageWidth = 78

// startPage is what `naru dev` prints once everything answers.
type startPage struct {
	at      Addresses
	webhook string // where the merchant's webhooks go
	data    string // folder that is kept; "" is thrown away
}

// style is the look of the page. Writing to anything but a terminal drops
// colours and weights, and the text alone still reads.
type style struct{ title, head, key, link, code, faint lipgloss.Style }

func newStyle() style {
	base := lipgloss.NewStyle()
	return style{
		title: base.Bold(true).Foreground(lipgloss.Color("12")),
		head:  base.Bold(true),
		key:   base.Foreground(lipgloss.Color("8")),
		link:  base.Foreground(lipgloss.Color("14")),
		code:  base.Foreground(lipgloss.Color("10")),
		faint: base.Foreground(lipgloss.Color("8")),
	}
}

// print writes the page: Korean first, English beside it.
func (p startPage) print(w io.Writer) error {
	s := newStyle()
	blocks := []string{
		p.titleLine(s),
		p.places(s),
		p.identity(s),
		p.snippet(s),
		p.curl(s),
		p.tools(s),
		p.ending(s),
	}
	_, err := lipgloss.Fprint(w, "\n"+strings.Join(blocks, "\n\n")+"\n\n")
	return err
}

func (p startPage) titleLine(s style) string {
	left := s.title.Render("나루 Naru") + "  " + s.faint.Render("PortOne V1 결제 게이트웨이 · payment gateway")
	right := s.faint.Render(version())
	if gap := pageWidth - lipgloss.Width(left) - lipgloss.Width(right) - 2; gap > 0 {
		left += strings.Repeat(" ", gap) + right
	}
	return "  " + left + "\n  " + s.faint.Render(strings.Repeat("─", pageWidth-2))
}

// row is a Korean and an English label in columns, and a value.
func row(s style, ko, en, value string) string {
	return "  " + s.head.Width(17).Render(ko) + s.key.Width(10).Render(en) + value
}

func (p startPage) places(s style) string {
	rows := []string{
		row(s, "데모 상점", "shop", s.link.Render(p.at.Shop)+"  "+s.head.Render("← 여기부터 · open this first")),
		row(s, "플레이그라운드", "play", s.link.Render(p.at.Shop+playgroundPath)+s.faint.Render("  시험 · try calls")),
		row(s, "게이트웨이", "gateway", s.link.Render(p.at.Gateway)),
		row(s, "샌드박스", "sandbox", s.link.Render(p.at.Sandbox)+s.faint.Render("  가짜 PG사 · stand-ins")),
		row(s, "웹훅", "webhooks", s.faint.Render("→ ")+p.webhook),
	}
	if p.at.Console != "" {
		rows = append(rows, row(s, "콘솔", "console", s.faint.Render("한 번 쓰는 로그인 링크 · signs you in once"))+"\n    "+s.link.Render(p.at.Console))
	}
	return strings.Join(rows, "\n")
}

func (p startPage) identity(s style) string {
	rows := []string{
		row(s, "가맹점 식별코드", "", s.code.Render(devUserCode)),
		row(s, "REST API 키", "", s.code.Render(devKey)+s.faint.Render(" / ")+s.code.Render(devSecret)),
	}
	for _, c := range devChannels() {
		label := c.label
		if c.Default {
			label += " (기본 · default)"
		}
		rows = append(rows, "  "+s.head.Render(label)+s.faint.Render("  "+string(c.Provider)+"."+c.MID)+"\n      "+s.code.Render(string(c.Key)))
	}
	return strings.Join(rows, "\n")
}

func (p startPage) snippet(s style) string {
	lines := []string{
		`<script src="` + p.at.Gateway + `/v1/iamport.js"></script>`,
		`<button onclick="pay()">결제하기</button>`,
		`<script>`,
		`  IMP.init("` + devUserCode + `");`,
		`  const pay = () => IMP.request_pay({`,
		`    channelKey: "` + string(devChannels()[0].Key) + `",`,
		`    pay_method: "card", name: "나루 티셔츠", amount: 1000,`,
		`    merchant_uid: "order-" + Date.now(),`,
		`  }, (rsp) => console.log(rsp));`,
		`</script>`,
	}
	return code(s, "페이지에 붙여 넣기 · paste into a page", lines)
}

func (p startPage) curl(s style) string {
	return code(s, "REST API", []string{
		`curl -s ` + p.at.Gateway + `/users/getToken \`,
		`  -d imp_key=` + devKey + ` -d imp_secret=` + devSecret,
	})
}

// tools are what a tester reaches for first besides the windows.
func (p startPage) tools(s style) string {
	at := ""
	if p.at.Sandbox != defaultSandbox {
		at = " --sandbox " + p.at.Sandbox
	}
	return strings.Join([]string{
		"  " + s.head.Render("시험 도구") + s.faint.Render("  tools for tests"),
		"    " + s.code.Render("naru clock advance 30d"+at) + s.faint.Render("  시간 이동 · time"),
		"    " + s.code.Render("curl -s "+p.at.Sandbox+"/control/tosspayments/cards"),
		"      " + s.faint.Render("거절되는 카드번호 · card numbers that are refused"),
	}, "\n")
}

func code(s style, title string, lines []string) string {
	out := []string{"  " + s.head.Render(title)}
	for _, l := range lines {
		out = append(out, "    "+s.code.Render(l))
	}
	return strings.Join(out, "\n")
}

func (p startPage) ending(s style) string {
	data := "데이터는 끝낼 때 지워집니다 · data is thrown away (keep it: --data DIR)"
	if p.data != "" {
		data = "데이터 · data: " + p.data
	}
	return "  " + s.faint.Render(data) + "\n  " + fmt.Sprint(s.head.Render("Ctrl-C"), s.faint.Render("로 끝냅니다 · stops"))
}
