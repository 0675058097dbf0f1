// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

var (
	nameRule = regexp.MustCompile(`^[A-Za-z0-9_]+(?:[A-Za-z0-9_.-]+[A-Za-z0-9_]+)?$`)
	// What stands in a text and is not only text: a link, a mention with or without a domain, a hashtag.
	markRule = regexp.MustCompile(`https?://[^\s<>"']+[^\s<>"'.,;:!?)\]]` +
		`|(?:^|[^\w/@])(@[A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?:@[\p{L}0-9](?:[\p{L}0-9.-]*[\p{L}0-9])?(?::\d+)?)?)` +
		`|(?:^|[^\w/#])(#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*)`)
	paragraphs = regexp.MustCompile(`\n[ \t]*\n\s*`)
)

// mark is one link, mention or hashtag in a text.
type mark struct {
	from, to int
	text     string
}

// marks finds them all. None has a space in it, so that only words which may hold one are looked at closely: posts of other
// servers may be a megabyte long.
func marks(text string) []mark {
	var all []mark
	for at := 0; at < len(text); {
		end := strings.IndexAny(text[at:], " \t\n\f\r")
		if end < 0 {
			end = len(text) - at
		}
		if word := text[at : at+end]; strings.ContainsAny(word, "@#:") {
			all = append(all, marksOf(word, at)...)
		}
		at += end + 1
	}
	return all
}

// marksOf finds those of a word that stands at a place of a text.
func marksOf(word string, place int) []mark {
	var all []mark
	for _, at := range markRule.FindAllStringSubmatchIndex(word, -1) {
		from, to := at[0], at[1]
		for _, g := range []int{2, 4} {
			if at[g] >= 0 {
				from, to = at[g], at[g+1]
			}
		}
		all = append(all, mark{place + from, place + to, word[from:to]})
	}
	return all
}

// mentioned finds the accounts that a text names, each once, in order.
func (s *Server) mentioned(text string) []*account {
	var all []*account
	for _, m := range marks(text) {
		if m.text[0] != '@' {
			continue
		}
		if a := s.w.find(m.text, s.opt.Domain); a != nil && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// hashtags finds the tags of a text, lower case, each once.
func hashtags(text string) []string {
	var all []string
	for _, m := range marks(text) {
		if tag := strings.ToLower(strings.TrimPrefix(m.text, "#")); m.text[0] == '#' && !slices.Contains(all, tag) {
			all = append(all, tag)
		}
	}
	return all
}

// render makes the HTML of a post: paragraphs, line breaks, and every mark as a link.
func (s *Server) render(p *post) string {
	text := strings.TrimSpace(strings.ReplaceAll(p.text, "\r\n", "\n"))
	if text == "" {
		return ""
	}
	var b strings.Builder
	for _, para := range paragraphs.Split(text, -1) {
		b.WriteString("<p>")
		last := 0
		for _, m := range marks(para) {
			b.WriteString(escape(para[last:m.from]))
			b.WriteString(s.renderMark(m.text))
			last = m.to
		}
		b.WriteString(escape(para[last:]))
		b.WriteString("</p>")
	}
	return b.String()
}

func (s *Server) renderMark(text string) string {
	switch text[0] {
	case '@':
		a := s.w.find(text, s.opt.Domain)
		if a == nil {
			return escape(text)
		}
		return fmt.Sprintf(`<span class="h-card" translate="no"><a href="%s" class="u-url mention">@<span>%s</span></a></span>`,
			html.EscapeString(s.accountURL(a)), html.EscapeString(a.name))
	case '#':
		tag := strings.TrimPrefix(text, "#")
		return fmt.Sprintf(`<a href="%s" class="mention hashtag" rel="tag">#<span>%s</span></a>`,
			html.EscapeString(s.tagURL(tag)), html.EscapeString(tag))
	}
	return renderLink(text)
}

// renderLink shows at most thirty characters of an address, without its scheme. The rest is there, but not seen.
func renderLink(link string) string {
	scheme := link[:strings.Index(link, "://")+3]
	if rest := link[len(scheme):]; strings.HasPrefix(rest, "www.") {
		scheme += "www."
	}
	shown, hidden, class := []rune(link[len(scheme):]), "", ""
	if len(shown) > 30 {
		shown, hidden, class = shown[:30], string(shown[30:]), "ellipsis"
	}
	return fmt.Sprintf(`<a href="%s" target="_blank" rel="nofollow noopener" translate="no">`+
		`<span class="invisible">%s</span><span class="%s">%s</span><span class="invisible">%s</span></a>`,
		html.EscapeString(link), html.EscapeString(scheme), class, html.EscapeString(string(shown)), html.EscapeString(hidden))
}

func escape(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), "\n", "<br />")
}

// length counts what a person sees as one character. A link counts as 23, a mention without its domain.
func length(text string) int {
	n, last := 0, 0
	for _, m := range marks(text) {
		n += clusters(text[last:m.from])
		switch m.text[0] {
		case '@':
			name, _, _ := strings.Cut(m.text[1:], "@")
			n += 1 + len(name)
		case '#':
			n += clusters(m.text)
		default:
			n += urlLength
		}
		last = m.to
	}
	return n + clusters(text[last:])
}

const urlLength = 23

func clusters(text string) int {
	n := 0
	for it := graphemes.FromString(text); it.Next(); {
		n++
	}
	return n
}
