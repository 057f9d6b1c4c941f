package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// Assets serves embedded files under names that carry their checksum, so that
// a browser may keep them for ever: app.css is served as app.3f2a91c04b7d.css.
type Assets struct {
	prefix string
	byName map[string]string // plain name → name with checksum
	files  map[string]file
}

type file struct {
	body []byte
	kind string
}

// NewAssets reads every file of fsys. Prefix is the URL path they are served
// under, as the browser sees it, with a slash at its end.
func NewAssets(prefix string, fsys fs.FS) (*Assets, error) {
	a := &Assets{prefix: prefix, byName: map[string]string{}, files: map[string]file{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		stamped := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		kind := mime.TypeByExtension(ext)
		if ext == ".js" {
			kind = "text/javascript; charset=utf-8"
		}
		a.byName[name], a.files[stamped] = stamped, file{body, kind}
		return nil
	})
	return a, err
}

// URL is the path of the named file, or an error that names it.
func (a *Assets) URL(name string) (string, error) {
	stamped, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("web: no asset %q", name)
	}
	return a.prefix + stamped, nil
}

// ServeHTTP answers with the file whose stamped name is the last part of the
// path, and with 404 for any other name.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.body))
}
