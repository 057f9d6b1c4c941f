package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// post sends a message to the operator's address. Any 2xx is success. Its errors
// do not show the address.
func (a *Alerter) post(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.o.Webhook.Reveal(), bytes.NewReader(body))
	if err != nil {
		return errors.New("the address is malformed") // err repeats it
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Naru/"+a.o.Version)
	resp, err := a.o.HTTP.Do(req)
	if err != nil {
		return withoutAddress(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("answered with status %d", resp.StatusCode)
	}
	return nil
}

func withoutAddress(err error) error {
	var u *url.Error
	if !errors.As(err, &u) {
		return err
	}
	if u.Timeout() {
		return errNoAnswer
	}
	return u.Err
}
