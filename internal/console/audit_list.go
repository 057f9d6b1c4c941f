package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

func (c *Console) auditRoutes() []route {
	return []route{
		get("/audit", pay.SeePeople, c.auditList),
		get("/audit/export", pay.Export, c.auditExport),
	}
}

// auditPage is how many entries a page shows.
const auditPage = 50

// auditQuery is what the address of the log asks for.
type auditQuery struct {
	Who, Kind, Target string
	All               bool // the entries of the whole installation
	Before            string
}

// address is that of the log with other values; "" leaves out.
func (q auditQuery) address(c *Console, path, before string) string {
	of := ""
	if q.All {
		of = "installation"
	}
	return c.path(path, "of", of, "who", q.Who, "kind", q.Kind, "target", q.Target, "before", before)
}

func (v *visit) auditQuery() auditQuery {
	q := auditQuery{Who: v.field("who"), Kind: v.field("kind"), Target: v.field("target"), Before: v.field("before")}
	everywhere := v.MayEverywhere(pay.SeePeople)
	q.All = everywhere && (v.field("of") == "installation" || v.Store.ID == "")
	return q
}

// list reads entries.
func (q auditQuery) list(ctx context.Context, v *visit, before store.Audit, limit int) (as []store.Audit, err error) {
	of := v.Store.ID
	if q.All {
		of = ""
	}
	err = v.c.store.Read(ctx, func(tx *store.Tx) (err error) {
		as, err = tx.ListAudit(ctx, of, store.AuditFilter{Actor: q.Who, Kind: q.Kind, Target: q.Target, Before: before, Limit: limit})
		return err
	})
	return as, err
}

// auditBody is a page of the log.
type auditBody struct {
	auditQuery
	Rows       []auditRow
	People     []option
	Kinds      []option
	Older      string
	First      string // address of the first page, "" on it
	Export     string // "" without the right
	Everywhere bool   // may look at the whole installation's
	Filtered   bool
	StoreLink  string
	AllLink    string
}

// option is a choice of a form.
type option struct{ Value, Text string }

// auditRow is an entry in words.
type auditRow struct {
	store.Audit
	By      string // who
	What    string
	Link    string // to what was changed, "" is none
	Subject string // what was changed

	PaymentLink string // "" is none, or none besides Link
	Fields      []difference
	WhoLink     string
	Same        string // address of the entries about the same
}

func (c *Console) auditList(v *visit) error {
	q := v.auditQuery()
	if v.Store.ID == "" && !q.All {
		return errForbidden
	}
	as, err := q.list(v.r.Context(), v, placeOf(q.Before), auditPage+1)
	if err != nil {
		return err
	}
	b := auditBody{auditQuery: q, Everywhere: v.MayEverywhere(pay.SeePeople) && v.Store.ID != "", Filtered: q.Who+q.Kind+q.Target != ""}
	if len(as) > auditPage {
		as = as[:auditPage]
		b.Older = q.address(c, "/audit", spellPlace(as[auditPage-1]))
	}
	if q.Before != "" {
		b.First = q.address(c, "/audit", "")
	}
	if v.May(pay.Export) {
		b.Export = q.address(c, "/audit/export", "")
	}
	b.StoreLink, b.AllLink = c.path("/audit"), c.path("/audit", "of", "installation")
	names, err := v.namesOf(as)
	if err != nil {
		return err
	}
	for _, a := range as {
		b.Rows = append(b.Rows, v.auditRow(q, a, names))
	}
	b.Kinds = auditKinds(v.lang)
	b.People = peopleOf(names, q.Who, as)
	return v.render("audit", v.t("변경 기록", "Audit log"), b)
}

// placeOf and spellPlace are a place in the log, as addresses have it.
func placeOf(text string) store.Audit {
	at, id, _ := strings.Cut(text, ".")
	micro, err := strconv.ParseInt(at, 10, 64)
	if err != nil || id == "" {
		return store.Audit{}
	}
	return store.Audit{At: time.UnixMicro(micro).UTC(), ID: id}
}

func spellPlace(a store.Audit) string { return strconv.FormatInt(a.At.UnixMicro(), 10) + "." + a.ID }

// namesOf are the people that entries may speak of: those whom the operator may see.
func (v *visit) namesOf(as []store.Audit) (map[string]string, error) {
	staff, err := v.c.people.Staff(v.r.Context(), v.Store)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, a := range as {
		if a.Actor.Kind == pay.ActorOperator {
			names[a.Actor.ID] = a.Actor.Name
		}
	}
	for _, m := range staff {
		names[string(m.Operator.ID)] = m.Operator.Name
	}
	return names, nil
}

// peopleOf are the choices of whose entries to see.
func peopleOf(names map[string]string, chosen string, as []store.Audit) []option {
	var out []option
	for id, name := range names {
		out = append(out, option{id, name})
	}
	for _, a := range as {
		if a.Actor.Kind == pay.ActorCommand && a.Actor.ID != "" && names[a.Actor.ID] == "" {
			names[a.Actor.ID] = a.Actor.Name
			out = append(out, option{a.Actor.ID, a.Actor.Name + " ($)"})
		}
	}
	if chosen != "" && names[chosen] == "" {
		out = append(out, option{chosen, chosen})
	}
	slices.SortFunc(out, func(a, b option) int { return strings.Compare(a.Text+a.Value, b.Text+b.Value) })
	return out
}

func (v *visit) auditRow(q auditQuery, a store.Audit, names map[string]string) auditRow {
	r := auditRow{Audit: a, By: v.byWhom(a.Actor), What: auditWord(v.lang, a.Action), Subject: a.Target, Fields: v.differences(a)}
	if name := names[a.Target]; a.Kind == "operator" && name != "" {
		r.Subject = name
	}
	who, target := q, q
	who.Who, target.Target = a.Actor.ID, a.Target
	if a.Actor.ID != "" {
		r.WhoLink = who.address(v.c, "/audit", "")
	}
	if a.Target != "" {
		r.Same = target.address(v.c, "/audit", "")
	}
	r.Link = v.linkOf(a, names)
	if string(a.Payment) != a.Target {
		r.PaymentLink = v.pageOf("/payments", string(a.Payment))
	}
	return r
}

func (v *visit) byWhom(a pay.Actor) string {
	switch a.Kind {
	case pay.ActorOperator:
		return a.Name
	case pay.ActorCommand:
		if a.Name == "" {
			return v.t("명령줄", "Command line")
		}
		return a.Name + v.t(" (명령줄)", " (command line)")
	default:
		return v.t("자동 처리", "Automatic")
	}
}

// linkOf is the page of what an entry changed, "" is none that may be seen.
func (v *visit) linkOf(a store.Audit, names map[string]string) string {
	if strings.HasSuffix(a.Action, ".remove") || a.Kind == "operator" && names[a.Target] == "" {
		return ""
	}
	return v.pageOf(auditNouns[a.Kind].path, a.Target)
}

// pageOf is the page of a section about one thing, "" is none that may be seen.
func (v *visit) pageOf(section, id string) string {
	if section == "" || id == "" {
		return ""
	}
	for _, t := range v.c.table {
		rest, ok := strings.CutPrefix(t.pattern, section+"/{")
		if ok && t.method == http.MethodGet && strings.HasSuffix(rest, "}") && !strings.Contains(rest, "/") && (t.right == "" || v.May(t.right)) {
			return v.c.path(section + "/" + url.PathEscape(id))
		}
	}
	return ""
}
