// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/switchboard"
)

// Intake fulfils switchboard.Intake.
type Intake struct {
	blobs *blob.Folder
	desk  *desk.Desk
	now   func() time.Time
}

var _ switchboard.Intake = (*Intake)(nil)

// New makes the intake.
func New(blobs *blob.Folder, d *desk.Desk, now func() time.Time) *Intake {
	return &Intake{blobs: blobs, desk: d, now: now}
}

const (
	textMost = 200 << 10 // bytes of a text that a person is shown
	htmlMost = 2 << 20
	refsMost = 100
	idMost   = 500 // bytes of a remote id
	fileMost = 100 << 20
)

// prepared is an item whose files are stored.
type prepared struct {
	item  channel.Item
	files []desk.File
}

// Prepare stores an item's files. Invalid: there is nothing left of the item's id or its author's. Files that nobody comes to need, because the item was known or its place could not be
// found, are left behind; they do no harm.
func (in *Intake) Prepare(ctx context.Context, _ switchboard.Source, item channel.Item) (switchboard.Prepared, error) {
	p := prepared{item: tidy(item, in.now())}
	if p.item.ID == "" || p.item.Kind == channel.Said && p.item.From.ID == "" {
		return nil, fmt.Errorf("intake: %w", hilft.Fail(hilft.Invalid, "item.nameless", nil))
	}
	if item.Attachments != nil {
		p.files = []desk.File{} // none is another word than nothing
	}
	for _, a := range item.Attachments[:min(len(item.Attachments), channel.AttachmentsMost)] {
		f := desk.File{Name: blob.Name(a.Name), Type: a.Type, Size: a.Size, Alt: clean(a.Alt, 2000), URL: webURL(a.URL)}
		switch {
		case a.Hash != "":
			f.Hash, f.URL = a.Hash, "" // what became of the file since, whoever opens it is told; the words come now
		case a.URL == "":
			ref, err := in.blobs.Put(ctx, bytes.NewReader(a.Data), fileMost)
			if err != nil {
				return nil, fmt.Errorf("intake: %w", err)
			}
			f.Hash, f.Size, f.Type = ref.Hash, ref.Size, ref.Type
		}
		p.files = append(p.files, f)
	}
	if len(item.Text) > textMost && (item.Kind == channel.Said || p.files != nil) { // what is not shown is attached
		ref, err := in.blobs.Put(ctx, strings.NewReader(item.Text), fileMost)
		if err != nil {
			return nil, fmt.Errorf("intake: %w", err)
		}
		p.files = append(p.files, desk.File{Name: "message.txt", Type: ref.Type, Size: ref.Size, Hash: ref.Hash})
	}
	return p, nil
}

// Take gives items their places, in their order.
func (in *Intake) Take(ctx context.Context, tx *store.Tx, from switchboard.Source, items ...switchboard.Prepared) error {
	var authors []channel.Author
	for _, sp := range items {
		p, ok := sp.(prepared)
		if !ok {
			return fmt.Errorf("intake: take: %T was not prepared here", sp)
		}
		if p.item.Kind == channel.Said && !p.item.From.Us {
			authors = append(authors, p.item.From)
		}
	}
	who, err := people.RecogniseAll(ctx, tx, from.Brand, from.Network, authors)
	if err != nil {
		return err
	}
	var words []desk.Heard
	for _, sp := range items {
		p := sp.(prepared) //nolint:forcetypeassert // looked at above
		if p.item.Kind == channel.Said {
			words = append(words, desk.Heard{
				Brand: from.Brand, Account: from.Account, Network: from.Network, ThreadIsConcern: from.Policy.ThreadIsConcern, SenderIDs: from.Policy.SenderIDs, Receipts: from.Policy.Receipts,
				Item: p.item, Identity: who[p.item.From.ID], Files: p.files,
			})
			continue
		}
		// What was said before it is there when it is changed.
		if err := in.desk.Hear(ctx, tx, words...); err != nil {
			return err
		}
		words = nil
		if err := in.desk.Change(ctx, tx, desk.Changed{Brand: from.Brand, Account: from.Account, Item: p.item, Files: p.files}); err != nil {
			return err
		}
	}
	return in.desk.Hear(ctx, tx, words...)
}

// tidy takes out of an item what databases refuse and what nobody reads, and keeps its time sane: a network's clock may
// be wrong, but what was said was not said tomorrow.
func tidy(it channel.Item, now time.Time) channel.Item {
	it.Text, it.Quoted, it.Subject = clean(it.Text, textMost), clean(it.Quoted, textMost), clean(it.Subject, 500)
	it.HTML, it.Warning = clean(it.HTML, htmlMost), clean(it.Warning, 1000)
	it.ID, it.Thread, it.From.ID = cleanID(it.ID), cleanID(it.Thread), cleanID(it.From.ID)
	it.URL, it.From.URL = webURL(it.URL), webURL(it.From.URL)
	it.Addressed, it.Proofs = cleanID(it.Addressed), clean(it.Proofs, 200)
	if it.Returned != nil {
		it.Returned = &channel.Returned{ID: cleanID(it.Returned.ID), Reason: it.Returned.Reason, Detail: clean(it.Returned.Detail, 1000)}
	}
	refs := make([]string, 0, min(len(it.Refs), refsMost))
	for _, r := range it.Refs[:min(len(it.Refs), refsMost)] {
		if r = cleanID(r); r != "" {
			refs = append(refs, r)
		}
	}
	it.Refs = refs
	if it.At.After(now) || it.At.Before(earliest) {
		it.At = now
	}
	return it
}

// earliest is when the first of our networks began to keep time: what claims to be older comes from a clock that was
// never set.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// cleanID makes a remote id fit for a database. Ids that were not fit keep a trace of what they were: two that differ
// must not become one, for then the second message would be taken for the first.
func cleanID(id string) string {
	fit := clean(id, len(id))
	if fit == id && len(id) <= idMost || fit == "" {
		return fit
	}
	sum := sha256.Sum256([]byte(id))
	return strings.ToValidUTF8(fit[:min(len(fit), idMost-64)], "") + "#" + hex.EncodeToString(sum[:16])
}

// webURL is an address that people may be sent to, or none.
func webURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(s) > 2000 || clean(s, len(s)) != s {
		return ""
	}
	return s
}

// clean makes a text valid and bounded, without the one character that databases refuse.
func clean(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + " …"
	}
	return s
}
