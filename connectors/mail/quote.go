// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	// "Am Mo., 16. Nov. 2026 um 09:12 Uhr schrieb Mira <mira@example.org>:" and its like, on one to three lines.
	attribution = regexp.MustCompile(`^(?i:On|Am|Le|Il|El|Op|Den)\s.{0,400}\b(?i:wrote|writes|schrieb|a écrit|ha scritto|escribió|schreef|skrev)\b.{0,200}:$`)
	// What makes an attribution believable: a time, or an address.
	evidence = regexp.MustCompile(`\d{1,2}[:.]\d{2}|@|<|\d{4}`)
	divider  = regexp.MustCompile(`^[-_\s]*(?i:Original Message|Original-Nachricht|Ursprüngliche Nachricht|Ursprüngliche E-Mail|Originalnachricht|Forwarded message|Weitergeleitete Nachricht)[-_\s]*$`)
	fromLine = regexp.MustCompile(`^\*?(?i:From|Von|De):\*?\s+\S`)
	sentLine = regexp.MustCompile(`^\*?(?i:Sent|Gesendet):\*?\s+\S`) // some write it above the line of the sender
	more     = regexp.MustCompile(`^\*?(?i:Sent|Date|Gesendet|Datum|To|An|Cc|Kopie|Subject|Betreff):\*?(\s|$)`)
)

// fold tells what is new in a mail from what it quotes. Every line goes to one of the two, in its order; where nothing
// new would be left, all of it is new.
func fold(text string) (fresh, quoted string) {
	lines := strings.Split(text, "\n")
	var news, olds []string
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if strings.HasPrefix(line, ">") {
			olds = append(olds, lines[i])
			continue
		}
		if n := attributed(lines[i:]); n > 0 {
			olds = append(olds, lines[i:i+n]...)
			if !quotes(lines[i+n:]) {
				olds = append(olds, lines[i+n:]...) // not marked line by line: all that follows
				break
			}
			i += n - 1
			continue
		}
		if copied(lines[i:]) {
			olds = append(olds, lines[i:]...)
			break
		}
		news = append(news, lines[i])
	}
	fresh, quoted = strings.TrimSpace(strings.Join(news, "\n")), strings.TrimSpace(strings.Join(olds, "\n"))
	if fresh == "" {
		return strings.TrimSpace(text), ""
	}
	return fresh, quoted
}

// attributed returns how many lines at the beginning say who wrote what follows.
func attributed(lines []string) int {
	joined := ""
	for n := 1; n <= min(3, len(lines)); n++ {
		line := strings.TrimSpace(lines[n-1])
		if line == "" || len(line) > 500 {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + line)
		if strings.HasSuffix(line, ":") {
			if attribution.MatchString(joined) && evidence.MatchString(joined) {
				return n
			}
			return 0
		}
	}
	return 0
}

// quotes tells whether the next line that is not empty is marked as quoted.
func quotes(lines []string) bool {
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			return strings.HasPrefix(line, ">")
		}
	}
	return false
}

// copied tells whether a whole mail is copied in here, with a divider or with its header, as Outlook does.
func copied(lines []string) bool {
	line := strings.TrimSpace(lines[0])
	if len(line) > 500 {
		return false
	}
	if strings.Trim(line, "_-") == "" && len(line) >= 5 { // a ruled line above such a header
		for _, next := range lines[1:min(4, len(lines))] {
			if strings.TrimSpace(next) != "" {
				return fromLine.MatchString(strings.TrimSpace(next)) && hasHeader(lines[1:])
			}
		}
		return false
	}
	if divider.MatchString(line) {
		return true
	}
	if sentLine.MatchString(line) && len(lines) > 1 {
		line = strings.TrimSpace(lines[1])
	}
	return fromLine.MatchString(line) && hasHeader(lines)
}

func hasHeader(lines []string) bool {
	found := 0
	for _, line := range lines[:min(9, len(lines))] {
		if more.MatchString(strings.TrimSpace(line)) {
			found++
		}
	}
	return found >= 2
}

// maxQuoteDepth is how many marks stand before a line at most.
const maxQuoteDepth = 5

// htmlText is what a person reads in an HTML mail, with quoted blocks marked by ">". It reads token by token, so that
// no nesting can hurt.
func htmlText(source string) string {
	var w textWriter
	var open []opened
	z := html.NewTokenizer(strings.NewReader(source))
	silent := 0 // inside of script, style, title
	for {
		switch z.Next() {
		case html.ErrorToken:
			return w.String()
		case html.TextToken:
			if silent == 0 {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, hasAttr := z.TagName()
			tag := atom.Lookup(name)
			switch tag {
			case atom.Br:
				w.newLine()
			case atom.Script, atom.Style, atom.Title:
				silent++
			case atom.Td, atom.Th:
				w.text(" ")
			case atom.Li:
				w.block()
				w.text("- ")
			case atom.Div, atom.Blockquote:
				w.block()
				quote := hasAttr && quoteAttr(z)
				quote = quote && tag == atom.Div || tag == atom.Blockquote && !w.inGmail(open)
				if len(open) < 1000 {
					open = append(open, opened{tag, quote, quote && tag == atom.Div})
					w.deepen(quote, 1)
				}
			case atom.P:
				w.paragraph()
			case atom.H1, atom.H2, atom.H3, atom.Tr, atom.Table, atom.Ul, atom.Ol, atom.Hr, atom.Pre:
				w.block()
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch tag := atom.Lookup(name); tag {
			case atom.Script, atom.Style, atom.Title:
				silent = max(0, silent-1)
			case atom.P:
				w.paragraph()
			case atom.H1, atom.H2, atom.H3, atom.Tr, atom.Table, atom.Ul, atom.Ol:
				w.block()
			case atom.Div, atom.Blockquote:
				w.block()
				for len(open) > 0 {
					top := open[len(open)-1]
					open = open[:len(open)-1]
					w.deepen(top.quote, -1)
					if top.tag == tag {
						break
					}
				}
			}
		}
	}
}

// opened is a div or blockquote that has not been closed yet.
type opened struct {
	tag   atom.Atom
	quote bool
	gmail bool // a div that holds attribution and blockquote together
}

// quoteAttr tells whether the tag's attributes say that it holds a quotation.
func quoteAttr(z *html.Tokenizer) bool {
	for range 50 {
		key, value, rest := z.TagAttr()
		if string(key) == "class" && strings.Contains(string(value), "gmail_quote") {
			return true
		}
		if !rest {
			return false
		}
	}
	return false
}

// textWriter writes lines, each behind the marks of its quotation.
type textWriter struct {
	b     strings.Builder
	line  strings.Builder
	depth int
	empty int // lines without words at the end of what is written
}

func (w *textWriter) inGmail(open []opened) bool {
	return len(open) > 0 && open[len(open)-1].gmail
}

func (w *textWriter) deepen(quote bool, by int) {
	if quote {
		w.depth += by
	}
}

func (w *textWriter) text(s string) {
	s = strings.ReplaceAll(s, "\u00a0", " ")
	for i, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }) {
		if w.line.Len() > 0 && (i > 0 || s[0] <= ' ') && !strings.HasSuffix(w.line.String()[max(0, w.line.Len()-1):], " ") {
			w.line.WriteByte(' ')
		}
		w.line.WriteString(word)
	}
	if s != "" && s[len(s)-1] <= ' ' && w.line.Len() > 0 && w.line.String()[w.line.Len()-1] != ' ' {
		w.line.WriteByte(' ')
	}
}

func (w *textWriter) newLine() {
	line := strings.TrimSpace(w.line.String())
	w.line.Reset()
	if line == "" {
		if w.empty++; w.empty > 1 {
			return
		}
	} else {
		w.empty = 0
	}
	if n := min(w.depth, maxQuoteDepth); n > 0 {
		w.b.WriteString(strings.Repeat(">", n) + " ")
	}
	w.b.WriteString(line)
	w.b.WriteByte('\n')
}

// block ends the line, if there is one.
func (w *textWriter) block() {
	if strings.TrimSpace(w.line.String()) != "" {
		w.newLine()
	}
}

// paragraph ends the line and leaves an empty one.
func (w *textWriter) paragraph() {
	w.block()
	if w.empty == 0 && w.b.Len() > 0 {
		w.newLine()
	}
}

func (w *textWriter) String() string {
	w.block()
	return strings.TrimSpace(w.b.String())
}
