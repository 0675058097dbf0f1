// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
)

// linkTries is how often a link is tried to be mailed: whoever waits for it asks again after that.
const linkTries = 5

// link mails somebody a link that lets them in. Its token is made here, with each try, and lies in no job.
func (w *Watch) link(ctx context.Context, c *jobs.Claim) error {
	var e access.Errand
	if err := c.Read(&e); err != nil {
		return err
	}
	if since(c.MadeAt, w.DB.Now()) >= 30*time.Minute {
		return nil // nobody waits for it any more
	}
	token, l, err := w.Access.MakeLink(ctx, e)
	if hilft.KindOf(err) == hilft.NotFound {
		return nil // gone meanwhile
	}
	if err != nil {
		return err
	}
	brand, account, err := w.wayTo(ctx, l)
	if err != nil {
		return err
	}
	if account == "" {
		w.Log.WarnContext(ctx, "a link was asked for by mail, and no account of this house can send it there")
		return nil
	}
	tctx, cancel := context.WithTimeout(ctx, tellFor)
	defer cancel()
	subject, text := linkWords(brand, l, w.PublicURL+"/welcome#"+token)
	err = w.Switchboard.Notify(tctx, brand.ID, account, channel.Outgoing{
		Key: hilft.NewID(), Visibility: hilft.Private, To: channel.Author{ID: l.Email, Handle: l.Email}, Subject: subject, Text: text, Auto: true, Language: brand.Language,
	})
	if limited, ok := errors.AsType[*channel.RateLimited](err); ok {
		return jobs.Later(limited.Until, err)
	}
	if err != nil {
		return fmt.Errorf("watch: link: %w", err)
	}
	return nil
}

// wayTo is an account over which the house can mail somebody, of a brand that they see. An address that hilft itself hears
// has none: what goes there is read by everybody who works here. Empty: there is none.
func (w *Watch) wayTo(ctx context.Context, to access.Link) (access.Brand, hilft.AccountID, error) {
	brands, err := w.Access.Brands(ctx)
	if err != nil {
		return access.Brand{}, "", err
	}
	var first access.Brand
	var over hilft.AccountID
	for _, b := range brands {
		ways, err := w.Ways(ctx, b.ID)
		if err != nil {
			return access.Brand{}, "", err
		}
		for id, self := range ways {
			if strings.EqualFold(self, to.Email) {
				return access.Brand{}, "", nil
			}
			if to.Sight.May(b.ID, access.Read) && (over == "" || first.ID == b.ID && id < over) { // ids sort by time: the oldest
				first, over = b, id
			}
		}
	}
	return first, over, nil
}

// linkWords are the words around a link.
func linkWords(b access.Brand, l access.Link, url string) (subject, text string) {
	until := l.EndsAt.UTC().Format("2006-01-02 15:04 MST")
	switch {
	case l.Kind == access.LinkInvite && b.Language == "de":
		return "Einladung zu hilft bei " + b.Name, "Guten Tag " + l.Name + ",\n\n" + b.Name + " lädt Sie ein, mit hilft Kundinnen und Kunden zu antworten. " +
			"Unter dieser Adresse wählen Sie Ihr Passwort:\n\n" + url + "\n\nSie gilt einmal, bis " + until + ". Wenn Sie nichts damit zu tun haben, löschen Sie diese Mail einfach."
	case l.Kind == access.LinkInvite:
		return "Invitation to hilft at " + b.Name, "Hello " + l.Name + ",\n\n" + b.Name + " invites you to answer customers with hilft. " +
			"At this address you choose your password:\n\n" + url + "\n\nIt is good once, until " + until + ". If this is not about you, just delete this mail."
	case b.Language == "de":
		return "Neues Passwort für hilft", "Guten Tag " + l.Name + ",\n\njemand, hoffentlich Sie, möchte ein neues Passwort für hilft bei " + b.Name + ". Unter dieser Adresse wählen Sie es:\n\n" +
			url + "\n\nSie gilt einmal, bis " + until + ". Waren Sie es nicht, ist nichts zu tun: Ihr Passwort bleibt, wie es ist."
	}
	return "A new password for hilft", "Hello " + l.Name + ",\n\nsomebody, we hope you, wants a new password for hilft at " + b.Name + ". At this address you choose it:\n\n" +
		url + "\n\nIt is good once, until " + until + ". If it was not you, there is nothing to do: your password stays as it is."
}
