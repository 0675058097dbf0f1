// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

const (
	kindWord  = "word"
	kindShown = "shown"
	nameMax   = 80
	emailMax  = 254 // RFC 5321, section 4.5.3.1.3, without the angle brackets
	pageMax   = 1000
)

// frame is what the widget sends of a visitor's word. What it does not know is for others to read.
type frame struct {
	ID       string `json:"id"` // a UUID made by the widget, the same whenever it sends this word
	Text     string `json:"text"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Page     string `json:"page"`     // where the visitor was
	Language string `json:"language"` // of the widget: de, en
}

// word is one delivery, as it is stored.
type word struct {
	ID       string    `json:"id"`
	Visitor  string    `json:"visitor"`
	At       time.Time `json:"at"` // when the house heard it
	Text     string    `json:"text"`
	Name     string    `json:"name,omitempty"`
	Email    string    `json:"email,omitempty"`
	Page     string    `json:"page,omitempty"`
	Language string    `json:"language,omitempty"`
	Files    []kept    `json:"files,omitempty"`
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// mailbox keeps out what is surely no address. What it lets through is still only claimed.
var mailbox = regexp.MustCompile(`^[^\s<>"(),:;\\@\x00-\x1f\x7f]+@[^\s<>"(),:;\\@\x00-\x1f\x7f]+\.[^\s<>"(),:;\\@\x00-\x1f\x7f]+$`)

// Hear makes the delivery of what a visitor says: said is the widget's frame as it came, visitor the id that the
// visitor's token proves, at the house's clock, and files what the house has taken in for it. The same word, sent again, has the same key. A frame that cannot be
// taken is an error of kind Invalid whose Say is "chat.bad", "chat.empty", "chat.too_long" or "chat.too_many". It is pure.
func (Connector) Hear(visitor string, at time.Time, said []byte, files ...channel.File) (channel.Raw, error) {
	var f frame
	if err := json.Unmarshal(said, &f); err != nil {
		return channel.Raw{}, hilft.Fail(hilft.Invalid, "chat.bad", fmt.Errorf("webchat: hear: %w", err))
	}
	if !uuid.MatchString(f.ID) {
		return channel.Raw{}, hilft.FailField(hilft.Invalid, "chat.bad", "id", nil)
	}
	text := strings.TrimSpace(cleanText(f.Text))
	if text == "" && len(files) == 0 {
		return channel.Raw{}, hilft.FailField(hilft.Invalid, "chat.empty", "text", nil)
	}
	if utf8.RuneCountInString(text) > textMax {
		return channel.Raw{}, hilft.FailField(hilft.Invalid, "chat.too_long", "text", nil)
	}
	if len(files) > filesMax {
		return channel.Raw{}, hilft.FailField(hilft.Invalid, "chat.too_many", "files", nil)
	}
	w := word{
		ID: f.ID, Visitor: visitor, At: at.UTC(), Text: text,
		Name: cleanName(f.Name), Email: cleanEmail(f.Email), Page: cleanPage(f.Page), Language: cleanLanguage(f.Language),
	}
	for _, f := range files {
		w.Files = append(w.Files, kept{Name: f.Name, Type: f.Type, Size: f.Size, Hash: f.Hash})
	}
	body, err := json.Marshal(w)
	if err != nil {
		return channel.Raw{}, hilft.Fail(hilft.Invalid, "chat.bad", fmt.Errorf("webchat: hear: %w", err)) // a year past 9999
	}
	return channel.Raw{Key: w.key(), Kind: kindWord, Lane: visitor, Body: body}, nil
}

// glance is one delivery of what a visitor has seen, as it is stored.
type glance struct {
	At      time.Time `json:"at"`
	Letters []string  `json:"letters"`
}

// Shown makes the delivery that tells that letters of a visitor's mailbox stood on their screen, at the house's clock.
// Whoever calls it has made sure that the letters are this visitor's. It is pure.
func (Connector) Shown(visitor string, at time.Time, letters []int64) (channel.Raw, error) {
	g := glance{At: at.UTC()}
	for _, id := range letters {
		g.Letters = append(g.Letters, strconv.FormatInt(id, 10))
	}
	body, err := json.Marshal(g)
	if err != nil {
		return channel.Raw{}, hilft.Fail(hilft.Invalid, "chat.bad", fmt.Errorf("webchat: shown: %w", err)) // a year past 9999
	}
	return channel.Raw{Key: visitor + ":shown:" + strings.Join(g.Letters, ","), Kind: kindShown, Lane: visitor, Body: body}, nil
}

// key holds the visitor too, for a visitor may choose the same id as another one has.
func (w word) key() string { return w.Visitor + ":" + w.ID }

// Translate reads one visitor's word, or which of our messages they have seen. A word's Thread is the visitor's id, and
// its ID that and the widget's id of the word, with a colon between them.
func (Connector) Translate(_ channel.Account, raw channel.Raw) ([]channel.Item, error) {
	switch raw.Kind {
	case kindWord:
		return translateWord(raw.Body)
	case kindShown:
		return translateShown(raw.Body)
	}
	return nil, fmt.Errorf("webchat: translate: unknown kind %q", raw.Kind)
}

// read reads a body that is one value of a kind and nothing else.
func read(body []byte, into any) error {
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return fmt.Errorf("webchat: translate: %w", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return errors.New("webchat: translate: more than one word")
	}
	return nil
}

func translateShown(body []byte) ([]channel.Item, error) {
	var g glance
	if err := read(body, &g); err != nil {
		return nil, err
	}
	var items []channel.Item
	for _, id := range g.Letters {
		if id != "" && !g.At.IsZero() {
			items = append(items, channel.Item{Kind: channel.Shown, ID: id, At: g.At})
		}
	}
	if len(items) == 0 {
		return nil, errors.New("webchat: translate: nothing was seen")
	}
	return items, nil
}

func translateWord(body []byte) ([]channel.Item, error) {
	var w word
	if err := read(body, &w); err != nil {
		return nil, err
	}
	if w.ID == "" || w.Visitor == "" || w.Text == "" && len(w.Files) == 0 || w.At.IsZero() {
		return nil, errors.New("webchat: translate: not a visitor's word")
	}
	item := channel.Item{
		Kind: channel.Said, ID: w.key(), At: w.At, Thread: w.Visitor, Proven: true, Visibility: hilft.Private,
		From: w.author(), Text: cleanText(w.Text), URL: cleanPage(w.Page),
		Mail: cleanEmail(w.Email), Language: cleanLanguage(w.Language),
	}
	for _, f := range w.Files {
		item.Attachments = append(item.Attachments, channel.Attachment{Name: f.Name, Type: f.Type, Size: f.Size, Hash: f.Hash})
	}
	return []channel.Item{item}, nil
}

func (w word) author() channel.Author {
	short := w.Visitor[max(0, len(w.Visitor)-4):]
	unnamed := cleanName("Visitor " + short)
	if w.Language == "de" {
		unnamed = cleanName("Besucher " + short)
	}
	return channel.Author{ID: w.Visitor, Handle: or(cleanEmail(w.Email), unnamed), Name: or(cleanName(w.Name), unnamed)}
}

// cleanText keeps what people write and drops what only machines send: invalid bytes, NUL and other controls.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// cleanName makes a name fit for one line: without marks that hide or that turn the direction of reading, so that
// nobody looks like somebody else.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case hides(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > nameMax {
		s = strings.TrimSpace(string(runes[:nameMax]))
	}
	return s
}

// hides tells of controls, of marks without a shape, and of what everybody draws differently.
func hides(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) }

func cleanEmail(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > emailMax || !utf8.ValidString(s) || !mailbox.MatchString(s) || strings.ContainsFunc(s, hides) {
		return ""
	}
	return s
}

// cleanPage keeps where the visitor was, without query and fragment: they may hold what is nobody's business.
func cleanPage(s string) string {
	u := webAddress(s)
	if u == nil || len(s) > pageMax {
		return ""
	}
	u.RawQuery, u.Fragment, u.RawFragment, u.User, u.ForceQuery = "", "", "", nil, false
	return u.String()
}

func cleanLanguage(s string) string {
	if s == "de" || s == "en" {
		return s
	}
	return ""
}
