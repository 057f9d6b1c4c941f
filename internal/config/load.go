package config

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
)

// Problems is everything that is wrong with the settings, one line each.
type Problems []string

func (p Problems) Error() string {
	if len(p) == 1 {
		return p[0]
	}
	return fmt.Sprintf("%d settings are wrong:\n  %s", len(p), strings.Join(p, "\n  "))
}

// Input is where settings come from.
type Input struct {
	Flags    map[string]string           // by key; only those that were given
	Env      func(string) (string, bool) // os.LookupEnv; nil is an empty environment
	FileName string                      // for messages
	File     []byte                      // "key = value" lines; nil when there is none
}

// Load makes the settings of in. The error, if any, is of type Problems and
// lists everything that is wrong.
func Load(in Input) (Config, error) {
	var problems Problems
	file, wrong := parseFile(in.FileName, in.File)
	problems = append(problems, wrong...)
	c := Config{origins: map[string]origin{}}
	for _, o := range Options() {
		at := in.find(o, file)
		c.origins[o.Key] = at
		if at.source == "default" && o.Default == "" {
			continue
		}
		if err := o.set(&c, at.text); err != nil {
			problems = append(problems, o.complain(at, err))
		}
	}
	for key := range in.Flags {
		if o, ok := option(key); !ok {
			problems = append(problems, fmt.Sprintf("--%s: no such setting", key))
		} else if o.Secret {
			problems = append(problems, fmt.Sprintf("--%s: every user of the machine could read it; use %s or the file", key, o.Env()))
		}
	}
	problems = append(problems, c.together()...)
	if len(problems) > 0 {
		return Config{}, problems
	}
	c.derive()
	return c, nil
}

// find is the option's text from its most important source.
func (in Input) find(o Option, file map[string]origin) origin {
	if text, ok := in.Flags[o.Key]; ok && !o.Secret {
		return origin{strings.TrimSpace(text), "--" + o.Key}
	}
	if in.Env != nil {
		if text, ok := in.Env(o.Env()); ok {
			return origin{strings.TrimSpace(text), o.Env()}
		}
	}
	if at, ok := file[o.Key]; ok {
		return at
	}
	return origin{o.Default, "default"}
}

func (o Option) complain(at origin, err error) string {
	if o.Secret || o.mask != nil {
		return fmt.Sprintf("%s (from %s): %v", o.Key, at.source, err)
	}
	return fmt.Sprintf("%s = %q (from %s): %v", o.Key, at.text, at.source, err)
}

// together checks settings that depend on each other.
func (c Config) together() Problems {
	var p Problems
	if (c.TLSCert == "") != (c.TLSKey == "") {
		p = append(p, "tls-cert and tls-key: give both or neither")
	}
	if c.MasterKey != "" && c.MasterKeyFile != "" {
		p = append(p, "master-key and master-key-file: give one of them, not both")
	}
	return append(p, c.alerting()...)
}

// derive fills what follows from other settings.
func (c *Config) derive() {
	if c.PublicURL != "" {
		return
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return // Listen was checked
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	c.PublicURL = scheme + "://" + net.JoinHostPort(host, port)
}

// parseFile reads lines of "key = value". A line that begins with # is a
// comment; blank lines are skipped; a value may stand in double quotes.
func parseFile(name string, text []byte) (map[string]origin, Problems) {
	var problems Problems
	out := map[string]origin{}
	sc := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		where := fmt.Sprintf("%s:%d", name, n)
		key, value, ok := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		_, known := option(key)
		_, twice := out[key]
		switch {
		case !ok:
			problems = append(problems, where+": want key = value")
		case !known:
			problems = append(problems, fmt.Sprintf("%s: no setting is called %q%s", where, key, suggestion(key)))
		case twice:
			problems = append(problems, fmt.Sprintf("%s: %s was set before, at %s", where, key, out[key].source))
		default:
			out[key] = origin{unquote(strings.TrimSpace(value)), where}
		}
	}
	if err := sc.Err(); err != nil {
		problems = append(problems, fmt.Sprintf("%s: %v", name, err))
	}
	return out, problems
}

func unquote(v string) string {
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		return v[1 : len(v)-1]
	}
	return v
}

// suggestion is the known key that key looks like, as " (did you mean …?)".
func suggestion(key string) string {
	bare := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
	}
	for _, o := range Options() {
		a, b := bare(o.Key), bare(strings.TrimPrefix(strings.ToLower(key), "naru_"))
		if a == b || len(b) > 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
			return fmt.Sprintf(" (did you mean %s?)", o.Key)
		}
	}
	return ""
}

func option(key string) (Option, bool) {
	for _, o := range Options() {
		if o.Key == key {
			return o, true
		}
	}
	return Option{}, false
}

func envName(key string) string {
	return "NARU_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}
