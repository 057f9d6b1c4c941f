package main

import (
	"strings"
	"testing"
	"time"
)

// A bare day begins in Korea; an instant is what it says.
func TestPeriodsAreOfKoreanDays(t *testing.T) {
	t.Parallel()
	from, to, err := readPeriod("2026-11-01", "2026-11-01T00:30:00+09:00")
	if begin := time.Date(2026, 10, 31, 15, 0, 0, 0, time.UTC); err != nil || !from.Equal(begin) || !to.Equal(begin.Add(30*time.Minute)) {
		t.Errorf("from %s to %s: %v", from, to, err)
	}
	if from, to, err := readPeriod("", ""); err != nil || !from.IsZero() || !to.IsZero() {
		t.Errorf("unbounded: %s, %s, %v", from, to, err)
	}
	for _, bad := range [][3]string{
		{"2026-11-02", "2026-11-02", "--from 2026-11-02: want a time before --to 2026-11-02"},
		{"2026-11-01", "2026-10-31T15:00:00Z", "--from 2026-11-01: want a time before"},
		{"11/02", "soon", `--to "soon": want a day such as 2026-11-21, which begins in Korea, or a time`},
	} {
		if _, _, err := readPeriod(bad[0], bad[1]); err == nil || !strings.Contains(err.Error(), bad[2]) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
