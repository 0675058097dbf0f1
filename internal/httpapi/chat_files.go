// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

const (
	fileTicketPurpose = "chat file"
	chatFilesMax      = 10 // tickets that are looked at in one word; the connector may allow fewer
)

// chatFileFrame is a file as the browser shows it.
type chatFileFrame struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
	Alt  string `json:"alt,omitempty"`
	Href string `json:"href"`
}

func (c *Chat) fileFrames(files []channel.File) []chatFileFrame {
	var all []chatFileFrame
	for _, f := range files {
		frame := chatFileFrame{Name: f.Name, Type: f.Type, Size: f.Size, Alt: f.Alt}
		if c.Href != nil && f.Hash != "" {
			frame.Href = c.Href(f)
		}
		all = append(all, frame)
	}
	return all
}

// serveFiles takes one file of a visitor's and gives a ticket, with which their next word attaches it. The visitor's
// token says who they are, so nobody can be made to send one by a page of somebody else's.
func (c *Chat) serveFiles(w http.ResponseWriter, r *http.Request) {
	front, err := c.front(r)
	if err == nil && c.Uploads == nil {
		err = hilft.Fail(hilft.NotFound, "account.no_chat", nil)
	}
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	origin := r.Header.Get("Origin")
	if !slices.Contains(front.origins, origin) {
		http.Error(w, "not from here", http.StatusForbidden)
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Vary", "Origin")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", http.MethodPost)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	now := c.Now()
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t, err := readVisitorToken(c.Lines.AccountKey(front.account, visitorTokenPurpose), token, now)
	if err != nil {
		c.answerFile(w, http.StatusUnauthorized, chatSaid{T: "error", Code: chatBadToken})
		return
	}
	place := chatHousehold(c.IP(r))
	if wait := c.files.pass(place, now); wait > 0 || !c.beginUpload(place) {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
		c.answerFile(w, http.StatusTooManyRequests, chatSaid{T: "error", Code: chatSlowDown})
		return
	}
	defer c.endUpload(place)
	up, err := c.Uploads.take(w, r, c.Limits.FileSize, strangersLeave, c.Lines.AccountKey(front.account, fileTicketPurpose), t.visitor)
	switch hilft.KindOf(err) {
	case hilft.TooLarge:
		c.answerFile(w, http.StatusRequestEntityTooLarge, chatSaid{T: "error", Code: "too_large"})
	case hilft.Invalid:
		c.answerFile(w, http.StatusUnprocessableEntity, chatSaid{T: "error", Code: chatBad})
	default:
		if err != nil {
			c.Log.Warn("chat: a file", "account_id", string(front.account), "err", err)
			c.answerFile(w, http.StatusServiceUnavailable, chatSaid{T: "error", Code: chatUnavailable})
			return
		}
		c.answerFile(w, http.StatusCreated, up)
	}
}

func (c *Chat) answerFile(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // who has gone away needs none
}

// beginUpload makes room for one file more from an address; false: too many are on their way.
func (c *Chat) beginUpload(place string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.uploads[place] >= c.Limits.Uploads {
		return false
	}
	c.uploads[place]++
	return true
}

func (c *Chat) endUpload(place string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.uploads[place]--; c.uploads[place] == 0 {
		delete(c.uploads, place)
	}
}

// brought finds the files that a visitor's word names. Somebody else's tickets, and old ones, are an error of kind
// Invalid: the word is not taken without what belongs to it.
func (s *chatSocket) brought(tickets []string) ([]channel.File, error) {
	if len(tickets) > chatFilesMax {
		return nil, hilft.FailField(hilft.Invalid, "chat.too_many", "files", nil)
	}
	var files []channel.File
	for _, text := range tickets {
		t, err := openTicket(s.chat.Lines.AccountKey(s.account, fileTicketPurpose), text, s.visitor, s.chat.Now())
		if err != nil {
			return nil, hilft.FailField(hilft.Invalid, "chat.file_expired", "files", err)
		}
		files = append(files, channel.File{Name: t.Name, Type: t.Type, Size: t.Size, Hash: t.Hash})
	}
	return files, nil
}
