package codes

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"

	"naru/internal/pay"
)

//go:embed *.csv
var files embed.FS

// tables reads the embedded files on first use. A malformed file is a defect
// of the program, found by the package's tests, so it panics.
var tables = sync.OnceValue(func() set {
	s, err := load()
	if err != nil {
		panic(err)
	}
	return s
})

type set struct {
	cards, banks list
	providers    map[pay.Provider]provider
}

type provider struct{ cards, banks dictionary }

// list is a standard table: its entries in order, and by code.
type list struct {
	entries []Entry
	byCode  map[string]Entry
}

func (l list) find(code string) (Entry, bool) {
	e, ok := l.byCode[code]
	return e, ok
}

// dictionary translates one provider's words. Keys of words are folded.
type dictionary struct {
	words  map[string]string // code or name to standard
	theirs map[string]string // standard to code
}

func (d dictionary) from(word string) (string, bool) {
	s, ok := d.words[fold(word)]
	return s, ok
}

func (d dictionary) to(standard string) (string, bool) {
	t, ok := d.theirs[standard]
	return t, ok
}

func fold(word string) string { return strings.ToUpper(strings.TrimSpace(word)) }

func load() (set, error) {
	s := set{providers: map[pay.Provider]provider{}}
	var err error
	if s.cards, err = readList("cards.csv"); err != nil {
		return s, err
	}
	if s.banks, err = readList("banks.csv"); err != nil {
		return s, err
	}
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		var d provider
		if d.cards, err = readDictionary(string(p)+"_cards.csv", s.cards); err != nil {
			return s, err
		}
		if d.banks, err = readDictionary(string(p)+"_banks.csv", s.banks); err != nil {
			return s, err
		}
		s.providers[p] = d
	}
	return s, nil
}

func readList(file string) (list, error) {
	l := list{byCode: map[string]Entry{}}
	rows, err := read(file, 2)
	if err != nil {
		return l, err
	}
	for n, row := range rows {
		e := Entry{Code: row[0], Name: row[1]}
		if _, twice := l.byCode[e.Code]; twice || e.Code == "" || e.Name == "" {
			return l, fmt.Errorf("codes: %s row %d: code %q is empty, unnamed or there twice", file, n+2, e.Code)
		}
		l.entries, l.byCode[e.Code] = append(l.entries, e), e
	}
	return l, nil
}

// readDictionary reads rows of code, standard code, and names between bars.
// The first row of a standard code is the one used in requests.
func readDictionary(file string, standards list) (dictionary, error) {
	d := dictionary{words: map[string]string{}, theirs: map[string]string{}}
	rows, err := read(file, 3)
	if err != nil {
		return d, err
	}
	for n, row := range rows {
		code, standard := row[0], row[1]
		if _, ok := standards.find(standard); !ok {
			return d, fmt.Errorf("codes: %s row %d: %q is no standard code", file, n+2, standard)
		}
		words := []string{code}
		if row[2] != "" {
			words = append(words, strings.Split(row[2], "|")...)
		}
		for _, w := range words {
			if _, twice := d.words[fold(w)]; twice || fold(w) == "" {
				return d, fmt.Errorf("codes: %s row %d: word %q is empty or there twice", file, n+2, w)
			}
			d.words[fold(w)] = standard
		}
		if _, later := d.theirs[standard]; !later {
			d.theirs[standard] = code
		}
	}
	return d, nil
}

// read gives the rows of a file after its heading.
func read(file string, columns int) ([][]string, error) {
	f, err := files.Open(file)
	if err != nil {
		return nil, fmt.Errorf("codes: %w", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = columns
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("codes: %s: %w", file, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("codes: %s has no rows", file)
	}
	return rows[1:], nil
}
