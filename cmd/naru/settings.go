package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"naru/internal/config"
	"naru/internal/vault"
)

// settings gives a command flags for rows of config's table, and the file.
type settings struct {
	ConfigFile string `name:"config" placeholder:"FILE" help:"File of \"key = value\" lines (NARU_CONFIG)."`
	kong.Plugins
}

// newSettings makes flags for the named options, or for all of them. The
// struct that kong reads them into is made from the table, so that no flag is
// described twice.
func newSettings(keys ...string) settings {
	var fields []reflect.StructField
	for _, o := range config.Options() {
		if o.Secret || len(keys) > 0 && !slices.Contains(keys, o.Key) {
			continue
		}
		help := strings.TrimSuffix(o.Doc, ".")
		if o.Default != "" {
			help += " [" + o.Default + "]"
		}
		fields = append(fields, reflect.StructField{
			Name: "Flag" + fmt.Sprint(len(fields)),
			Type: reflect.TypeFor[*string](),
			Tag:  reflect.StructTag(fmt.Sprintf("name:%q help:%q placeholder:%q", o.Key, help, o.Type)),
		})
	}
	return settings{Plugins: kong.Plugins{reflect.New(reflect.StructOf(fields)).Interface()}}
}

// given are the flags that stood on the command line.
func (s settings) given() map[string]string {
	out := map[string]string{}
	v := reflect.ValueOf(s.Plugins[0]).Elem()
	for i := range v.NumField() {
		if text, ok := v.Field(i).Interface().(*string); ok && text != nil {
			out[v.Type().Field(i).Tag.Get("name")] = *text
		}
	}
	return out
}

// config reads the settings from wherever they are.
func (m *Main) config(s settings) (config.Config, error) {
	in := config.Input{Flags: s.given(), Env: m.Env, FileName: s.ConfigFile}
	if in.FileName == "" {
		in.FileName, _ = m.Env("NARU_CONFIG")
	}
	if in.FileName != "" {
		text, err := os.ReadFile(in.FileName)
		if err != nil {
			return config.Config{}, fmt.Errorf("configuration: %w", err)
		}
		in.File = text
	}
	return config.Load(in)
}

var errNoMaster = errors.New("no master key: set NARU_MASTER_KEY or master-key-file (make one with: openssl rand -hex 32 > master.key; chmod 600 master.key)")

// masterKey is the key that seals providers' secrets.
func masterKey(c config.Config) ([]byte, error) {
	if c.MasterKeyFile == "" {
		if c.MasterKey == "" {
			return nil, errNoMaster
		}
		key, err := vault.ParseMaster(c.MasterKey.Reveal())
		if err != nil {
			return nil, fmt.Errorf("master-key: %w", err)
		}
		return key, nil
	}
	text, err := os.ReadFile(c.MasterKeyFile)
	if err != nil {
		return nil, fmt.Errorf("master-key-file: %w", err)
	}
	key, err := vault.ParseMaster(string(text))
	if err != nil {
		return nil, fmt.Errorf("master-key-file %s: %w", c.MasterKeyFile, err)
	}
	return key, nil
}
