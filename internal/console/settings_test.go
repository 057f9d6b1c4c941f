package console_test

import (
	"reflect"
	"strings"
	"testing"

	"naru/internal/pay"
)

// Each setting of a merchant can be changed on one page, and on no other.
func TestEachSettingIsOnOnePage(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	p := r.operator(pay.RoleOwner, "")
	at := map[string][2]string{
		"WebhookURL": {"/webhooks", "url"}, "WebhookForm": {"/webhooks", "type"}, "WebhookTestURL": {"/webhooks", "test_url"}, "WebhookTestType": {"/webhooks", "test_type"},
		"WebhookFirst": {"/webhooks", "first"}, "WebhookRetries": {"/webhooks", "retries"}, "ConfirmForbidden": {"/webhooks", "confirm"}, "PrivateAddressesOK": {"/webhooks", "private"},
		"Origins": {"/keys", "origins"}, "AllowedIPs": {"/keys", "networks"}, "HideSandbox": {"/keys", "hide_sandbox"}, "UnknownKeyOK": {"/keys", "unknown_key_ok"},
		"DefaultChannel": {"/channels", "default_channel"}, "CallbackSuccess": {"/channels", "callback_success"}, "Retention": {"/stores", "retention"}, "RecoveryHour": {"/schedules/recovery", "hour"},
	}
	pages := map[string]string{}
	for _, path := range []string{"/webhooks", "/keys", "/channels", "/stores", "/schedules/recovery"} {
		pages[path] = p.get(path).has().Body
	}
	settings := reflect.TypeFor[pay.Settings]()
	for i := range settings.NumField() {
		where, ok := at[settings.Field(i).Name]
		if !ok {
			t.Errorf("the setting %s is on no page", settings.Field(i).Name)
			continue
		}
		for path, body := range pages {
			if has := strings.Contains(body, `name="`+where[1]+`"`); has != (path == where[0]) {
				t.Errorf("%s: an input %q on %s: %v", settings.Field(i).Name, where[1], path, has)
			}
		}
	}
}
