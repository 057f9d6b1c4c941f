//go:build !linux

package chaos_test

import "syscall"

// tied: elsewhere a process does not learn that its parent is gone.
func tied() *syscall.SysProcAttr { return nil }
