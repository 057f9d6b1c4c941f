package alert_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/alert"
	"naru/internal/pay"
)

// mailServer is a small SMTP server (RFC 5321) with STARTTLS (RFC 3207) and AUTH
// PLAIN (RFC 4954), which it demands.
type mailServer struct {
	t        *testing.T
	listener net.Listener
	tls      *tls.Config
	wholly   bool
	plain    bool // it offers no STARTTLS and wants no sign-in

	mu    sync.Mutex
	mails []gotMail
	busy  int // so many mails are turned away first
}

type gotMail struct {
	from    string
	to      []string
	data    string
	inTLS   bool
	account string
}

func newMailServer(t *testing.T, s *mailServer) (*mailServer, *x509.CertPool) {
	t.Helper()
	s.t = t
	cert, pool := certificate(t)
	s.tls = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.listener.Close() })
	go func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s, pool
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func (s *mailServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	var got gotMail
	if s.wholly {
		conn, got.inTLS = tls.Server(conn, s.tls), true
	}
	in := bufio.NewReader(conn)
	say := func(lines ...string) { _, _ = io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n") }
	say("220 mail.example ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			switch {
			case got.inTLS:
				say("250-mail.example", "250 AUTH PLAIN")
			case s.plain:
				say("250 mail.example")
			default:
				say("250-mail.example", "250 STARTTLS")
			}
		case "STARTTLS":
			say("220 go on")
			conn, got.inTLS = tls.Server(conn, s.tls), true
			in = bufio.NewReader(conn)
		case "AUTH":
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			got.account = strings.ReplaceAll(string(raw), "\x00", "|")
			if got.account != "|ops|pa55word" {
				say("535 wrong: " + rest)
				continue
			}
			say("235 welcome")
		case "MAIL":
			if got.account == "" && !s.plain {
				say("530 sign in first")
				continue
			}
			got.from = rest
			say("250 ok")
		case "RCPT":
			got.to = append(got.to, rest)
			say("250 ok")
		case "DATA":
			say("354 go on")
			if !s.take(in, &got) {
				say("451 busy, come again")
				continue
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what")
		}
	}
}

func (s *mailServer) take(in *bufio.Reader, got *gotMail) bool {
	var data strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		data.WriteString(strings.TrimPrefix(line, "."))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy > 0 {
		s.busy--
		return false
	}
	got.data = data.String()
	s.mails = append(s.mails, *got)
	return true
}

func (s *mailServer) taken() []gotMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.mails
	s.mails = nil
	return out
}

func TestAlertsComeByMail(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]*mailServer{"STARTTLS": {busy: 2}, "TLS": {wholly: true}, "on this machine": {plain: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, pool := newMailServer(t, server)
			r := newRig(t, "sqlite::memory:")
			scheme, account := "smtp", "ops:pa55word@"
			if s.wholly {
				scheme = "smtps"
			}
			if s.plain {
				account = ""
			}
			a := r.node(alert.Options{
				SMTP:     pay.Secret(fmt.Sprintf("%s://%s%s", scheme, account, s.listener.Addr())),
				MailFrom: "naru@pay.example.com", MailTo: []string{"ops@example.com", "boss@example.com"}, RootCAs: pool, From: "https://pay.example.com",
			})
			r.alarm("paid_twice", "77")
			for range 4 { // turned away at first
				r.pass(a, time.Minute)
			}
			mails := s.taken()
			if len(mails) != 1 {
				t.Fatalf("%d mails: %s", len(mails), r.log)
			}
			checkMail(t, mails[0], !s.plain)
		})
	}
}

func checkMail(t *testing.T, got gotMail, inTLS bool) {
	t.Helper()
	if got.inTLS != inTLS || !strings.Contains(got.from, "<naru@pay.example.com>") || len(got.to) != 2 || !strings.Contains(got.to[1], "<boss@example.com>") {
		t.Errorf("envelope %+v", got)
	}
	m, err := mail.ReadMessage(strings.NewReader(got.data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "[나루] 한 주문의 이중 결제 1건") {
		t.Errorf("subject %q: %v", subject, err)
	}
	text, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil || !strings.Contains(string(text), "imp_77") || !strings.Contains(string(text), "orders paid twice: 1") {
		t.Errorf("text %q: %v", text, err)
	}
	if at, err := m.Header.Date(); err != nil || at.IsZero() || m.Header.Get("Message-Id") == "" || m.Header.Get("To") != "ops@example.com, boss@example.com" {
		t.Errorf("headers %v: %v", m.Header, err)
	}
}

// TestAWrongPasswordIsNotShown: neither in the log nor with the job.
func TestAWrongPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	s, pool := newMailServer(t, &mailServer{})
	r := newRig(t, "sqlite::memory:")
	a := r.node(alert.Options{
		SMTP: pay.Secret("smtp://ops:wr0ngpass@" + s.listener.Addr().String()), MailFrom: "a@b.example", MailTo: []string{"c@d.example"}, RootCAs: pool,
	})
	r.alarm("amount", "1")
	r.pass(a, time.Second)
	work := a.Workers()[alert.JobSend]
	j := r.job(alert.JobSend)
	err := work(t.Context(), j)
	encoded := base64.StdEncoding.EncodeToString([]byte("\x00ops\x00wr0ngpass"))
	if err == nil || !strings.Contains(err.Error(), "535") {
		t.Fatalf("sent with a wrong password: %v", err)
	}
	for _, text := range []string{err.Error(), r.log.String(), j.LastError} {
		if strings.Contains(text, "wr0ngpass") || strings.Contains(text, encoded) {
			t.Errorf("it shows the password: %s", text)
		}
	}
	if len(s.taken()) != 0 {
		t.Error("a mail was taken")
	}
}
