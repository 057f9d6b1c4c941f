package main

import (
	"errors"
	"fmt"
	"time"
)

// korea is where bare days begin, in every command as in the console.
func korea() *time.Location { return time.FixedZone("KST", 9*60*60) }

// koreanDay is the beginning of a day in Korea, or zero when none is given.
func koreanDay(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, korea())
	if err != nil {
		return day, fmt.Errorf("--%s %q: want a day such as 2026-11-21", flag, text)
	}
	return day, nil
}

// readTime reads an instant, or a day, which is its beginning in Korea.
func readTime(flag, text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	t, err := koreanDay(flag, text)
	if err != nil {
		return t, fmt.Errorf("%w, which begins in Korea, or a time such as 2026-11-21T09:00:00+09:00", err)
	}
	if t.IsZero() {
		return t, nil
	}
	return t.UTC(), nil
}

// readPeriod reads --from, inclusive, and --to, exclusive; either may be left out.
func readPeriod(from, to string) (begin, end time.Time, err error) {
	begin, err1 := readTime("from", from)
	end, err2 := readTime("to", to)
	if err := errors.Join(err1, err2); err != nil {
		return begin, end, err
	}
	if !begin.IsZero() && !end.IsZero() && !begin.Before(end) {
		return begin, end, fmt.Errorf("--from %s: want a time before --to %s", from, to)
	}
	return begin, end, nil
}
