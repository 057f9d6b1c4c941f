// Package systemd_test keeps the sample configuration true to the server.
package systemd_test

import (
	"os"
	"strings"
	"testing"

	"naru/internal/config"
)

func TestSampleConfigurationIsAccepted(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("naru.conf")
	if err != nil {
		t.Fatal(err)
	}
	unit, err := os.ReadFile("naru.service")
	if err != nil {
		t.Fatal(err)
	}
	// What is commented out is offered to the reader, so it must be right too.
	offered := strings.NewReplacer("# allow-private-addresses", "allow-private-addresses").Replace(string(sample))
	c, err := config.Load(config.Input{FileName: "naru.conf", File: []byte(offered), Env: func(name string) (string, bool) {
		return "/run/credentials/naru.service/master-key", name == "NARU_MASTER_KEY_FILE"
	}})
	if err != nil {
		t.Fatal(err)
	}
	if c.PublicURL != "https://pay.example.com" || len(c.TrustedProxies) != 2 || len(c.AllowPrivate) != 1 {
		t.Errorf("read as %+v", c)
	}
	if !strings.Contains(string(unit), "Environment=NARU_MASTER_KEY_FILE=") || !strings.Contains(string(sample), "db = sqlite:/var/lib/naru/") {
		t.Error("the unit must hand over the key, and the database lie in its state directory")
	}
}
