// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	linkRule = regexp.MustCompile(`https?://[^\s<>"]+`)
	// A mention of somebody on another server: its name, and the domain that does not count and is not shown.
	remoteRule = regexp.MustCompile(`@([A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)@[\p{L}\p{N}][\p{L}\p{N}.:-]*[\p{L}\p{N}]`)
	emptyLines = regexp.MustCompile(`\n{3,}`)
)

// clean takes away what no text needs and no database wants.
func clean(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\x00", ""))
}

// plainText makes text of a status's HTML: paragraphs and breaks become line ends, a mention its name, a link its whole
// address. The run of mentions at the start that lead to ours only address us, and are left out; ours are the addresses
// of our account's page. A post that says nothing else keeps them.
func plainText(markup string, ours []string) string {
	text, _ := readText(markup, ours)
	return text
}

// readText is plainText, and tells whether it is all that the HTML shows: emphasis, headings or code are more than that.
func readText(markup string, ours []string) (text string, whole bool) {
	w := textWriter{ours: ours}
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end: a string cannot fail otherwise
			return w.finish(), !w.shaped
		case html.TextToken:
			w.write(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.begin(z.Token())
		case html.EndTagToken:
			w.end(z.Token().DataAtom)
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

// visibleText is all the text of a status's HTML and nothing else, to be compared. What servers cut into pieces, links and
// mentions, is whole in it.
func visibleText(markup string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			if name, _ := z.TagName(); string(name) != "a" && string(name) != "span" {
				b.WriteByte(' ')
			}
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

// shapes are the elements that show more than their text says.
var shapes = map[atom.Atom]bool{
	atom.B: true, atom.Strong: true, atom.I: true, atom.Em: true, atom.U: true, atom.S: true, atom.Del: true, atom.Code: true, atom.Pre: true,
	atom.Blockquote: true, atom.Ol: true, atom.Sub: true, atom.Sup: true, atom.Table: true, atom.Ruby: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
}

// textWriter writes plain text as the tokens of a status come.
type textWriter struct {
	out    strings.Builder
	ours   []string
	spoken bool // something has been said that is not only our address
	left   []string
	shaped bool // something has a shape that text could not keep

	inLink bool
	link   strings.Builder
	href   string
	class  string

	hidden atom.Atom // the element whose content is not shown
}

func (w *textWriter) write(s string) {
	switch {
	case w.hidden != 0:
	case w.inLink:
		w.link.WriteString(s)
	default:
		w.out.WriteString(s)
		w.spoken = w.spoken || strings.TrimSpace(s) != ""
	}
}

func (w *textWriter) begin(t html.Token) {
	if w.hidden != 0 {
		return
	}
	w.shaped = w.shaped || shapes[t.DataAtom]
	switch t.DataAtom {
	case atom.Script, atom.Style:
		if t.Type == html.StartTagToken {
			w.hidden = t.DataAtom
		}
	case atom.Br:
		w.write("\n")
	case atom.P, atom.Div, atom.Blockquote, atom.Ul, atom.Ol, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if strings.Contains(attr(t, "class"), "quote-inline") { // what is quoted comes apart; this is for old clients
			w.hidden = t.DataAtom
			return
		}
		w.write("\n")
	case atom.Li:
		w.write("\n- ")
	case atom.Img:
		w.write(attr(t, "alt"))
	case atom.A:
		w.endLink()
		w.inLink, w.href, w.class = true, attr(t, "href"), attr(t, "class")
	default:
	}
}

func (w *textWriter) end(tag atom.Atom) {
	if w.hidden != 0 {
		if tag == w.hidden {
			w.hidden = 0
		}
		return
	}
	switch tag {
	case atom.A:
		w.endLink()
	case atom.P, atom.Div, atom.Blockquote, atom.Ul, atom.Ol, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.endLink()
		w.write("\n")
	default:
	}
}

func (w *textWriter) endLink() {
	if !w.inLink {
		return
	}
	text := w.link.String()
	w.inLink = false
	w.link.Reset()
	named := strings.HasPrefix(text, "@") || strings.HasPrefix(text, "#") || strings.Contains(w.class, "mention")
	switch {
	case named && !w.spoken && slices.Contains(w.ours, w.href):
		w.left = append(w.left, text)
	case named:
		w.write(text)
	default:
		w.write(address(text, w.href))
	}
}

// address shows where a link leads: the whole address, and beside it what the link claims to be when that is another.
func address(text, href string) string {
	u, err := url.Parse(href)
	if err != nil || u.Host == "" {
		return text
	}
	shown := strings.TrimSpace(text)
	bare := strings.TrimPrefix(strings.TrimPrefix(shown, "https://"), "http://")
	host, _, _ := strings.Cut(bare, "/")
	switch {
	case shown == "" || shown == href, strings.HasSuffix(shown, "…") || strings.HasSuffix(shown, "..."):
		return href
	case strings.EqualFold(host, u.Host):
		return href
	}
	return text + " (" + href + ")"
}

func (w *textWriter) finish() string {
	w.endLink()
	lines := strings.Split(strings.ReplaceAll(w.out.String(), "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	text := clean(emptyLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
	if text == "" {
		return clean(strings.Join(w.left, " "))
	}
	return text
}

func attr(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// countable is how long a text is for the server: what a person sees as one character is one, every link has the same
// length, and of a mention only the name counts.
func countable(text string, urlLength int) int {
	text = linkRule.ReplaceAllLiteralString(text, strings.Repeat("x", urlLength))
	text = remoteRule.ReplaceAllString(text, "@$1")
	n := 0
	for it := graphemes.FromString(text); it.Next(); {
		n++
	}
	return n
}

// squeezed is a text without what servers change: blanks, and the domains of mentions.
func squeezed(text string) string {
	return strings.Join(strings.Fields(remoteRule.ReplaceAllString(text, "@$1")), "")
}

// mentions tells whether a text names somebody so that the server knows who is meant. Handle is "@mira@example.social";
// without a domain it means somebody on the server home.
func mentions(text, handle, home string) bool {
	name, domain, _ := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
	short := domain == "" || strings.EqualFold(domain, home)
	for from := 0; ; {
		at := strings.IndexByte(text[from:], '@')
		if at < 0 {
			return false
		}
		at += from
		from = at + 1
		if at > 0 && (isWord(text[at-1]) || strings.IndexByte("@/=", text[at-1]) >= 0) {
			continue // an e-mail address, the domain of another mention, or the page of somebody: a server sees no mention in them
		}
		end := from
		for end < len(text) && end-from < longestName && (isWord(text[end]) || text[end] == '@' || text[end] == '.' || text[end] == '-' || text[end] == ':') {
			end++
		}
		named, at2, full := strings.Cut(strings.TrimRight(text[from:end], ".-:@"), "@")
		if strings.EqualFold(named, name) && (full && strings.EqualFold(at2, domain) || !full && short) {
			return true
		}
		if full && short && strings.EqualFold(named, name) && strings.EqualFold(at2, home) {
			return true
		}
	}
}

// longestName bounds a name with its domain.
const longestName = 512

func isWord(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b >= 0x80
}
