package console

import (
	"errors"
	"net/http"
	"time"

	"naru/internal/gateway"
)

// keyBody is the page of one key.
type keyBody struct {
	keyRow
	Choices []map[string]any // for how long the secret before works
	Problem map[string]string
}

// overlaps are how long the secret before may work beside a new one.
var overlaps = []struct {
	value, ko, en string
	d             time.Duration
}{
	{"24h", "24시간 동안 함께 사용", "24 hours", 24 * time.Hour},
	{"1h", "1시간 동안 함께 사용", "1 hour", time.Hour},
	{"168h", "7일 동안 함께 사용", "7 days", 7 * 24 * time.Hour},
	{"0", "바로 폐기 (유출되었을 때)", "Not at all (it leaked)", 0},
}

func (c *Console) keyShow(v *visit) error { return c.keyForm(v, http.StatusOK, nil) }

func (c *Console) keyForm(v *visit, status int, problem map[string]string) error {
	row, err := c.keyOf(v)
	if err != nil {
		return err
	}
	body := keyBody{keyRow: row, Problem: problem}
	for _, o := range overlaps {
		body.Choices = append(body.Choices, map[string]any{"Value": o.value, "Text": v.t(o.ko, o.en)})
	}
	title := row.Name
	if title == "" {
		title = row.Key
	}
	return v.renderStatus(status, "key_show", title, body)
}

func (c *Console) keyRename(v *visit) error {
	err := c.gateway.RenameKey(v.r.Context(), v.Store.ID, v.param("key"), v.field("name"))
	if wrong, ok := errors.AsType[*gateway.Invalid](err); ok && wrong.Field == "name" {
		return c.keyForm(v, http.StatusUnprocessableEntity, map[string]string{"name": v.t("이름은 60자까지 쓸 수 있습니다.", wrong.Detail)})
	}
	if err != nil {
		return err
	}
	return v.done(c.path("/keys/"+v.param("key")), "이름을 바꾸었습니다.", "The key was renamed.")
}

func (c *Console) keyReissue(v *visit) error {
	overlap, known := time.Duration(0), false
	for _, o := range overlaps {
		if o.value == v.field("overlap") {
			overlap, known = o.d, true
		}
	}
	row, err := c.keyOf(v)
	if err != nil {
		return err
	}
	if !known {
		return c.keyForm(v, http.StatusUnprocessableEntity, map[string]string{"overlap": v.t("기존 시크릿을 언제까지 쓸지 골라 주세요.", "Choose how long the secret of before works.")})
	}
	secret, until, err := c.gateway.ReissueKey(v.r.Context(), v.Store.ID, row.Key, overlap)
	if err != nil {
		return err
	}
	return v.render("key_secret", v.t("새 시크릿", "A new secret"), keySecret{Key: row.Key, Name: row.Name, Secret: secret, Until: until, Reissued: true})
}

func (c *Console) keyRevoke(v *visit) error {
	if err := c.gateway.RevokeKey(v.r.Context(), v.Store.ID, v.param("key")); err != nil {
		return err
	}
	return v.done(c.path("/keys"), "API 키를 폐기했습니다. 이 키와 토큰으로는 더 이상 호출할 수 없습니다.", "The key was revoked. Neither it nor its tokens are taken any more.")
}
