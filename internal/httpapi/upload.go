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
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/desk"
)

const (
	uploadPath  = "/api/files"
	uploadMost  = 25 << 20 // bytes of one file of an agent; networks take less or as much
	uploadFor   = 4 * time.Minute
	uploadKept  = 7 * 24 * time.Hour // how long a file may wait in a draft before it is sent
	ticketMost  = 2000               // bytes
	agentTicket = "upload"           // what the key is derived for
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

// takeIn keeps the body of a request as a file, durably, and gives a ticket for it.
func takeIn(w http.ResponseWriter, r *http.Request, blobs *blob.Folder, most int64, key []byte, of string, now time.Time) (uploadJSON, error) {
	if r.ContentLength > most {
		return uploadJSON{}, hilft.Fail(hilft.TooLarge, "blob.too_large", nil)
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(uploadFor))
	ref, err := blobs.Put(r.Context(), http.MaxBytesReader(w, r.Body, most+1), most)
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
	name := r.URL.Query().Get("name")
	if !readable(name) {
		name = ""
	}
	t := ticket{Hash: ref.Hash, Name: blob.Name(name), Type: ref.Type, Size: ref.Size, For: of, Until: now.Add(uploadKept).Unix()}
	text, err := t.seal(key)
	return uploadJSON{Ticket: text, Name: t.Name, Type: t.Type, Size: t.Size}, err
}

func (a *API) ticketKey() []byte { return a.Keys.Derive(agentTicket, 32) }

// upload takes a file of an agent's, to be attached to a reply.
func (a *API) upload(w http.ResponseWriter, r *http.Request) {
	up, err := takeIn(w, r, a.Blobs, uploadMost, a.ticketKey(), string(access.Actor(r.Context()).ID), a.DB.Now())
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
