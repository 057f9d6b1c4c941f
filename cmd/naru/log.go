package main

import (
	"log/slog"
)

// logger writes to standard error, as text or JSON.
func (m *Main) logger(format string, least slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: least}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(m.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(m.Stderr, o))
}

// level is one of the four names that the command line allows.
func level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo
	}
	return l
}

// ready tells whoever waits that requests are answered.
func (m *Main) ready(at Addresses) {
	if m.Ready != nil {
		m.Ready(at)
	}
}
