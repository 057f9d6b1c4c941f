package console

import (
	"context"
	"errors"
	"fmt"
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
	problem := v.fileProblem(err)
	switch {
	case tooLarge:
		problem = v.t("32MB보다 큽니다. 더 큰 파일은 naru import로 가져올 수 있습니다.", "It is larger than 32 MB: naru import reads files of any size.")
	case problem == "" && invalid && wrong.Field != "mapping":
		problem = wrong.Detail
	case problem == "" && err != nil && !invalid:
		return err
	}
	if problem != "" {
		if i.ID != "" {
			_ = c.gateway.DiscardImport(context.WithoutCancel(ctx), v.Store.ID, i.ID) // it may be discarded already
		}
		return v.movingForm(http.StatusUnprocessableEntity, kind, problem)
	}
	return v.redirect(c.path("/moving/imports/" + i.ID))
}

// fileProblem is why a file is not read whatever is in it, "" of another error.
func (v *visit) fileProblem(err error) string {
	switch {
	case errors.Is(err, gateway.ErrImportsOpen):
		return v.t(fmt.Sprintf("끝나지 않은 가져오기가 이미 %d개 있습니다. 아래 목록에서 계속하거나 취소한 뒤 다시 올려 주세요.", gateway.MaxOpenImports),
			fmt.Sprintf("%d imports have not ended. Go on with them in the list below, or discard one, and upload again.", gateway.MaxOpenImports))
	case errors.Is(err, gateway.ErrImportUnpacks):
		return v.t("이 Excel 파일은 압축을 풀면 너무 큽니다. ‘CSV UTF-8’로 저장하거나 나누어 올려 주세요.", "This Excel file unpacks to more than is read. Save it as “CSV UTF-8”, or in parts.")
	case errors.Is(err, gateway.ErrImportBusy):
		return v.t("지금 다른 Excel 파일을 읽고 있습니다. 1분쯤 뒤에 다시 하거나, ‘CSV UTF-8’로 저장해 올려 주세요.", "Another Excel file is being read. Try again in a minute, or save yours as “CSV UTF-8”.")
	}
	return ""
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
