// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/sandbox/nordnetz"
	"github.com/hilft/hilft/sandbox/shop"
)

// The sign-in of the demonstration, and the password of its mailbox. They are no secrets: nothing but this machine can
// reach what they open.
const (
	demoEmail    = "lena@nordnetz.example"
	demoPassword = "leuchtturm-im-regen" //nolint:gosec // it is printed and filled in
	mailPassword = "flaschenpost"
)

// furnish sets the house up, where it is not yet, and tells its brand.
func (d *demo) furnish(ctx context.Context) (hilft.BrandID, error) {
	needs, err := d.house.Access.NeedsSetUp(ctx)
	if err != nil {
		return "", err
	}
	if needs {
		lena, err := d.house.Access.SetUp(ctx, access.Brand{Name: nordnetz.Brand, Language: "de"},
			access.Administrator{Email: demoEmail, Name: "Lena Marquardt", Password: demoPassword})
		if err != nil {
			return "", err
		}
		brands, err := d.house.Access.Brands(ctx)
		if err != nil {
			return "", err
		}
		for _, c := range colleagues {
			if _, err := d.house.Access.AddAgent(access.As(ctx, lena), access.Newcomer{Email: c.email, Name: c.name, Password: demoPassword, Brand: brands[0].ID}); err != nil {
				return "", err
			}
		}
	}
	brands, err := d.house.Access.Brands(ctx)
	if err != nil {
		return "", err
	}
	if len(brands) == 0 {
		return "", errors.New("the house has no brand")
	}
	return brands[0].ID, nil
}

// wanted is an account that the demonstration has.
type wanted struct {
	network, name string
	settings      channel.Settings
}

// wanted are the accounts, with where the stand-ins stand this time.
func (d *demo) wanted() ([]wanted, error) {
	imapHost, imapPort, err := net.SplitHostPort(d.mail.IMAPAddr())
	if err != nil {
		return nil, err
	}
	smtpHost, smtpPort, err := net.SplitHostPort(d.mail.SMTPAddr())
	if err != nil {
		return nil, err
	}
	_, shopPort, err := net.SplitHostPort(d.shopAt.Addr().String())
	if err != nil {
		return nil, err
	}
	return []wanted{
		{"mail", "Hilfe-Postfach", channel.Settings{
			"address": nordnetz.Address, "name": nordnetz.Brand, "password": mailPassword,
			"imap_host": imapHost, "imap_port": imapPort, "imap_security": "none",
			"smtp_host": smtpHost, "smtp_port": smtpPort, "smtp_security": "none",
		}},
		{"mastodon", "Nordnetz auf Mastodon", channel.Settings{"url": d.mastodon.URL()}},
		{"webchat", "Chat auf der Website", channel.Settings{
			"origins": d.shopURL() + "\nhttp://localhost:" + shopPort, "brand": nordnetz.Brand, "accent": "#0b4f6c", "ask_email": "true",
			"privacy": d.shopURL() + shop.Privacy,
		}},
	}, nil
}

// connect connects the accounts, or tells those of an earlier start where their networks stand now. It returns the path
// of the chat.
func (d *demo) connect(ctx context.Context, brand hilft.BrandID) (chat string, err error) {
	all, err := d.wanted()
	if err != nil {
		return "", err
	}
	there, err := d.house.Switchboard.Accounts(ctx, brand)
	if err != nil {
		return "", err
	}
	for _, w := range all {
		var acc switchboard.Account
		id := d.memo.Accounts[w.network]
		if !has(there, id) {
			id = ""
		}
		switch {
		case w.network == "mastodon":
			acc, err = d.signIn(ctx, brand, id, w)
		case id != "":
			acc, err = d.house.Switchboard.Change(ctx, brand, id, "", w.settings)
		default:
			acc, err = d.house.Switchboard.Connect(ctx, brand, w.network, w.name, w.settings)
		}
		if err != nil {
			return "", fmt.Errorf("connect %s: %w", w.network, err)
		}
		d.memo.Accounts[w.network] = acc.ID
		if w.network == "webchat" {
			chat = "/chat/" + string(acc.ID)
		}
	}
	return chat, d.write()
}

// signIn connects an account by signing in at its network, as an administrator's browser does; or signs in again.
func (d *demo) signIn(ctx context.Context, brand hilft.BrandID, again hilft.AccountID, w wanted) (switchboard.Account, error) {
	const browser = "demo"
	callback := d.url() + "/api/sign-in/callback"
	to, err := d.house.Switchboard.StartSignIn(ctx, brand, w.network, w.name, w.settings, again, callback, browser)
	if err != nil {
		return switchboard.Account{}, err
	}
	page, err := url.Parse(to)
	if err != nil {
		return switchboard.Account{}, err
	}
	form := page.Query()
	form.Set("account", nordnetz.Account)
	form.Set("answer", "authorise")
	page.RawQuery = ""
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, page.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return switchboard.Account{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	transport := &http.Transport{DialContext: d.dial, DisableKeepAlives: true}
	res, err := transport.RoundTrip(req) // a client would follow the way back, to a desk that is not open yet
	if err != nil {
		return switchboard.Account{}, err
	}
	_ = res.Body.Close()
	back, err := res.Location()
	if err != nil {
		return switchboard.Account{}, err
	}
	return d.house.Switchboard.FinishSignIn(ctx, back.Query(), callback, browser)
}

func has(all []switchboard.Account, id hilft.AccountID) bool {
	for _, a := range all {
		if a.ID == id {
			return true
		}
	}
	return false
}

// memo is what a demonstration remembers from one start in a folder to the next.
type memo struct {
	Starts   int                        `json:"starts"`
	Accounts map[string]hilft.AccountID `json:"accounts"` // by network
	Story    nordnetz.Progress          `json:"story"`
}

const memoFile = "demo.json"

// recall reads the memo. A folder in which another house lives is left alone.
func (d *demo) recall() error {
	data, err := os.ReadFile(filepath.Join(d.Data, memoFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(d.Data, "hilft.db")); err == nil {
			return fmt.Errorf("data folder: %s holds a house that is no demo: name another folder", d.Data)
		}
	case err != nil:
		return fmt.Errorf("data folder: %w", err)
	default:
		if err := json.Unmarshal(data, &d.memo); err != nil {
			return fmt.Errorf("data folder: %s: %w", memoFile, err)
		}
	}
	d.memo.Starts++
	if d.memo.Accounts == nil {
		d.memo.Accounts = map[string]hilft.AccountID{}
	}
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return d.write()
}

// keep writes down how far the story has come.
func (d *demo) keep(p nordnetz.Progress) {
	d.memo.Story = p
	if err := d.write(); err != nil {
		d.Log.Warn("the demo cannot remember how far it has come", "err", err)
	}
}

// write puts the new memo in the place of the old one at once, so that no half of it is ever read.
func (d *demo) write() error {
	data, err := json.Marshal(d.memo)
	if err != nil {
		return err
	}
	path := filepath.Join(d.Data, memoFile)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}
