package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"naru/internal/pay"
)

// maxMapping is the largest mapping file, in bytes.
const maxMapping = 1 << 20

// ReadImportMapping reads a mapping: JSON as GuessImportMapping gives it, or lines
// "field = column", "field := constant", "field.word = V1's word" and
// "channel provider.mid = channel-key-…". Lines that begin with # say nothing.
func ReadImportMapping(from io.Reader) (ImportMapping, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxMapping+1))
	if err != nil {
		return ImportMapping{}, err
	}
	if len(text) > maxMapping {
		return ImportMapping{}, &Invalid{"mapping", fmt.Sprintf("it is larger than %d bytes", maxMapping)}
	}
	if !utf8.Valid(text) {
		return ImportMapping{}, &Invalid{"mapping", "it is not UTF-8 text"}
	}
	plain := strings.TrimSpace(strings.TrimPrefix(string(text), "\ufeff"))
	if !strings.HasPrefix(plain, "{") {
		return mappingOfLines(plain)
	}
	var m ImportMapping
	dec := json.NewDecoder(strings.NewReader(plain))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, &Invalid{"mapping", "it is no JSON of fields, constants, values and channels: " + cutText(err.Error(), 200)}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return m, &Invalid{"mapping", "something follows the JSON"}
	}
	return m, nil
}

func mappingOfLines(text string) (ImportMapping, error) {
	m := ImportMapping{Fields: map[string]string{}, Constants: map[string]string{}, Values: map[string]map[string]string{}}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		left, right, ok := strings.Cut(line, "=")
		constant := strings.HasSuffix(left, ":")
		left, right = strings.TrimSpace(strings.TrimSuffix(left, ":")), strings.TrimSpace(right)
		field, word, isValue := strings.Cut(left, ".")
		of, isChannel := strings.CutPrefix(left, "channel ")
		switch {
		case !ok || left == "":
			return m, &Invalid{"mapping", fmt.Sprintf("line %d: want field = column, field := constant, field.word = value or channel provider.mid = channel-key", i+1)}
		case constant:
			m.Constants[left] = right
		case isChannel:
			provider, mid, _ := strings.Cut(strings.TrimSpace(of), ".")
			m.Channels = append(m.Channels, ImportChannel{pay.Provider(provider), mid, pay.ChannelKey(right)})
		case isValue:
			if m.Values[field] == nil {
				m.Values[field] = map[string]string{}
			}
			m.Values[field][word] = right
		default:
			m.Fields[left] = right
		}
	}
	return m, nil
}

// GuessImportMapping is what a file's header tells, and its columns.
func GuessImportMapping(from io.Reader, kind ImportKind) (ImportMapping, []string, error) {
	src, err := openImport(context.Background(), newSheetDesk(), from)
	if err != nil {
		return ImportMapping{}, nil, err
	}
	defer src.close()
	fields := paymentFields()
	if kind == ImportKeys {
		fields = keyFields()
	}
	return src.guess(fields), src.columns, nil
}

// ImportProblemHeader is the header of the rows of problems.
func ImportProblemHeader() []string {
	return []string{"line", "id", "kind", "field", "value", "allowed"}
}

// Row is a problem as a row of CSV, in which no spreadsheet finds a formula.
func (p ImportProblem) Row() []string {
	row := []string{strconv.Itoa(p.Line), p.ID, p.Kind, p.Field, p.Value, p.Allowed}
	for i, v := range row {
		row[i] = CellText(v)
	}
	return row
}

// CellText is a text for a file that spreadsheets read: one that they would take for a
// formula is begun with an apostrophe.
func CellText(v string) string {
	if v != "" && strings.ContainsRune("=+-@\t\r\n", rune(v[0])) {
		return "'" + v
	}
	return v
}

// Lines is what of a mapping is not a choice of columns, as ReadImportMapping reads it.
func (m ImportMapping) Lines() string {
	var out []string
	for _, f := range slices.Sorted(maps.Keys(m.Constants)) {
		out = append(out, f+" := "+m.Constants[f])
	}
	for _, f := range slices.Sorted(maps.Keys(m.Values)) {
		for _, w := range slices.Sorted(maps.Keys(m.Values[f])) {
			out = append(out, f+"."+w+" = "+m.Values[f][w])
		}
	}
	for _, ch := range m.Channels {
		out = append(out, "channel "+string(ch.Provider)+"."+ch.MID+" = "+string(ch.Channel))
	}
	return strings.Join(out, "\n")
}
