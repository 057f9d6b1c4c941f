package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// report describes a failed test's tab in the test's log: the address of each
// document, pictures of the pages, what they say, and what the browser
// complained about.
func (tab *Tab) report() {
	var b strings.Builder
	docs, err := tab.documents()
	if err != nil {
		fmt.Fprintf(&b, "no documents: %v\n", err)
	}
	for i, d := range docs {
		kind := "frame"
		if d.popup {
			kind = "page "
		}
		fmt.Fprintf(&b, "  %s %s\n", kind, d.url)
		if d.popup {
			fmt.Fprintf(&b, "        picture: %s\n", tab.picture(d.ctx, i))
		}
		var text string
		f := &Frame{tab: tab, what: d.url, find: always(d)}
		if f.eval(`document.body ? document.body.innerText.replace(/\s+/g, " ").trim().slice(0, 300) : ""`, &text) == nil && text != "" {
			fmt.Fprintf(&b, "        says: %s\n", text)
		}
	}
	for _, c := range tab.Complaints() {
		fmt.Fprintf(&b, "  complaint: %s\n", c)
	}
	tab.t.Logf("the browser at the end:\n%s", b.String())
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// picture keeps a screenshot of a page and says where.
func (tab *Tab) picture(ctx context.Context, i int) string {
	root, err := root()
	if err != nil {
		return err.Error()
	}
	dir := filepath.Join(root, "build", "test", "browser")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err.Error()
	}
	file := filepath.Join(dir, fmt.Sprintf("%s-%d.png", unfit.ReplaceAllString(tab.t.Name(), "_"), i))
	if err := os.WriteFile(file, png, 0o644); err != nil {
		return err.Error()
	}
	return file
}

// root is the folder of the module, above the test's own.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the test's folder")
		}
		dir = up
	}
}
