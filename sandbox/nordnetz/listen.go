// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"github.com/hilft/hilft/sandbox/mail"
	"github.com/hilft/hilft/sandbox/mastodon"
)

// answered is what a customer has heard: an answer, or, in a browser, who they are.
type answered struct {
	by    string
	on    Place
	token string        // of a chat's visitor
	mail  mail.Message  // the answer, by mail
	post  mastodon.Post // the answer, at Mastodon
}

// report tells the director what a customer has heard.
func (d *Director) report(ctx context.Context, a answered) {
	select {
	case d.heard <- a:
	case <-ctx.Done():
	}
}

// listen lets everybody look into their mailboxes and timelines.
func (d *Director) listen(ctx context.Context) {
	for key, c := range d.cast {
		if d.writes[key] {
			d.wg.Go(func() { d.readMail(ctx, key, c) })
		}
	}
	d.wg.Go(func() { d.readPosts(ctx) })
}

func (d *Director) readMail(ctx context.Context, key string, c Customer) {
	for read := 0; ; read++ {
		seen := 0
		m, err := d.stage.Mail.Await(ctx, c.Mail, func(mail.Message) bool { seen++; return seen > read })
		if err != nil {
			return
		}
		if strings.EqualFold(m.From, Address) {
			d.report(ctx, answered{by: key, on: Mail, mail: m})
		}
	}
}

func (d *Director) readPosts(ctx context.Context) {
	byHandle := map[string]string{}
	for key, c := range d.cast {
		if c.Handle != "" {
			byHandle[handle(c.Handle)] = key
		}
	}
	seen := map[string]bool{}
	for _, p := range d.stage.Mastodon.State().Posts {
		seen[p.ID] = true
	}
	for {
		var news []mastodon.Post
		err := d.stage.Mastodon.Wait(ctx, func(s mastodon.State) bool {
			news = nil
			for _, p := range s.Posts {
				if !seen[p.ID] {
					news = append(news, p)
				}
			}
			return len(news) > 0
		})
		if err != nil {
			return
		}
		for _, p := range news {
			seen[p.ID] = true
			if p.Author != handle(Account) {
				continue
			}
			for _, m := range p.Mentions {
				if key, ok := byHandle[m]; ok {
					on := Toot
					if p.Visibility == mastodon.Direct {
						on = Direct
					}
					d.report(ctx, answered{by: key, on: on, post: p})
				}
			}
		}
	}
}

// handle names an account in full.
func handle(name string) string {
	if strings.Contains(name, "@") {
		return "@" + name
	}
	return "@" + name + "@" + Domain
}

// think lets a customer who has been answered say one thing more, after a while, once.
func (d *Director) think(a answered) {
	if a.token != "" {
		d.opt.Progress.Visitors[a.by] = a.token
		d.keep()
		return
	}
	c := d.cast[a.by]
	if c.Thanks == "" || d.opt.Progress.Thanked[a.by] {
		return
	}
	d.opt.Progress.Thanked[a.by] = true
	d.keep()
	d.add(time.Now().Add(d.pace(between(d.chance, thinkLeast, thinkMost))), func(ctx context.Context) error { return d.thank(ctx, c, a) })
}

// thank says a customer's one thing more, where they were answered.
func (d *Director) thank(ctx context.Context, c Customer, a answered) error {
	switch a.on {
	case Mail:
		m, err := replyTo(a.mail, c, time.Now())
		if err != nil {
			return err
		}
		if _, err := d.stage.Mail.Send(m); err != nil {
			return fmt.Errorf("nordnetz: thank: %w", err)
		}
	case Toot, Direct:
		if _, err := d.stage.Mastodon.Publish(c.Handle, mastodon.Draft{
			Text: handle(Account) + " " + c.Thanks, Visibility: a.post.Visibility, InReplyTo: a.post.ID,
		}); err != nil {
			return fmt.Errorf("nordnetz: thank: %w", err)
		}
	case Chat:
		d.chat(ctx, c, c.Thanks)
	}
	return nil
}

// replyTo is a customer's answer to a mail, made as mail programs make it: with all of ours below.
func replyTo(m mail.Message, c Customer, now time.Time) (mail.Mail, error) {
	env, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
	if err != nil {
		return mail.Mail{}, fmt.Errorf("nordnetz: reply: %w", err)
	}
	id := strings.Trim(env.GetHeader("Message-Id"), "<> ")
	refs := append(strings.Fields(strings.NewReplacer("<", " ", ">", " ").Replace(env.GetHeader("References"))), id)
	subject := env.GetHeader("Subject")
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	intro := fmt.Sprintf("Am %s um %s schrieb %s <%s>:", now.Format("02.01.2006"), now.Format("15:04"), Brand, Address)
	if c.English {
		intro = fmt.Sprintf("On %s, %s <%s> wrote:", now.Format("2 Jan 2006 at 15:04"), Brand, Address)
	}
	var quoted strings.Builder
	for line := range strings.Lines(strings.TrimSpace(strings.ReplaceAll(env.Text, "\r\n", "\n"))) {
		quoted.WriteString(strings.TrimRight("> "+line, " \n") + "\n")
	}
	return mail.Mail{
		From: c.Mail, FromName: c.Name, To: Address, Subject: subject, At: now, InReplyTo: id, References: refs,
		Text: c.Thanks + "\n\n" + intro + "\n" + quoted.String(),
	}, nil
}
