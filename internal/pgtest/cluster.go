package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ordinary is who runs PostgreSQL when the tests run as root, which it refuses.
const ordinary = "postgres"

// What a cluster is told besides. Nothing in one for tests outlives the process, so
// nothing needs to reach the disk; one that is measured keeps PostgreSQL's defaults.
const (
	passing = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB -c autovacuum=off" +
		" -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c checkpoint_timeout=1h"
	durable = "-c shared_buffers=256MB"
)

// Durable starts a server that keeps what it commits, for measurements; stop ends
// it and removes its data.
func Durable(ctx context.Context) (dsn string, stop func() error, err error) {
	dsn, alive, err := startCluster(ctx, durable)
	if err != nil {
		return "", nil, err
	}
	return dsn, alive.Close, nil
}

// startCluster makes a cluster in a folder of its own, reachable by a socket in
// that folder only, and gives the address of its first database. It runs as long
// as alive is open.
func startCluster(ctx context.Context, settings string) (address string, alive *os.File, err error) {
	bin, err := programs()
	if err != nil {
		return "", nil, err
	}
	folder, err := os.MkdirTemp("", "naru-pg-")
	if err != nil {
		return "", nil, err
	}
	if err := own(folder); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(folder))
	}
	data := filepath.Join(folder, "data")
	if alive, err = watch(bin, folder, data); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(folder))
	}
	err = run(ctx, folder, filepath.Join(bin, "initdb"),
		"-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if err != nil {
		return "", nil, errors.Join(err, alive.Close())
	}
	settings = "-k " + folder + " -c listen_addresses='' -c max_connections=800 -c deadlock_timeout=100ms " + settings
	err = run(ctx, folder, filepath.Join(bin, "pg_ctl"),
		"-D", data, "-l", filepath.Join(folder, "log"), "-w", "-t", "90", "-o", settings, "start")
	if err != nil {
		return "", nil, errors.Join(err, alive.Close())
	}
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {folder}, "sslmode": {"disable"}}.Encode()}
	return u.String(), alive, nil
}

// programs is the folder of initdb and pg_ctl: the newest of Debian's, or where
// the path leads.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) })
		return filepath.Dir(newest), nil
	}
	p, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("install PostgreSQL (Debian package \"postgresql\"), or set NARU_TEST_DSN to the address of a server " +
			"and a role that may make databases there")
	}
	return filepath.Dir(p), nil
}

// major is the version in the path of a program of Debian's.
func major(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

// own gives the folder to whom PostgreSQL will run as.
func own(folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup(ordinary)
	if err != nil {
		return fmt.Errorf("root cannot run PostgreSQL and there is no user %q: %w", ordinary, err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	return os.Chown(folder, uid, gid)
}

// as is a command line as PostgreSQL's user runs it.
func as(args ...string) []string {
	if os.Geteuid() != 0 {
		return args
	}
	return append([]string{"runuser", "-u", ordinary, "--"}, args...)
}

func run(ctx context.Context, folder string, args ...string) error {
	args = as(args...)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = folder
	// To a file: a server that is started would keep a pipe open.
	out, err := os.CreateTemp(folder, "out-")
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		log, _ := os.ReadFile(filepath.Join(folder, "log"))
		return fmt.Errorf("%s: %w: %s %s", args[len(args)-1], err, strings.TrimSpace(string(said)), strings.TrimSpace(string(log)))
	}
	return nil
}

// watch starts a shell that stops the cluster and removes its folder once this
// process is gone, crashed and killed ones too: it waits for the end of a pipe
// that only this process holds open.
func watch(bin, folder, data string) (alive *os.File, err error) {
	held, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	script := `trap '' INT TERM HUP; read -r _; folder=$1; shift; "$@" >/dev/null 2>&1; rm -rf "$folder"`
	args := append([]string{"-c", script, "sh", folder},
		as(filepath.Join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")...)
	cmd := exec.Command("sh", args...)
	cmd.Stdin, cmd.Dir = held, "/"
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, held.Close(), alive.Close())
	}
	return alive, held.Close()
}
