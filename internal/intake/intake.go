// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

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
	textMost  = 200 << 10 // bytes of a text that a person is shown
	htmlMost  = 2 << 20
	filesMost = 100
	fileMost  = 100 << 20
)

// prepared is an item whose files are stored.
type prepared struct {
	item  channel.Item
	files []desk.File
}

// Prepare stores an item's files. Files that nobody comes to need, because the item was known or its place could not be
// found, are left behind; they do no harm.
func (in *Intake) Prepare(ctx context.Context, _ switchboard.Source, item channel.Item) (switchboard.Prepared, error) {
	p := prepared{item: tidy(item, in.now())}
	for _, a := range item.Attachments[:min(len(item.Attachments), filesMost)] {
		f := desk.File{Name: blob.Name(a.Name), Type: a.Type, Size: a.Size, Alt: clean(a.Alt, 2000), URL: a.URL}
		if a.URL == "" {
			ref, err := in.blobs.Put(ctx, bytes.NewReader(a.Data), fileMost)
			if err != nil {
				return nil, fmt.Errorf("intake: %w", err)
			}
			f.Hash, f.Size, f.Type = ref.Hash, ref.Size, ref.Type
		}
		p.files = append(p.files, f)
	}
	return p, nil
}

// Take gives an item its place.
func (in *Intake) Take(ctx context.Context, tx *store.Tx, from switchboard.Source, sp switchboard.Prepared) error {
	p, ok := sp.(prepared)
	if !ok {
		return fmt.Errorf("intake: take: %T was not prepared here", sp)
	}
	it := p.item
	if it.Kind == channel.Edited || it.Kind == channel.Deleted {
		return in.desk.Change(ctx, tx, desk.Changed{Brand: from.Brand, Account: from.Account, Item: it})
	}
	h := desk.Heard{Brand: from.Brand, Account: from.Account, Network: from.Network, ThreadIsConcern: from.Policy.ThreadIsConcern, SenderIDs: from.Policy.SenderIDs, Item: it, Files: p.files}
	if !it.From.Us {
		who, err := people.Recognise(ctx, tx, from.Brand, from.Network, it.From)
		if err != nil {
			return err
		}
		h.Identity = who
	}
	return in.desk.Hear(ctx, tx, h)
}

// tidy takes out of an item what databases refuse and what nobody reads, and keeps its time sane: a network's clock may
// be wrong, but what was said was not said tomorrow.
func tidy(it channel.Item, now time.Time) channel.Item {
	it.Text, it.Quoted, it.Subject = clean(it.Text, textMost), clean(it.Quoted, textMost), clean(it.Subject, 500)
	it.HTML = clean(it.HTML, htmlMost)
	it.ID, it.Thread = clean(it.ID, 1000), clean(it.Thread, 1000)
	it.URL, it.From.URL = clean(it.URL, 2000), clean(it.From.URL, 2000)
	it.From.ID = clean(it.From.ID, 500)
	refs := make([]string, 0, len(it.Refs))
	for _, r := range it.Refs {
		if r = clean(r, 1000); r != "" {
			refs = append(refs, r)
		}
	}
	it.Refs = refs
	if it.At.After(now) {
		it.At = now
	}
	return it
}

// clean makes a text valid and bounded, without the one character that databases refuse.
func clean(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + " …"
	}
	return s
}
