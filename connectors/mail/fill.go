// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"strings"

	"github.com/hilft/hilft/channel"
)

// voice is one part of what a mail says.
type voice struct {
	text   string
	html   bool // the text was made of HTML
	either *alternative
}

// fill puts the words and files of a mail into its item. Nothing that the mail holds is left out: what is not shown is
// attached.
func fill(item *channel.Item, parts []part) {
	var voices []voice
	var pages []string
	attach := func(p part, data []byte) {
		_, name := p.disposition()
		item.Attachments = append(item.Attachments, channel.Attachment{
			Name: fileName(name, p.kind), Type: oneLine(p.kind, 100), Size: int64(len(data)), Data: data,
			Alt: words(first(p.header, "Content-Description"), 300),
		})
	}
	for _, p := range parts {
		how, name := p.disposition()
		spoken := how != "attachment" && name == "" && (p.kind == "text/plain" || p.kind == "text/html")
		if !spoken {
			attach(p, p.content())
			continue
		}
		data := p.content()
		if len(data) > maxHTML {
			attach(p, data)
			data = data[:maxHTML]
		}
		text := decode(data, p.params["charset"])
		if p.kind == "text/html" {
			pages = append(pages, text)
			voices = append(voices, voice{htmlText(text), true, p.either})
			continue
		}
		if p.either != nil && strings.TrimSpace(text) != "" {
			p.either.plain = true
		}
		voices = append(voices, voice{text, false, p.either})
	}
	item.HTML = strings.Join(pages, "\n<hr>\n")
	say(item, voices)
}

// say joins the voices of a mail, each alternative once, and folds what it quotes.
func say(item *channel.Item, voices []voice) {
	var said []string
	for _, v := range voices {
		if text := strings.TrimSpace(v.text); text != "" && (!v.html || v.either == nil || !v.either.plain) {
			said = append(said, text)
		}
	}
	whole := strings.Join(said, "\n\n")
	shown := cutText(whole, maxText)
	if len(shown) < len(whole) {
		item.Attachments = append(item.Attachments, channel.Attachment{Name: "message.txt", Type: "text/plain", Size: int64(len(whole)), Data: []byte(whole)})
	}
	item.Text, item.Quoted = fold(shown)
}
