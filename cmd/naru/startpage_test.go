package main

import (
	"bytes"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
)

func TestStartPageFitsAndIsPlainInAFile(t *testing.T) {
	t.Parallel()
	p := startPage{
		at:      Addresses{Gateway: "http://127.0.0.1:8787", Sandbox: "http://127.0.0.1:8788", Shop: "http://localhost:8789"},
		webhook: "http://localhost:8789/webhook",
	}
	var b bytes.Buffer
	if err := p.print(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("colours are written to a file")
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		if w := lipgloss.Width(line); w > 80 {
			t.Errorf("%d columns: %s", w, line)
		}
	}
	for _, want := range []string{
		p.at.Shop, p.at.Sandbox, p.webhook, "imp00000000", "naru_dev_key", "naru_dev_secret",
		"channel-key-11111111-1111-4111-8111-111111111111", "channel-key-22222222-2222-4222-8222-222222222222",
		"channel-key-33333333-3333-4333-8333-333333333333", "tosspayments.tnaru", "tosspay_v2.narutosspay", "tosspayments.tnarubill",
		"channel-key-44444444-4444-4444-8444-444444444444", "tosspay_v2.narutosspaybill",
		"naru clock advance 30d", p.at.Sandbox + "/control/tosspayments/cards",
		p.at.Gateway + "/v1/iamport.js", p.at.Gateway + "/users/getToken", "Ctrl-C",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
