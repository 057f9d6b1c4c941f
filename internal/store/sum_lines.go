package store

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"naru/internal/pay"
)

// sumLines are the sums of a span. As text they are lines of fields with tabs
// between: a year of days is read in a few milliseconds.
type sumLines map[sumKey]sumLine

// add counts payments in; what is nothing then is left out.
func (s sumLines) add(k sumKey, l sumLine) {
	if l = s[k].plus(l); l == (sumLine{}) {
		delete(s, k)
		return
	}
	s[k] = l
}

func (s sumLines) text() string {
	out := make([]string, 0, len(s))
	for k, l := range s {
		fields := []string{string(k.Mode), string(k.Status), string(k.Method), string(k.Provider), string(k.Channel), strconv.FormatBool(k.Charged), string(k.currency),
			strconv.FormatInt(l.count, 10), strconv.FormatInt(l.gross, 10), strconv.FormatInt(l.cancelled, 10)}
		for i, f := range fields {
			fields[i] = url.PathEscape(f)
		}
		out = append(out, strings.Join(fields, "\t"))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// eachSum hands fn the lines of a text.
func eachSum(text string, fn func(sumKey, sumLine)) error {
	if text == "" {
		return nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		var f [10]string
		n := 0
		for field := range strings.SplitSeq(line, "\t") {
			if n == len(f) {
				return fmt.Errorf("sums: line %q", line)
			}
			plain, err := url.PathUnescape(field)
			if err != nil {
				return fmt.Errorf("sums: %w", err)
			}
			f[n] = plain
			n++
		}
		var l sumLine
		for i, to := range []*int64{&l.count, &l.gross, &l.cancelled} {
			var err error
			if *to, err = strconv.ParseInt(f[7+i], 10, 64); err != nil {
				return fmt.Errorf("sums: %w", err)
			}
		}
		fn(sumKey{traits{pay.Mode(f[0]), pay.Status(f[1]), pay.Method(f[2]), pay.Provider(f[3]), pay.ChannelKey(f[4]), f[5] == "true"}, pay.Currency(f[6])}, l)
	}
	return nil
}
