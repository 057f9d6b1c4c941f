package chaos_test

import "syscall"

// tied ends a process that we leave behind, should the test itself be killed.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
