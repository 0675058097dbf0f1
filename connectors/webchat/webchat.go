// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat

import (
	"context"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// textMax is how long a message may be, in runes, in both directions.
const textMax = 4000

// What a message may have attached, in both directions.
const (
	filesMax = 5
	fileSize = 10 << 20
)

// Connector translates for the website chat. The zero value is ready.
type Connector struct{}

var _ channel.Connector = Connector{}

// New returns the connector.
func New() Connector { return Connector{} }

// Describe says what the website chat is and can do.
func (Connector) Describe() channel.Description {
	return channel.Description{
		ID:   "webchat",
		Name: channel.Text{"de": "Website-Chat", "en": "Website chat"},
		About: channel.Text{
			"de": "Besucher Ihrer Website schreiben in einem kleinen Fenster, und ein Mensch antwortet.",
			"en": "Visitors of your website write in a small window, and a person answers.",
		},
		Guide: []channel.Text{
			{
				"de": "Tragen Sie die Adressen der Websites ein, auf denen der Chat stehen darf.",
				"en": "Enter the addresses of the websites on which the chat may stand.",
			},
			{
				"de": "Setzen Sie die eine Zeile, die Sie danach hier sehen, auf diesen Seiten vor </body>.",
				"en": "Put the one line that you see here afterwards before </body> on those pages.",
			},
			{
				"de": "Hat die Website eine Content-Security-Policy: Erlauben Sie dieses Haus in script-src und connect-src (https: und wss:).",
				"en": "If the website has a content security policy: allow this house in script-src and connect-src (https: and wss:).",
			},
		},
		Settings: settings(),
		Rooms: []channel.Room{{
			Visibility: hilft.Private,
			Name:       channel.Text{"de": "Chat", "en": "Chat"},
		}},
		Can:    channel.Abilities{Mailbox: channel.Full, Files: channel.Full, Typing: channel.Full},
		Limits: channel.Limits{TextMax: textMax, Counting: channel.CountRunes, FilesMax: filesMax, FileSize: fileSize},
		Policy: channel.Policy{Backfill: 24 * time.Hour, RawMax: 64 << 10},
	}
}

// Check proves the settings; there is nothing else that could be wrong.
func (Connector) Check(ctx context.Context, acc channel.Account, _ channel.Env) (channel.Self, error) {
	if err := ctx.Err(); err != nil {
		return channel.Self{}, err
	}
	origins, err := check(acc.Settings)
	if err != nil {
		return channel.Self{}, err
	}
	return channel.Self{ID: string(acc.ID), Handle: acc.Settings[setBrand], Name: acc.Settings[setBrand], URL: origins[0]}, nil
}

// Open returns a line that writes into the house's own mailbox.
func (Connector) Open(ctx context.Context, acc channel.Account, env channel.Env) (channel.Line, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return line{from: acc.Settings[setBrand], mailbox: env.Mailbox}, nil
}
