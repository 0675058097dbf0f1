// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	sandbox "github.com/hilft/hilft/sandbox/mail"
)

const (
	mailbox   = "hilfe@nordnetz.example"
	idleMails = 4000
	idleFor   = time.Minute
)

// measureMail fills a mailbox while the house is closed, and looks how long the house takes until all of it is in cases;
// then, with 4,000 mails in it at least and nothing new, what the account costs: the processor's time against that of a
// house without it. The provider runs in this process, on the same processors.
func measureMail(ctx context.Context, b *bench, database string) ([]result, error) {
	s, err := b.open(ctx, database)
	if err != nil {
		return nil, err
	}
	defer s.close()
	without, err := s.idle(ctx)
	if err != nil {
		return nil, err
	}
	post := sandbox.New(sandbox.Options{Mailboxes: []sandbox.Box{{Address: mailbox, Password: "geheim", Name: "Nordnetz"}}})
	if err := post.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = post.Close() }()
	if _, err := s.agent.Connect(ctx, "mail", "Post", mailSettings(post)); err != nil {
		return nil, err
	}
	if err := post.AwaitIdle(ctx, mailbox); err != nil {
		return nil, err
	}
	if err := s.house.Stop(ctx); err != nil {
		return nil, err
	}
	for i := range b.mails {
		if err := letter(post, i); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	if err := s.house.Open(ctx); err != nil {
		return nil, err
	}
	before, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	t := &talk{s: s}
	read, err := t.read(ctx, b.mails)
	if err != nil {
		return nil, err
	}
	took := read.Sub(began)
	after, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	full := result{
		What: fmt.Sprintf("%s mails from a full mailbox to cases", number(float64(b.mails))), Database: database, Value: float64(b.mails) / took.Seconds(), Unit: "/s",
		Wall: took.Seconds(), CPU: (after.CPU - before.CPU).Seconds(), Target: "≥ 500/s",
	}
	full.Met = full.Value >= 500

	for i := b.mails; i < idleMails; i++ {
		if err := letter(post, i); err != nil {
			return nil, err
		}
	}
	if _, err := t.read(ctx, max(b.mails, idleMails)); err != nil {
		return nil, err
	}
	with, err := s.idle(ctx)
	if err != nil {
		return nil, err
	}
	rest := result{
		What: fmt.Sprintf("an idle mailbox of %s mails", number(float64(max(b.mails, idleMails)))), Database: database, Value: 100 * (with - without).Seconds() / idleFor.Seconds(), Unit: "% of a processor",
		Wall: idleFor.Seconds(), CPU: with.Seconds(), Note: fmt.Sprintf("%.2f s without it", without.Seconds()), Target: "not measurable (≤ 0.5 %)",
	}
	rest.Met = rest.Value <= 0.5
	return []result{full, rest}, nil
}

// idle is what the house uses in a minute in which nothing happens.
func (s *site) idle(ctx context.Context) (time.Duration, error) {
	if err := wait(ctx, warmUp); err != nil {
		return 0, err
	}
	from := time.Now()
	return s.cpuBetween(ctx, from, from.Add(idleFor))
}

func letter(post *sandbox.Server, n int) error {
	_, err := post.Send(sandbox.Mail{
		From: fmt.Sprintf("kunde%d@example.net", n), FromName: fmt.Sprint("Kunde ", n), To: mailbox, Subject: fmt.Sprint("Störung ", n),
		Text: strings.Repeat(filler+"\n", 2),
	})
	return err
}

// read waits until so many mails are cases, and tells when they were.
func (t *talk) read(ctx context.Context, mails int) (at time.Time, err error) {
	for {
		n, err := t.waiting(ctx)
		if err != nil {
			return at, err
		}
		if at = time.Now(); n == 0 {
			rows, err := t.s.agent.AllCases(ctx)
			if err != nil || len(rows) >= mails {
				return at, err
			}
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return at, err
		}
	}
}

func mailSettings(post *sandbox.Server) map[string]string {
	imapHost, imapPort, _ := net.SplitHostPort(post.IMAPAddr())
	smtpHost, smtpPort, _ := net.SplitHostPort(post.SMTPAddr())
	return map[string]string{
		"address": mailbox, "name": "Nordnetz", "password": "geheim",
		"imap_host": imapHost, "imap_port": imapPort, "imap_security": "none", "smtp_host": smtpHost, "smtp_port": smtpPort, "smtp_security": "none",
	}
}
