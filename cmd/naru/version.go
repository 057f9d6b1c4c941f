package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

type versionCmd struct{}

func (versionCmd) Run(m *Main) error {
	_, err := fmt.Fprintln(m.Stdout, describeBuild())
	return err
}

// version is the module's version, "devel" when it was built from a tree that
// has none.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// describeBuild is one line: version, commit, and what it was built with.
func describeBuild() string {
	parts := []string{"naru " + version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		set := map[string]string{}
		for _, s := range info.Settings {
			set[s.Key] = s.Value
		}
		if rev := set["vcs.revision"]; rev != "" {
			commit := "commit " + rev[:min(12, len(rev))]
			if set["vcs.modified"] == "true" {
				commit += " with changes"
			}
			parts = append(parts, commit, set["vcs.time"])
		}
	}
	parts = append(parts, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return strings.Join(parts, ", ")
}
