package console

import (
	"context"
	"net/http"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

func (c *Console) movingRoutes() []route {
	return []route{
		get("/moving", pay.ChangeStore, c.movingPage),
		{method: http.MethodPost, pattern: "/moving/files", right: pay.ChangeStore, upload: true, do: c.movingUpload},
		get("/moving/imports/{id}", pay.ChangeStore, c.movingImport),
		post("/moving/imports/{id}/check", pay.ChangeStore, c.movingCheck),
		post("/moving/imports/{id}/start", pay.ChangeStore, c.movingStart),
		post("/moving/imports/{id}/discard", pay.ChangeStore, c.movingDiscard),
		get("/moving/imports/{id}/problems.csv", pay.ChangeStore, c.movingProblems),
		post("/moving/export", pay.Export, c.movingExport),
	}
}

// movingRow is an import in the list.
type movingRow struct {
	store.Import
	Counts movingCounts
}

// movingBody is the first page of moving.
type movingBody struct {
	Kind      string
	Problem   string
	Older     string // why nothing can be imported now
	Imports   []movingRow
	Channels  int
	SubStores int
	MayExport bool
	Largest   int // MB
}

// movingShown is how many imports the page lists.
const movingShown = 20

func (c *Console) movingPage(v *visit) error {
	return v.movingForm(http.StatusOK, string(gateway.ImportPayments), "")
}

// movingForm shows the page, with what was wrong with a file.
func (v *visit) movingForm(status int, kind, problem string) error {
	b := movingBody{Kind: kind, Problem: problem, MayExport: v.May(pay.Export), Largest: gateway.MaxImportFile >> 20}
	old, err := v.c.gateway.NodesBeforeImports(v.r.Context())
	if err != nil {
		return err
	}
	b.Older = v.olderNodes(old)
	err = v.c.store.Read(v.r.Context(), func(tx *store.Tx) error { return b.read(v.r.Context(), tx, v.Store.ID) })
	if err != nil {
		return err
	}
	return v.renderStatus(status, "moving", v.t("이사 · 내보내기", "Moving in and out"), b)
}

// olderNodes says why nothing can be imported now; "" when it can.
func (v *visit) olderNodes(old []store.Node) string {
	if len(old) == 0 {
		return ""
	}
	names := make([]string, len(old))
	for i, n := range old {
		names[i] = n.Name + " (" + n.Version + ")"
	}
	return v.t("이전 버전의 서버가 돌고 있어 지금은 가져올 수 없습니다. 가져온 결제의 돈을 두 번 셀 수 있기 때문입니다. 먼저 이 버전으로 바꿔 주세요: ",
		"Nothing can be imported while servers of an earlier version run: they may count the money of imported payments twice. Put this version in their place first: ") + strings.Join(names, ", ")
}

func (b *movingBody) read(ctx context.Context, tx *store.Tx, m pay.MerchantID) error {
	all, err := tx.ListImports(ctx, m, movingShown)
	if err != nil {
		return err
	}
	for _, i := range all {
		b.Imports = append(b.Imports, movingRow{i, countsOf(i)})
	}
	channels, err := tx.ListChannels(ctx, m)
	if err != nil {
		return err
	}
	subs, err := tx.ListTiers(ctx, m)
	b.Channels, b.SubStores = len(channels), len(subs)
	return err
}
