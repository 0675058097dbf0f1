// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/sandbox/mail"
	"github.com/hilft/hilft/sandbox/mastodon"
	"github.com/hilft/hilft/sandbox/nordnetz"
	"github.com/hilft/hilft/sandbox/shop"
)

// DemoOptions say how a demonstration is shown.
type DemoOptions struct {
	Listen  string
	Data    string // empty: a folder of its own, gone at the end
	Quiet   bool   // no new customers after the first ones
	Version string
	Out     io.Writer
	Log     *slog.Logger

	tempo  float64              // of the story; 0: as written
	dialed func(address string) // sees every address that the house connects to; may be nil
}

// demo is a house with everything around it: stand-in networks, the customers' side, and the story.
type demo struct {
	DemoOptions
	memo     memo
	house    *House
	brand    hilft.BrandID
	desk     net.Listener // of the house
	shopAt   net.Listener // of the shop
	shop     *http.Server
	mail     *mail.Server
	mastodon *mastodon.Server
	director *nordnetz.Director
	chat     string   // address of the chat's socket
	close    []func() // closed the other way round
}

// Demo opens a house with made-up customers until the context ends. All its networks are stand-ins inside this process,
// and it connects to nothing else. Its first line of output is the sign-in and the address. In a Data folder that is
// kept, the next start goes on with the same cases; the stand-in networks begin anew.
func Demo(ctx context.Context, o DemoOptions) error {
	d, err := openDemo(ctx, o)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d.tell()
	return d.run(ctx)
}

// openDemo prepares everything; nobody is served and nobody speaks before run, which also closes what was opened.
func openDemo(ctx context.Context, o DemoOptions) (_ *demo, err error) {
	d := &demo{DemoOptions: o}
	defer func() {
		if err != nil {
			d.end()
		}
	}()
	if err := d.folder(); err != nil {
		return nil, err
	}
	if err := d.listen(ctx); err != nil {
		return nil, err
	}
	if err := d.networks(); err != nil { //nolint:contextcheck // the stand-ins are there until they are closed
		return nil, err
	}
	if d.director, err = nordnetz.NewDirector(
		nordnetz.Stage{Mail: d.mail, Mastodon: d.mastodon, Origin: d.shopURL()},
		nordnetz.Options{Seed: demoSeed, Quiet: o.Quiet, Tempo: o.tempo, Progress: d.memo.Story, Keep: d.keep, Log: o.Log},
	); err != nil {
		return nil, err
	}
	if err := d.director.Past(ctx); err != nil {
		return nil, err
	}
	if d.house, err = Open(ctx, Settings{
		Data: d.Data, Listen: d.desk.Addr().String(), PublicURL: d.url(), SecretKeyFile: filepath.Join(d.Data, "secret.key"), LogLevel: "warn",
		AllowHosts: []string{strings.TrimPrefix(d.mastodon.URL(), "http://")}, // it speaks plainly, within this process
	}, Options{Version: o.Version, Log: o.Log, Demo: &httpapi.Demo{Email: demoEmail, Password: demoPassword}, Dial: d.dial}); err != nil {
		return nil, err
	}
	d.onEnd(d.house.Close)
	if d.brand, err = d.furnish(ctx); err != nil {
		return nil, err
	}
	if d.chat, err = d.connect(ctx, d.brand); err != nil {
		return nil, err
	}
	d.shop.Handler = shop.Handler(shop.Site{
		Script: d.url() + d.chat + "/widget.js", Desk: d.url(), Mastodon: d.mastodon.URL() + "/@" + nordnetz.Account, Mail: nordnetz.Address,
		Mailboxes: d.mail.Handler(),
	})
	return d, nil
}

const listenFor = 5 * time.Second

// demoSeed is where the story's pauses come from: each demonstration has the same.
const demoSeed = 1

// folder makes sure that there is one, and that it is nobody else's.
func (d *demo) folder() error {
	if d.Data == "" {
		dir, err := os.MkdirTemp("", "hilft-demo-")
		if err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
		d.Data = dir
		d.onEnd(func() { _ = os.RemoveAll(dir) })
	}
	return d.recall()
}

// listen finds a place for the desk and one for the shop, both on this machine: the sign-in is no secret.
func (d *demo) listen(ctx context.Context) error {
	host, _, err := net.SplitHostPort(d.Listen)
	if err != nil {
		return fmt.Errorf("listen: want host:port, got %q", d.Listen)
	}
	if !loopback(host) {
		return fmt.Errorf("listen: %s can be reached from other machines, and the sign-in is open to everybody: use 127.0.0.1", d.Listen)
	}
	var at net.ListenConfig
	d.desk, err = at.Listen(ctx, "tcp", d.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		d.desk, err = at.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	d.onEnd(func() { _ = d.desk.Close() })
	if d.shopAt, err = at.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	d.onEnd(func() { _ = d.shopAt.Close() })
	d.shop = &http.Server{ReadHeaderTimeout: headersFor, IdleTimeout: idleFor, ErrorLog: slog.NewLogLogger(d.Log.Handler(), slog.LevelDebug)}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// networks opens the stand-ins.
func (d *demo) networks() error {
	d.mail = mail.New(mail.Options{SavesSent: true, Mailboxes: []mail.Box{{Address: nordnetz.Address, Password: mailPassword, Name: nordnetz.Brand}}})
	for range d.memo.Starts - 1 {
		// What a mail server numbers anew it says so of. Without it the desk would take new mails for those it has read.
		if err := d.mail.RenewValidity(nordnetz.Address); err != nil {
			return err
		}
	}
	if err := d.mail.Start(); err != nil {
		return err
	}
	d.onEnd(func() { _ = d.mail.Close() })
	d.mastodon = mastodon.New(mastodon.Options{Domain: nordnetz.Domain, Title: "Norden"})
	if _, err := d.mastodon.CreateAccount(mastodon.Profile{Name: nordnetz.Account, Display: nordnetz.Brand, Note: "Internet für den Norden. Wir helfen hier."}); err != nil {
		return err
	}
	if _, err := d.mastodon.Start("127.0.0.1:0"); err != nil {
		return err
	}
	d.onEnd(func() { _ = d.mastodon.Close() })
	return nil
}

// dial connects to the stand-ins and to nothing else: whoever tries a real server in the demo's channel wizard is told
// that it cannot be reached.
func (d *demo) dial(ctx context.Context, network, address string) (net.Conn, error) {
	switch address {
	case d.mail.IMAPAddr(), d.mail.SMTPAddr(), strings.TrimPrefix(d.mastodon.URL(), "http://"):
		if d.dialed != nil {
			d.dialed(address)
		}
		return (&net.Dialer{Timeout: dialFor}).DialContext(ctx, network, address)
	}
	return nil, fmt.Errorf("dial %s: the demo connects to nothing outside itself", address)
}

func (d *demo) url() string {
	_, port, _ := net.SplitHostPort(d.desk.Addr().String())
	host, _, _ := net.SplitHostPort(d.Listen)
	return "http://" + net.JoinHostPort(host, port)
}

func (d *demo) shopURL() string { return "http://" + d.shopAt.Addr().String() }

// tell says where everything is. The first line is all that somebody needs.
func (d *demo) tell() {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(d.Out, format+"\n", args...) }
	say("hilft demo: %s · sign in as %s with %s", d.url(), demoEmail, demoPassword)
	if _, wanted, _ := net.SplitHostPort(d.Listen); wanted != "0" && !strings.HasSuffix(d.url(), ":"+wanted) {
		say("  (%s is taken by another program, so it is another port)", d.Listen)
	}
	say("  a shop with the chat    %s", d.shopURL())
	say("  the customers' mail     %s", d.shopURL()+shop.Mailboxes)
	say("  what Mastodon shows     %s", d.mastodon.URL())
	switch {
	case d.memo.Starts > 1:
		say("Earlier cases are kept in %s; the networks around them have begun anew.", d.Data)
	case d.Quiet:
		say("Nobody new writes (--quiet), but whoever is answered answers.")
	default:
		say("More customers write every few seconds. Nothing leaves this machine.")
	}
	say("Ctrl-C ends it.")
}

// run serves and tells the story until the context ends.
func (d *demo) run(ctx context.Context) error {
	defer d.end()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = d.shop.Serve(d.shopAt) })
	defer func() { _ = d.shop.Close() }()
	wg.Go(func() {
		d.listened(ctx)
		d.director.Run(ctx, "ws"+strings.TrimPrefix(d.url(), "http")+d.chat+"/ws")
	})
	if d.memo.Starts == 1 {
		wg.Go(func() { d.work(ctx, d.brand) })
	}
	return d.house.Run(ctx, d.desk)
}

// listened waits until the house has what was said and hears what is said: what is deleted before that, it would never be
// told. An account that somebody has paused at an earlier start does not hold up the others for long.
func (d *demo) listened(ctx context.Context) {
	if d.memo.Starts > 1 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, listenFor)
		defer cancel()
	}
	_ = d.mail.AwaitIdle(ctx, nordnetz.Address)
	_ = d.mastodon.Wait(ctx, func(s mastodon.State) bool { return len(s.Streams) > 0 })
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		accounts, err := d.house.Switchboard.Accounts(ctx, d.brand)
		if err == nil && !slices.ContainsFunc(accounts, func(a switchboard.Account) bool { return a.State == hilft.AccountStarting }) {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

func (d *demo) onEnd(f func()) { d.close = append(d.close, f) }

// end closes what was opened.
func (d *demo) end() {
	for i := len(d.close) - 1; i >= 0; i-- {
		d.close[i]()
	}
	d.close = nil
}
