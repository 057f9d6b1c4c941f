package console

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// movingCounts is what is known of an import.
type movingCounts struct {
	Known bool
	gateway.ImportReport
}

func countsOf(i store.Import) movingCounts {
	var out movingCounts
	if i.Report != nil && json.Unmarshal(i.Report, &out.ImportReport) == nil {
		out.Known = true
	}
	return out
}

// movingImportBody is the page of one import.
type movingImportBody struct {
	store.Import
	Report   movingCounts
	Shown    []gateway.ImportProblem // the first hundred
	Hidden   int                     // problems that the page does not show
	Waiting  bool
	Running  bool
	Mappable bool // which of its columns is what can be chosen
	Fields   []movingField
	Channels []movingOption
	Channel  string
	Extra    string
	Problem  string
}

type movingField struct {
	Name, Label, Column string
	Needed              bool
}

type movingOption struct{ Value, Text string }

// problemsShown is how many problems the page shows; the file has all that are kept.
const problemsShown = 100

func (c *Console) movingImport(v *visit) error { return v.showImport(http.StatusOK, "") }

func (v *visit) showImport(status int, problem string) error {
	i, err := v.c.gateway.KeptImport(v.r.Context(), v.Store.ID, v.param("id"))
	if err != nil {
		return err
	}
	b := movingImportBody{Import: i, Report: countsOf(i), Problem: problem, Waiting: i.Status == store.ImportWaiting, Running: i.Status == store.ImportRunning}
	b.Shown = b.Report.Problems[:min(len(b.Report.Problems), problemsShown)]
	b.Hidden = len(b.Report.Problems) - len(b.Shown) + b.Report.More
	if b.Mappable = b.Waiting && len(b.Report.Columns) > 0; b.Mappable {
		if err := v.readMapping(&b); err != nil {
			return err
		}
	}
	title := v.t("결제 가져오기", "Import of payments")
	if gateway.ImportKind(i.Kind) == gateway.ImportKeys {
		title = v.t("빌링키 가져오기", "Import of billing keys")
	}
	return v.renderStatus(status, "moving_import", title, b)
}

// readMapping fills the form of the mapping in.
func (v *visit) readMapping(b *movingImportBody) error {
	m := b.Report.Mapping
	for _, f := range gateway.ImportFields(gateway.ImportKind(b.Kind)) {
		column := m.Fields[f.Name]
		b.Fields = append(b.Fields, movingField{f.Name, v.t(f.Ko, f.En), column, f.Needed})
	}
	var all []pay.Channel
	err := v.c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.ListChannels(v.r.Context(), v.Store.ID)
		return err
	})
	b.Channels = []movingOption{{"", v.t("파일의 PG사와 MID로 찾기", "By the provider and MID in the file")}}
	for _, ch := range all {
		if gateway.ImportKind(b.Kind) != gateway.ImportKeys || ch.Kind == pay.ChannelBilling {
			b.Channels = append(b.Channels, movingOption{string(ch.Key), wordFor(v.lang, "provider", string(ch.Provider)) + " · " + ch.MID + " · " + ch.Name})
		}
	}
	if len(m.Channels) == 1 && m.Channels[0].Provider == "" && m.Channels[0].MID == "" {
		b.Channel = string(m.Channels[0].Channel)
		m.Channels = nil
	}
	b.Extra = m.Lines()
	return err
}

// movingCheck is the dry run by the mapping of the form.
func (c *Console) movingCheck(v *visit) error {
	i, err := c.gateway.KeptImport(v.r.Context(), v.Store.ID, v.param("id"))
	if err != nil {
		return err
	}
	m, err := v.mappingOf(gateway.ImportKind(i.Kind))
	if err == nil {
		_, err = c.gateway.CheckImport(v.r.Context(), v.Store.ID, i.ID, m)
	}
	if problem := v.fileProblem(err); problem != "" {
		return v.showImport(http.StatusUnprocessableEntity, problem)
	}
	if wrong, ok := errors.AsType[*gateway.Invalid](err); ok {
		return v.showImport(http.StatusUnprocessableEntity, wrong.Detail)
	}
	if err != nil {
		return err
	}
	return v.done(c.path("/moving/imports/"+i.ID), "다시 확인했습니다. 아직 아무것도 가져오지 않았습니다.", "Checked again. Nothing was imported yet.")
}

// mappingOf is the mapping of the form; nil when the form has none.
func (v *visit) mappingOf(kind gateway.ImportKind) (*gateway.ImportMapping, error) {
	if v.field("mapped") == "" {
		return nil, nil
	}
	m, err := gateway.ReadImportMapping(strings.NewReader(v.field("extra")))
	if err != nil {
		return nil, err
	}
	if m.Fields == nil {
		m.Fields = map[string]string{}
	}
	for _, f := range gateway.ImportFields(kind) {
		if column := v.r.FormValue("column." + f.Name); column != "" {
			m.Fields[f.Name] = column
		}
	}
	if key := v.field("channel"); key != "" {
		m.Channels = append(m.Channels, gateway.ImportChannel{Channel: pay.ChannelKey(key)})
	}
	return &m, nil
}

func (c *Console) movingStart(v *visit) error {
	id := v.param("id")
	old, err := c.gateway.NodesBeforeImports(v.r.Context())
	if err != nil {
		return err
	}
	if len(old) > 0 {
		return v.showImport(http.StatusUnprocessableEntity, v.olderNodes(old))
	}
	if err := c.gateway.StartImport(v.r.Context(), v.Store.ID, id, v.field("no_ask") == ""); err != nil {
		return err
	}
	return v.done(c.path("/moving/imports/"+id), "가져오기를 시작했습니다.", "The import has begun.")
}

func (c *Console) movingDiscard(v *visit) error {
	if err := c.gateway.DiscardImport(v.r.Context(), v.Store.ID, v.param("id")); err != nil {
		return err
	}
	return v.done(c.path("/moving"), "파일을 지웠습니다. 가져온 것은 없습니다.", "The file is gone. Nothing was imported.")
}

// movingProblems is every problem that is kept as a file.
func (c *Console) movingProblems(v *visit) error {
	i, err := c.gateway.KeptImport(v.r.Context(), v.Store.ID, v.param("id"))
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="naru-import-`+i.Created.In(kst).Format("20060102-1504")+`.csv"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = v.w.Write([]byte("\ufeff"))
	out := csv.NewWriter(v.w)
	_ = out.Write(gateway.ImportProblemHeader())
	for _, p := range countsOf(i).Problems {
		_ = out.Write(p.Row())
	}
	out.Flush()
	return nil
}
