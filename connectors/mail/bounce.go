// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"github.com/hilft/hilft/channel"
)

// Kinds of the part of a bounce that is for programs (RFC 3464, RFC 6533).
const (
	statusReport = "message/delivery-status"
	globalReport = "message/global-delivery-status"
)

// looked is how much of a bounce's words is looked through.
const looked = 64 << 10

var (
	failing  = regexp.MustCompile(`(?i)undeliver|not delivered|delivery (status notification|failure|has failed|failed|error)|mail delivery (failed|failure|system)|returned mail|returned to sender|failure notice|unzustellbar|nicht zugestellt|zustellung.{0,30}(fehlgeschlagen|nicht möglich)|zustellfehler`)
	delaying = regexp.MustCompile(`(?i)\bdelay|warning: (could not send|message)|still trying|will (keep|continue) (on )?trying|not yet been delivered|temporar(y|ily)|verzöger|weiterhin versucht`)
	ourID    = regexp.MustCompile(`\bk\.[a-z2-7]{58}@[a-z0-9.-]{1,255}`)
	enhanced = regexp.MustCompile(`\b5\.\d{1,3}\.\d{1,3}\b`)
	noCode   = regexp.MustCompile(`\b5\d\d\b`)
)

// returnedOf reads a mail that tells that one of ours did not arrive; nil: it does not tell that. What is only delayed has
// not failed. Which mail of ours it is must be proven by its Message-ID, which nobody can make up.
func returnedOf(secret []byte, header textproto.MIMEHeader, parts []part, it channel.Item) *channel.Returned {
	failed, status, said := reportOf(header, parts)
	text := wordsOf(parts)
	if !failed {
		if failed = toldInWords(header, parts, it, text); !failed {
			return nil
		}
		status, said = enhanced.FindString(text), lineWith(text, noCode)
	}
	id, ok := mailInside(secret, parts)
	for _, ref := range append(slices.Clone(it.Refs), ourID.FindAllString(text, 10)...) {
		if ok {
			break
		}
		if _, ours := threadOfMessageID(secret, ref); ours {
			id, ok = ref, true
		}
	}
	if !ok {
		return nil
	}
	return &channel.Returned{ID: id, Reason: reasonOf(status, said), Detail: oneLine(said, 300)}
}

// reportOf reads the part of a bounce that is for programs. It has failed when it says so of any of its recipients.
func reportOf(header textproto.MIMEHeader, parts []part) (failed bool, status, said string) {
	kind, params, err := media(header, "Content-Type")
	if err != nil || !strings.EqualFold(kind, "multipart/report") || params["report-type"] != "" && !strings.EqualFold(params["report-type"], "delivery-status") {
		return false, "", ""
	}
	for _, p := range parts {
		if p.kind != statusReport && p.kind != globalReport {
			continue
		}
		rest := p.content()
		rest = rest[:min(len(rest), looked)]
		for len(rest) > 0 {
			var block []byte
			block, rest, _ = cutHeader(rest, looked)
			h, err := readHeader(block)
			if err != nil || !strings.EqualFold(strings.TrimSpace(first(h, "Action")), "failed") {
				continue
			}
			said = words(first(h, "Diagnostic-Code"), 1000)
			if _, rest, ok := strings.Cut(said, ";"); ok { // "smtp; 550 …"
				said = strings.TrimSpace(rest)
			}
			status, _, _ = strings.Cut(strings.TrimSpace(first(h, "Status")), " ")
			return true, status, said
		}
	}
	return false, "", ""
}

// toldInWords tells bounces that have no part for programs, as some servers write them still.
func toldInWords(header textproto.MIMEHeader, parts []part, it channel.Item, text string) bool {
	if slices.ContainsFunc(parts, func(p part) bool { return p.kind == statusReport || p.kind == globalReport }) {
		return false // it has one, which says that nothing has failed
	}
	if delaying.MatchString(it.Subject) {
		return false
	}
	if first(header, "X-Failed-Recipients") != "" {
		return true
	}
	return isDaemon(it.From.ID) && failing.MatchString(it.Subject) && (enhanced.MatchString(text) || noCode.MatchString(text) || !delaying.MatchString(text))
}

// wordsOf is what a bounce says to people, with what it quotes.
func wordsOf(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.kind != "text/plain" && p.kind != "text/html" || b.Len() > looked {
			continue
		}
		data := p.content()
		text := decode(data[:min(len(data), looked)], p.params["charset"])
		if p.kind == "text/html" {
			text = htmlText(text)
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

func lineWith(text string, what *regexp.Regexp) string {
	for line := range strings.Lines(text) {
		if what.MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// Words of servers that say more than their codes do.
var (
	full     = regexp.MustCompile(`(?i)mailbox (is )?full|over ?quota|quota (is )?exceeded|out of storage|not enough (disk )?space|postfach.{0,20}voll`)
	spam     = regexp.MustCompile(`(?i)\bspam\b|blocked using|black ?list|block ?list|\bdnsbl\b|\brbl\b|reputation|unsolicited|\bdmarc\b|\bspf\b|\bvirus\b`)
	unknown  = regexp.MustCompile(`(?i)user unknown|unknown user|no such (user|recipient|mailbox|address)|does not exist|unknown (recipient|address)|recipient (address )?rejected|mailbox (unavailable|not found)|invalid recipient|host (or domain name )?not found|domain not found|unbekannt|unrouteable address`)
	tooLarge = regexp.MustCompile(`(?i)too (large|big)|size (limit )?exceed|exceeds.{0,30}size`)
	expired  = regexp.MustCompile(`(?i)expired|timed? ?out|retry time(out)? exceeded|too long in queue`)
)

// reasonOf says why a mail came back, from its enhanced status code (RFC 3463) and the server's words. Full, spam and size
// go by the words first: servers are used to saying them under a code of something else.
func reasonOf(status, said string) string {
	is := func(codes ...string) bool {
		return slices.ContainsFunc(codes, func(c string) bool { return status == "5."+c || status == "4."+c })
	}
	switch {
	case is("2.2") || full.MatchString(said):
		return channel.ReasonMailboxFull
	case is("2.3", "3.4") || tooLarge.MatchString(said):
		return channel.ReasonTooLong
	case spam.MatchString(said):
		return channel.ReasonSpam
	case is("1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.4", "0.350") || unknown.MatchString(said):
		return channel.ReasonNoRecipient
	case is("4.7", "4.1", "4.2") || strings.HasPrefix(status, "4.") || expired.MatchString(said):
		return channel.ReasonExpired
	case strings.HasPrefix(status, "5.7"):
		return channel.ReasonRefused
	case strings.HasPrefix(status, "5.6"):
		return channel.ReasonBadMessage
	}
	return channel.ReasonOther
}
