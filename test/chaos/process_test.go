package chaos_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is one run of the program.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   *journal
	ended chan struct{}
	err   error // how it ended, once ended is closed

	mu     sync.Mutex
	ending bool // we asked for it
}

// launch starts the program with arguments; what it prints goes to the journal.
func launch(name, bin string, log *journal, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(bin, args...), log: log, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.SysProcAttr = tied()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// signal sends one; ends says that the process is to end by it.
func (p *process) signal(s os.Signal, ends bool) {
	p.mu.Lock()
	p.ending = p.ending || ends
	p.mu.Unlock()
	_ = p.cmd.Process.Signal(s) // one that has ended is noticed by its end
}

// gone tells whether it has ended, and by its own doing.
func (p *process) gone() (ended, itself bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.ended:
		return true, !p.ending
	default:
		return false, false
	}
}

// kill ends it as a power cut does.
func (p *process) kill() {
	p.signal(syscall.SIGKILL, true)
	<-p.ended
}

// terminate asks it to end and gives how long that took.
func (p *process) terminate(limit time.Duration) (time.Duration, error) {
	began := time.Now()
	p.signal(syscall.SIGTERM, true)
	select {
	case <-p.ended:
		return time.Since(began), p.err
	case <-time.After(limit):
		p.kill()
		return time.Since(began), fmt.Errorf("%s did not end within %s of SIGTERM", p.name, limit)
	}
}

// journal is what a program prints, over all its runs.
type journal struct {
	mu    sync.Mutex
	file  *os.File
	part  []byte
	lines []string // those that are worth a look
}

// folderOfLogs is where the processes' logs go.
func folderOfLogs(t testing.TB) string {
	t.Helper()
	if *keep == "" {
		return t.TempDir()
	}
	dir := filepath.Join(*keep, t.Name())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newJournal(t testing.TB, folder, name string) *journal {
	t.Helper()
	f, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return &journal{file: f}
}

// alarming begins what no program of ours may print, whatever is broken.
var alarming = []string{"panic", "fatal error", "DATA RACE", "goroutine "}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.file.Write(b)
	j.part = append(j.part, b...)
	for {
		line, rest, whole := bytes.Cut(j.part, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		if worthALook(string(line)) {
			j.lines = append(j.lines, string(line))
		}
		j.part = append([]byte{}, rest...)
	}
}

func worthALook(line string) bool {
	if strings.Contains(line, "level=ERROR") || strings.Contains(line, "40P01") {
		return true
	}
	for _, word := range alarming {
		if strings.HasPrefix(line, word) || strings.Contains(line, "worker panicked") {
			return true
		}
	}
	return false
}

// errors are the lines that are worth a look.
func (j *journal) errors() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string{}, j.lines...)
}

// tail is the end of all that was printed.
func (j *journal) tail() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	in, err := os.Open(j.file.Name())
	if err != nil {
		return err.Error()
	}
	defer func() { _ = in.Close() }()
	if info, err := in.Stat(); err == nil && info.Size() > 4000 {
		_, _ = in.Seek(-4000, io.SeekEnd)
	}
	var out strings.Builder
	for lines := bufio.NewScanner(in); lines.Scan(); {
		out.WriteString(lines.Text() + "\n")
	}
	return out.String()
}
