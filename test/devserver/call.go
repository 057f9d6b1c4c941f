package devserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Control calls the sandbox's control port: path is what follows /control/,
// body is sent as JSON unless nil, and a good answer is read into into unless
// nil. Any other answer is an error.
func (s *Server) Control(method, path string, body, into any) error {
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, s.Sandbox+"/control/"+path, sent)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s /control/%s: %s %s", method, path, res.Status, raw)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}
