package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/smtp"
	"net/url"
	"strings"
	"time"
)

// mailer sends messages through one SMTP server.
type mailer struct {
	host, port     string
	user, password string
	wholly         bool // TLS from the first byte: smtps
	from           string
	to             []string
	tls            *tls.Config
}

// newMailer reads Options.SMTP. Its errors do not show it.
func newMailer(o Options) (*mailer, error) {
	u, err := url.Parse(o.SMTP.Reveal())
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("alert: want smtp://user:password@host:port or smtps://…")
	}
	m := &mailer{host: u.Hostname(), port: u.Port(), wholly: u.Scheme == "smtps", from: o.MailFrom, to: o.MailTo}
	m.user = u.User.Username()
	m.password, _ = u.User.Password()
	m.tls = &tls.Config{ServerName: m.host, RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
	if m.port == "" {
		m.port = "587"
		if m.wholly {
			m.port = "465"
		}
	}
	return m, nil
}

// send hands the message to the server. Without an error the server has taken
// it for all receivers.
func (m *mailer) send(ctx context.Context, msg Message) error {
	c, err := m.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if m.user != "" {
		if err := c.Auth(smtp.PlainAuth("", m.user, m.password, m.host)); err != nil {
			return fmt.Errorf("sign in: %w", m.clean(err))
		}
	}
	if err := c.Mail(m.from); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	for _, to := range m.to {
		if err := c.Rcpt(to); err != nil {
			return fmt.Errorf("receiver: %w", err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(m.text(msg)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // the message was taken
	return nil
}

// connect opens a session, in TLS unless the server is on this machine and offers
// none.
func (m *mailer) connect(ctx context.Context) (*smtp.Client, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(m.host, m.port))
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if m.wholly {
		conn = tls.Client(conn, m.tls)
	}
	c, err := smtp.NewClient(conn, m.host)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if m.wholly {
		return c, nil
	}
	if offered, _ := c.Extension("STARTTLS"); offered {
		err = c.StartTLS(m.tls)
	} else if !onThisMachine(m.host) {
		err = errors.New("the server offers no STARTTLS")
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// clean keeps what was signed in with out of a server's words.
func (m *mailer) clean(err error) error {
	text := err.Error()
	for _, secret := range []string{m.password, base64.StdEncoding.EncodeToString([]byte("\x00" + m.user + "\x00" + m.password))} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return errors.New(text)
}

// text is the mail: plain UTF-8, in base64 so that no relay breaks it.
func (m *mailer) text(msg Message) []byte {
	var b bytes.Buffer
	domain := m.from[strings.LastIndexByte(m.from, '@')+1:]
	id := strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' && !strings.ContainsRune("<>@", r) {
			return r
		}
		return '.'
	}, msg.ID)
	for _, h := range [][2]string{
		{"From", m.from}, {"To", strings.Join(m.to, ", ")}, {"Subject", mime.BEncoding.Encode("utf-8", msg.Title)},
		{"Date", msg.At.Format(time.RFC1123Z)}, {"Message-ID", "<" + id + "@" + domain + ">"}, {"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "base64"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	body := base64.StdEncoding.EncodeToString([]byte(msg.Text))
	for len(body) > 76 {
		b.WriteString(body[:76] + "\r\n")
		body = body[76:]
	}
	b.WriteString(body + "\r\n")
	return b.Bytes()
}
