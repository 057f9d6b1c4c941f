package console

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"naru/internal/gateway"
)

// MovingUploads is the path, behind the console's root, of the one form whose body may
// be larger than other pages' are.
const MovingUploads = "/moving/files"

// uploadSlack is what a form has besides its file.
const uploadSlack = 64 << 10

// movingUpload takes a file in and shows what would come of it. The form is read as it
// comes: its guard stands before the file, of which nothing is kept before the guard is
// found right, and nothing unsealed at all.
func (c *Console) movingUpload(v *visit) error {
	_ = http.NewResponseController(v.w).SetReadDeadline(time.Now().Add(10 * time.Minute))
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, gateway.MaxImportFile+uploadSlack)
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errStale
	}
	file, fields, err := untilFile(parts)
	if err != nil {
		return errStale
	}
	if err := v.checkGuard(fields["form_token"], fields["store"]); err != nil {
		return err
	}
	kind := fields["kind"]
	if file == nil || file.FileName() == "" {
		return v.movingForm(http.StatusUnprocessableEntity, kind, v.t("파일을 골라 주세요.", "Choose a file."))
	}
	ctx := v.r.Context()
	i, err := c.gateway.KeepImport(ctx, v.Store.ID, gateway.ImportKind(kind), file)
	if err == nil {
		_, err = c.gateway.CheckImport(ctx, v.Store.ID, i.ID, nil)
	}
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	wrong, invalid := errors.AsType[*gateway.Invalid](err)
	switch {
	case tooLarge:
		wrong, invalid = &gateway.Invalid{Field: "file", Detail: v.t("32MB보다 큽니다. 더 큰 파일은 naru import로 가져올 수 있습니다.", "It is larger than 32 MB: naru import reads files of any size.")}, true
		fallthrough
	case invalid && wrong.Field != "mapping":
		if i.ID != "" {
			_ = c.gateway.DiscardImport(ctx, v.Store.ID, i.ID) // it may be discarded already
		}
		return v.movingForm(http.StatusUnprocessableEntity, kind, wrong.Detail)
	case err != nil && !invalid:
		return err
	}
	return v.redirect(c.path("/moving/imports/" + i.ID))
}

// untilFile reads the fields that come before the file.
func untilFile(parts *multipart.Reader) (*multipart.Part, map[string]string, error) {
	fields := map[string]string{}
	for range 10 {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fields, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if p.FormName() == "file" {
			return p, fields, nil
		}
		text, err := io.ReadAll(io.LimitReader(p, 1024))
		if err != nil {
			return nil, nil, err
		}
		fields[p.FormName()] = string(text)
	}
	return nil, nil, errStale
}
