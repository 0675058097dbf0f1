// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hilft/hilft/sandbox/mail"
	"github.com/hilft/hilft/sandbox/mastodon"
)

// speak lets a word be said at a time. What goes on from a word that is not there, because the stand-in networks have
// begun anew since, stands for itself; what would change it is left out.
func (d *Director) speak(ctx context.Context, w Word, at time.Time) error {
	c, ok := d.cast[w.By]
	if !ok {
		return fmt.Errorf("nordnetz: nobody is called %q", w.By)
	}
	w.Text, w.HTML = dated(w.Text, at), dated(w.HTML, at)
	switch w.On {
	case Mail:
		return d.write(c, w, at)
	case Toot, Direct:
		return d.toot(c, w, at)
	case Chat:
		d.chat(ctx, c, w.Text)
		return nil
	}
	return fmt.Errorf("nordnetz: %q is no place", w.On)
}

// chat lets something be typed. Nobody waits for it here: the browser has its own pace.
func (d *Director) chat(ctx context.Context, c Customer, text string) {
	v := d.visit(ctx, c.Key)
	d.wg.Go(func() {
		if err := v.say(ctx, text); err != nil && ctx.Err() == nil {
			d.log.Warn("a visitor of the demo's chat was not heard", "err", err)
		}
	})
}

func (d *Director) write(c Customer, w Word, at time.Time) error {
	m := mail.Mail{
		From: c.Mail, FromName: c.Name, To: Address, Subject: w.Subject, Text: w.Text, HTML: w.HTML, Files: w.Files,
		Header: w.Header, At: at, MessageID: messageID(c, w.Key),
	}
	if w.After != "" {
		m.InReplyTo = messageID(c, w.After)
		m.References = []string{m.InReplyTo}
	}
	if _, err := d.stage.Mail.Send(m); err != nil {
		return fmt.Errorf("nordnetz: write: %w", err)
	}
	return nil
}

// messageID names a mail after its word, so that a later start of the story can go on from it.
func messageID(c Customer, key string) string {
	if key == "" {
		return "" // made up on the way
	}
	_, domain, _ := strings.Cut(c.Mail, "@")
	return key + ".story@" + domain
}

func (d *Director) toot(c Customer, w Word, at time.Time) error {
	before := d.posts[w.After]
	if w.Edit || w.Delete {
		return d.change(w, before)
	}
	visibility := mastodon.Public
	if w.On == Direct {
		visibility = mastodon.Direct
	}
	p, err := d.stage.Mastodon.Publish(c.Handle, mastodon.Draft{Text: w.Text, Visibility: visibility, InReplyTo: before, At: at})
	if err != nil {
		return fmt.Errorf("nordnetz: toot: %w", err)
	}
	if w.Key != "" {
		d.posts[w.Key] = p.ID
	}
	return nil
}

func (d *Director) change(w Word, post string) (err error) {
	switch {
	case post == "":
		return nil
	case w.Delete:
		err = d.stage.Mastodon.Delete(post)
	default:
		_, err = d.stage.Mastodon.Edit(post, w.Text)
	}
	if err != nil {
		return fmt.Errorf("nordnetz: change: %w", err)
	}
	return nil
}
