package control

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// kst is Korean time, in which the control port speaks and takes times that
// name no zone.
var kst = time.FixedZone("KST", 9*60*60)

// farthest is how far ahead of the machine's time the clock may go.
const farthest = 36500 * 24 * time.Hour

var (
	spanForm = regexp.MustCompile(`^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w))+$`)
	spanPart = regexp.MustCompile(`(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)`)
)

// readSpan reads how far to go: Go's durations, and d for 24 hours and w for
// seven days. Months and years are refused, because they differ in length.
func readSpan(text string) (time.Duration, error) {
	if !spanForm.MatchString(text) {
		return 0, fmt.Errorf("advance %q: want a duration such as 30d, 2w, 12h or 1d12h (units w, d, h, m, s, ms); months and years differ in length: say days, or set the time", text)
	}
	errFar := fmt.Errorf("advance %q: want at most %d days", text, farthest/(24*time.Hour))
	var sum time.Duration
	for _, part := range spanPart.FindAllStringSubmatch(text, -1) {
		unit, times := part[2], time.Duration(1)
		switch unit {
		case "d":
			unit, times = "h", 24
		case "w":
			unit, times = "h", 7*24
		}
		d, err := time.ParseDuration(part[1] + unit)
		if err != nil || d > farthest/times {
			return 0, errFar
		}
		if sum += d * times; sum > farthest {
			return 0, errFar
		}
	}
	if sum == 0 {
		return 0, fmt.Errorf("advance %q: want more than nothing", text)
	}
	return sum, nil
}

// readTime reads a time to go to: RFC 3339, or a date with or without a time of
// day, which is Korean.
func readTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, form := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(form, text, kst); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("set %q: want a time such as 2027-01-01T09:00:00+09:00, or 2027-01-01 or 2027-01-01T09:00, which are Korean time", text)
}

// target is where the clock is to go from now, or why it cannot.
func (o clockOrder) target(now time.Time, ahead time.Duration) (time.Time, error) {
	to := now
	if o.Advance != "" {
		d, err := readSpan(o.Advance)
		if err != nil {
			return to, err
		}
		to = now.Add(d)
	} else {
		var err error
		if to, err = readTime(o.Set); err != nil {
			return to, err
		}
	}
	if to.Before(now) {
		return to, fmt.Errorf("set %q: the clock shows %s and does not go back; start anew for that", o.Set, show(now))
	}
	if to.Sub(now) > farthest-ahead {
		return to, errors.New("the clock goes at most 100 years ahead of the machine's time")
	}
	return to, nil
}

// show writes a time as the control port does.
func show(t time.Time) string { return t.In(kst).Format(time.RFC3339Nano) }
