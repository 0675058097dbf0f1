// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/switchboard"
)

const (
	uploadPath  = "/api/files"
	uploadMost  = 25 << 20 // bytes of one file of an agent; networks take less or as much
	uploadFor   = 4 * time.Minute
	uploadKept  = 24 * time.Hour // how long a file may wait before it is used
	uploadGrace = time.Hour      // for what uses it in the last moment
	ticketMost  = 2000           // bytes
	agentTicket = "upload"       // what the key is derived for

	uploadSweepMost = 5000 // files taken away at once, so that a sweep ends

	// How many bytes of the disk people's files are not put into. What strangers may fill ends long before that in which
	// messages are received, or whoever puts up enough files would stop the whole house.
	agentsLeave    = switchboard.Reserve
	strangersLeave = 1 << 30
)

// ticket is the word of the house that it has a file, given to who brought it. Only they can attach the file with it.
type ticket struct {
	Hash  string `json:"h"`
	Name  string `json:"n"`
	Type  string `json:"t"` // as the bytes told it
	Size  int64  `json:"s"`
	For   string `json:"f"` // who brought it
	Until int64  `json:"u"`
}

var errTicket = errors.New("no ticket of ours")

func (t ticket) seal(key []byte) (string, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return signed(key, body), nil
}

// openTicket proves that a ticket was given to somebody and still holds.
func openTicket(key []byte, text, of string, now time.Time) (ticket, error) {
	if len(text) > ticketMost {
		return ticket{}, errTicket
	}
	body, ok := unsigned(key, text)
	var t ticket
	if !ok || json.Unmarshal(body, &t) != nil || t.For != of || now.Unix() > t.Until {
		return ticket{}, errTicket
	}
	return t, nil
}

// uploadJSON is the answer to a file.
type uploadJSON struct {
	Ticket string `json:"ticket"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
}

// Uploads are files that people put up before they say to what they belong. Who has not said so after a day has thought
// better of it: the file goes. It is safe for concurrent use, by several nodes.
type Uploads struct {
	db    *store.DB
	blobs *blob.Folder
	space func() (blob.Space, error)
}

// NewUploads makes the uploads of a house.
func NewUploads(db *store.DB, blobs *blob.Folder) *Uploads { return &Uploads{db, blobs, blobs.Space} }

// take keeps the body of a request as a file, durably, and gives a ticket for it. It leaves so much of the disk alone.
func (u *Uploads) take(w http.ResponseWriter, r *http.Request, most, leave int64, key []byte, of string) (uploadJSON, error) {
	if r.ContentLength > most {
		return uploadJSON{}, hilft.Fail(hilft.TooLarge, "blob.too_large", nil)
	}
	if s, err := u.space(); err == nil && s.Free-most < leave { // where it cannot be told, writing will tell
		return uploadJSON{}, hilft.Fail(hilft.Unavailable, "house.disk_full", fmt.Errorf("%d bytes are left on the disk for uploads", s.Free))
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(uploadFor))
	ref, placed, err := u.blobs.Lodge(r.Context(), http.MaxBytesReader(w, r.Body, most+1), most)
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return uploadJSON{}, tooSlow()
	}
	if err != nil && hilft.KindOf(err) == hilft.Internal {
		err = hilft.Fail(hilft.Invalid, "request.unreadable", err) // broken off half-way
	}
	if err != nil {
		return uploadJSON{}, fmt.Errorf("upload: %w", err)
	}
	_ = rc.SetReadDeadline(time.Time{})
	if ref.Size == 0 {
		return uploadJSON{}, hilft.Fail(hilft.Invalid, "upload.empty", nil)
	}
	if err := u.note(r.Context(), ref, placed); err != nil {
		return uploadJSON{}, fmt.Errorf("upload: %w", err)
	}
	name := r.URL.Query().Get("name")
	if !readable(name) {
		name = ""
	}
	t := ticket{Hash: ref.Hash, Name: blob.Name(name), Type: ref.Type, Size: ref.Size, For: of, Until: u.db.Now().Add(uploadKept).Unix()}
	text, err := t.seal(key)
	return uploadJSON{Ticket: text, Name: t.Name, Type: t.Type, Size: t.Size}, err
}

// note remembers an upload, unless the same content was in the house before: then it is not ours to take away.
func (u *Uploads) note(ctx context.Context, ref blob.Ref, placed blob.Placing) error {
	return u.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Micros(tx.Now())
		if placed.Before.IsZero() {
			_, err := tx.Exec(ctx, `INSERT INTO upload (hash, placed, uses, at) VALUES (?, ?, 0, ?) ON CONFLICT (hash) DO UPDATE SET placed = excluded.placed, at = excluded.at`,
				ref.Hash, placed.At.UnixNano(), now)
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE upload SET placed = ?, at = ? WHERE hash = ? AND placed = ?`, placed.At.UnixNano(), now, ref.Hash, placed.Before.UnixNano())
		return err
	})
}

// use says that files belong to something that is about to be written. What is then surely not written gives them back
// with -1.
func (u *Uploads) use(ctx context.Context, hashes []string, by int) error {
	if len(hashes) == 0 {
		return nil
	}
	slices.Sort(hashes) // two that use the same files wait for each other, and not both for both
	return u.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, h := range hashes {
			if _, err := tx.Exec(ctx, `UPDATE upload SET uses = uses + ? WHERE hash = ?`, by, h); err != nil {
				return err
			}
		}
		return nil
	})
}

// using does what needs files, with the files kept for it.
func (u *Uploads) using(ctx context.Context, hashes []string, do func() error) error {
	if u == nil || len(hashes) == 0 {
		return do()
	}
	if err := u.use(ctx, hashes, 1); err != nil {
		return err
	}
	err := do()
	switch hilft.KindOf(err) {
	case hilft.Invalid, hilft.Conflict, hilft.NotFound, hilft.Forbidden, hilft.TooLarge: // nothing was written, for certain
		if e := u.use(context.WithoutCancel(ctx), hashes, -1); e != nil {
			return errors.Join(err, e)
		}
	default:
	}
	return err
}

// sweep takes away what nobody has used in time. A ticket ends well before.
func (u *Uploads) sweep(ctx context.Context) error {
	type row struct {
		hash   string
		placed int64
		uses   int
	}
	var old []row
	before := store.Micros(u.db.Now().Add(-uploadKept - uploadGrace))
	err := u.db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		old, err = store.All(ctx, tx, `SELECT hash, placed, uses FROM upload WHERE at <= ? ORDER BY at LIMIT ?`, []any{before, uploadSweepMost},
			func(scan func(into ...any) error, r *row) error { return scan(&r.hash, &r.placed, &r.uses) })
		return err
	})
	if err != nil {
		return fmt.Errorf("sweeping uploads: %w", err)
	}
	for _, r := range old {
		gone := false
		if err := u.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { // first: who puts the same up again now makes a row of their own
			n, err := tx.Exec(ctx, `DELETE FROM upload WHERE hash = ? AND at <= ? AND placed = ? AND uses = ?`, r.hash, before, r.placed, r.uses)
			gone = n > 0
			return err
		}); err != nil {
			return fmt.Errorf("sweeping uploads: %w", err)
		}
		if !gone || r.uses > 0 {
			continue
		}
		if err := u.blobs.Drop(r.hash, time.Unix(0, r.placed)); err != nil {
			return fmt.Errorf("sweeping uploads: %w", err)
		}
	}
	return nil
}

func (a *API) ticketKey() []byte { return a.Keys.Derive(agentTicket, 32) }

// upload takes a file of an agent's, to be attached to a reply.
func (a *API) upload(w http.ResponseWriter, r *http.Request) {
	up, err := a.uploads.take(w, r, uploadMost, agentsLeave, a.ticketKey(), string(access.Actor(r.Context()).ID))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(up) // who has gone away uploads again
}

// attached finds the files that a reply names.
func (a *API) attached(ctx context.Context, in []attachJSON) ([]desk.File, error) {
	var files []desk.File
	for _, f := range in {
		t, err := openTicket(a.ticketKey(), f.Ticket, string(access.Actor(ctx).ID), a.DB.Now())
		if err != nil {
			return nil, hilft.FailField(hilft.Invalid, "reply.file_expired", "files", err)
		}
		files = append(files, desk.File{Name: t.Name, Type: t.Type, Size: t.Size, Alt: f.Alt, Hash: t.Hash})
	}
	return files, nil
}

func hashesOf[F any](files []F, hash func(F) string) (all []string) {
	for _, f := range files {
		all = append(all, hash(f))
	}
	return all
}
