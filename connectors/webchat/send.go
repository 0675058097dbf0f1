// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hilft/hilft/channel"
)

// line writes answers into the visitors' mailboxes.
type line struct {
	from    string
	mailbox channel.Mailbox
}

// letter is one message of ours, as the widget reads it.
type letter struct {
	From  string `json:"from"`
	Text  string `json:"text"`
	Files []kept `json:"files,omitempty"`
}

// kept is a file that the house keeps.
type kept struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
	Alt  string `json:"alt,omitempty"`
	Hash string `json:"hash"`
}

// Read tells what the visitor is shown of a message in their mailbox: its files come apart, for only the house can say
// where they are fetched. A message that cannot be read is shown as it is. It is pure.
func (Connector) Read(body []byte) (visible []byte, files []channel.File) {
	var l letter
	if err := json.Unmarshal(body, &l); err != nil || len(l.Files) == 0 {
		return body, nil
	}
	for _, f := range l.Files {
		files = append(files, channel.File{Name: f.Name, Type: f.Type, Size: f.Size, Alt: f.Alt, Hash: f.Hash})
	}
	l.Files = nil
	visible, err := json.Marshal(l)
	if err != nil {
		return body, nil
	}
	return visible, files
}

// Send stores a message in the visitor's mailbox. A Put that ends in an error may still have stored it; that is no
// unknown outcome, for the mailbox keeps our key, and the next Send finds what the first one stored.
func (l line) Send(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	text := strings.TrimSpace(out.Text)
	switch {
	case len(out.Files) > filesMax:
		return channel.Receipt{}, reject(channel.ReasonBadMessage, fmt.Sprintf("more than %d files", filesMax))
	case text == "" && len(out.Files) == 0:
		return channel.Receipt{}, reject(channel.ReasonBadMessage, "the message is empty")
	case utf8.RuneCountInString(text) > textMax:
		return channel.Receipt{}, reject(channel.ReasonTooLong, fmt.Sprintf("more than %d characters", textMax))
	case out.Thread == "":
		return channel.Receipt{}, reject(channel.ReasonNoRecipient, "no visitor's conversation is named")
	}
	said := letter{From: l.from, Text: text}
	for _, f := range out.Files {
		said.Files = append(said.Files, kept{Name: f.Name, Type: f.Type, Size: f.Size, Alt: f.Alt, Hash: f.Hash})
	}
	body, err := json.Marshal(said)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("webchat: send: %w", err)
	}
	id, err := l.mailbox.Put(ctx, out.Thread, out.Key, body)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("webchat: send: %w", err)
	}
	return channel.Receipt{ID: id, Thread: out.Thread}, nil
}

// Close does nothing: the line has nothing open.
func (line) Close() error { return nil }

func reject(reason, detail string) error {
	return &channel.Rejected{Reason: reason, Detail: detail}
}
