package chaos_test

import (
	"net"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// cable is the way from the nodes to PostgreSQL: a TCP proxy that can be cut, as
// when the database fails over, or held, as when a switch forgets packets for a
// while.
type cable struct {
	listener         net.Listener
	network, address string // of PostgreSQL

	mu    sync.Mutex
	flows *sync.Cond
	cut   bool
	held  bool
	conns map[net.Conn]bool
}

func newCable(t testing.TB, dsn string) *cable {
	t.Helper()
	to, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{conns: map[net.Conn]bool{}}
	c.flows = sync.NewCond(&c.mu)
	c.network, c.address = pgconn.NetworkAddress(to.Host, to.Port)
	if c.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go c.serve()
	t.Cleanup(func() {
		_ = c.listener.Close()
		c.sever()
	})
	return c
}

// dsn is the address of the same database by way of the cable.
func (c *cable) dsn(direct *pgconn.Config) string {
	return "postgres://" + direct.User + "@" + c.listener.Addr().String() + "/" + direct.Database + "?sslmode=disable"
}

func (c *cable) serve() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return
		}
		go c.join(near)
	}
}

// join connects one node's connection with PostgreSQL.
func (c *cable) join(near net.Conn) {
	c.mu.Lock()
	for c.held && !c.cut {
		c.flows.Wait()
	}
	refused := c.cut
	c.mu.Unlock()
	if refused {
		reset(near)
		return
	}
	far, err := net.Dial(c.network, c.address)
	if err != nil {
		reset(near)
		return
	}
	c.mu.Lock()
	refused = c.cut
	c.conns[near], c.conns[far] = true, true
	c.mu.Unlock()
	if refused {
		c.sever()
	}
	go c.pump(near, far)
	c.pump(far, near)
}

// pump moves bytes one way until either side ends.
func (c *cable) pump(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		c.wait()
		if n > 0 {
			if _, wrong := to.Write(buffer[:n]); wrong != nil {
				err = wrong
			}
		}
		if err != nil {
			break
		}
	}
	c.mu.Lock()
	delete(c.conns, from)
	delete(c.conns, to)
	c.mu.Unlock()
	_, _ = from.Close(), to.Close()
}

func (c *cable) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.held && !c.cut {
		c.flows.Wait()
	}
}

// unplug ends all connections and refuses new ones.
func (c *cable) unplug() {
	c.mu.Lock()
	c.cut = true
	c.flows.Broadcast()
	c.mu.Unlock()
	c.sever()
}

// hold lets nothing through; nobody is told.
func (c *cable) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = true
}

// mend lets everything through.
func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut, c.held = false, false
	c.flows.Broadcast()
}

func (c *cable) sever() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		reset(conn)
	}
	clear(c.conns)
}

// reset ends a connection without a farewell.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
