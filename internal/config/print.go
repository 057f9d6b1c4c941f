package config

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes every setting with its value and where that came from. Secrets
// are masked.
func (c Config) Print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, o := range Options() {
		at := c.origins[o.Key]
		if o.Key == "public-url" && at.text == "" {
			at = origin{c.PublicURL, "made from listen"}
		}
		if _, err := fmt.Fprintf(tw, "%s\t= %s\t# %s\n", o.Key, o.shown(at.text), at.source); err != nil {
			return err
		}
	}
	return tw.Flush()
}

func (o Option) shown(text string) string {
	switch {
	case text == "":
		return ""
	case o.Secret:
		return "***"
	case o.mask != nil:
		return o.mask(text)
	}
	return text
}

// Markdown is the reference of all settings, docs/configuration.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`<!-- Generated from internal/config/options.go by "make generate". Do not edit. -->

# Configuration

` + "`naru serve`" + ` takes each setting from the first of these that has it:

1. a flag: ` + "`--public-url https://pay.example.com`" + `
2. the environment: ` + "`NARU_PUBLIC_URL=https://pay.example.com`" + `
3. the file named by ` + "`--config`" + ` or ` + "`NARU_CONFIG`" + `: lines of ` + "`public-url = https://pay.example.com`" + `; lines that begin with ` + "`#`" + ` are comments, a value may stand in double quotes
4. its default

` + "`naru config check`" + ` lists everything that is wrong; ` + "`naru config print`" + ` shows each value, secrets masked, and where it came from.

| setting | what to write | default | what it does |
|---|---|---|---|
`)
	for _, o := range Options() {
		def := "–"
		if o.Default != "" {
			def = "`" + o.Default + "`"
		}
		doc := o.Doc
		if o.Secret {
			doc += " Environment or file only: a flag could be read by every user of the machine."
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.Key, o.Type, def, doc)
	}
	return b.String()
}
