// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

const (
	idMax    = 400 // bytes: with a kind and a time it is a key, and the house has 512 for one
	filesMax = 20  // a message
)

// message is what the other side says about one message. Fields that we do not know stay in the raw delivery.
type message struct {
	ID          string           `json:"id"`
	Kind        channel.ItemKind `json:"kind"`
	Thread      string           `json:"thread"`
	ReplyTo     string           `json:"reply_to"`
	Visibility  hilft.Visibility `json:"visibility"`
	At          string           `json:"at"`
	From        author           `json:"from"`
	Subject     string           `json:"subject"`
	Text        string           `json:"text"`
	HTML        string           `json:"html"`
	URL         string           `json:"url"`
	Attachments []attachment     `json:"attachments"`

	at time.Time
}

type author struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
	URL    string `json:"url"`
	Us     bool   `json:"us"`
}

type attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Alt  string `json:"alt"`
	URL  string `json:"url"`
	Data []byte `json:"data"`
}

// read reads one message and fills in what may be left out. Its errors name the field, and are fit for the other side.
func read(body []byte) (message, error) {
	var m message
	if err := object(body, &m); err != nil {
		return message{}, err
	}
	m.Kind = cmp.Or(m.Kind, channel.Said)
	m.Visibility = cmp.Or(m.Visibility, hilft.Private)
	if m.At != "" {
		at, err := time.Parse(time.RFC3339, m.At)
		if err != nil || at.Year() < 1970 || at.Year() > 9998 {
			return message{}, errors.New("at: not a time like 2026-11-22T09:30:00Z")
		}
		m.at = at.UTC()
	}
	if err := m.wrong(); err != nil {
		return message{}, err
	}
	return m, nil
}

// wrong says what is wrong with a message.
func (m message) wrong() error {
	for _, id := range []struct{ field, value string }{{"id", m.ID}, {"thread", m.Thread}, {"reply_to", m.ReplyTo}, {"from.id", m.From.ID}} {
		if err := plainID(id.value); err != nil {
			return fmt.Errorf("%s: %w", id.field, err)
		}
	}
	if m.ID == "" {
		return errors.New("id: missing")
	}
	switch m.Kind {
	case channel.Deleted, kindCanary:
		return nil
	case channel.Edited:
		if m.Text == "" && m.HTML == "" {
			return errors.New("text: missing; an edit says how the message reads now")
		}
		return nil
	case channel.Said:
	default:
		return errors.New("kind: not said, edited or deleted")
	}
	if m.From.ID == "" {
		return errors.New("from.id: missing")
	}
	if m.Visibility != hilft.Public && m.Visibility != hilft.Private {
		return errors.New("visibility: not public or private")
	}
	if m.Subject == "" && m.Text == "" && m.HTML == "" && len(m.Attachments) == 0 {
		return errors.New("text: missing; nothing is said")
	}
	for _, a := range []struct{ field, value string }{{"url", m.URL}, {"from.url", m.From.URL}} {
		if !webAddress(a.value) {
			return fmt.Errorf("%s: not an http or https address", a.field)
		}
	}
	if len(m.Attachments) > filesMax {
		return fmt.Errorf("attachments: more than %d", filesMax)
	}
	for i, a := range m.Attachments {
		if (a.URL == "") == (len(a.Data) == 0) {
			return fmt.Errorf("attachments[%d]: either url or data", i)
		}
		if !webAddress(a.URL) || len(a.URL) > addressMost { // without its address a file is nowhere
			return fmt.Errorf("attachments[%d].url: not an http or https address of at most %d bytes", i, addressMost)
		}
	}
	return nil
}

// item is the message in the house's words.
func (m message) item() channel.Item {
	item := channel.Item{Kind: m.Kind, ID: m.ID, At: m.at}
	if m.Kind == channel.Deleted {
		return item
	}
	item.Text, item.HTML = clean(m.Text), clean(m.HTML)
	if item.Text == "" {
		item.Text = words(item.HTML)
	}
	if m.Kind == channel.Edited {
		return item
	}
	item.Thread, item.Visibility, item.Subject, item.URL = m.Thread, m.Visibility, clean(m.Subject), m.URL
	item.From = channel.Author{ID: m.From.ID, Handle: clean(m.From.Handle), Name: clean(m.From.Name), URL: m.From.URL, Us: m.From.Us}
	if m.ReplyTo != "" {
		item.Refs = []string{m.ReplyTo}
	}
	for _, a := range m.Attachments {
		item.Attachments = append(item.Attachments, channel.Attachment{
			Name: clean(a.Name), Type: clean(a.Type), Alt: clean(a.Alt), Size: int64(len(a.Data)), Data: a.Data, URL: a.URL,
		})
	}
	return item
}

// object reads one JSON object. Its errors are fit for the other side: they name the field and repeat nothing of it.
func object(body []byte, into any) error {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return errors.New("not a JSON object")
	}
	err := json.Unmarshal(body, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s: not of the right type", cmp.Or(wrong.Field, "body"))
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON, at byte %d", wrong.Offset)
	}
	if err != nil {
		return errors.New("attachments: data is not base64") // the only field that json decodes further
	}
	return nil
}

func plainID(s string) error {
	if len(s) > idMax {
		return fmt.Errorf("longer than %d bytes", idMax)
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return errors.New("has control characters")
	}
	return nil
}

// addressMost is how long an address may be that the house keeps, in bytes.
const addressMost = 2000

// webAddress tells whether s is empty or leads to the web, and nowhere else.
func webAddress(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// clean takes out what no database keeps and nobody reads.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// words is the plain text of HTML, for those who send nothing else.
func words(source string) string {
	var text strings.Builder
	hidden := 0
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		switch {
		case kind == html.TextToken && hidden == 0:
			text.Write(z.Text())
		case kind == html.StartTagToken && mute(string(name)):
			hidden++
		case kind == html.EndTagToken && mute(string(name)):
			hidden = max(0, hidden-1)
		case kind != html.TextToken && breaks(string(name)):
			text.WriteByte('\n')
		}
	}
	lines := strings.FieldsFunc(text.String(), func(r rune) bool { return r == '\n' || r == '\r' })
	kept := lines[:0]
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func mute(tag string) bool { return tag == "script" || tag == "style" || tag == "title" }

func breaks(tag string) bool {
	switch tag {
	case "br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6":
		return true
	}
	return false
}
