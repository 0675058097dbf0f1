// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/hilft/hilft/channel"
)

// isGenuine tells whether a mail comes from the domain that it says it is from, as the mailbox's own server found (RFC 8601).
// Anybody can write such a header into a mail: only that of our own server counts, by its name, and of several the topmost,
// which is the last that was put there. proofs are its findings in short.
//
// The domain is confirmed by DMARC, or by an SPF or DKIM that passed for the same organisation: that they passed for some
// other domain says nothing about this sender.
func isGenuine(header textproto.MIMEHeader, servers []string, author string) (channel.Genuine, string) {
	for _, value := range header["Authentication-Results"] {
		id, found := readResults(value)
		if !slices.Contains(servers, id) {
			continue
		}
		return judge(found, domainOf(author)), inShort(found)
	}
	return "", ""
}

// finding is the result of one method.
type finding struct {
	method, result string
	domain         string // for which it was found
}

func judge(all []finding, domain string) channel.Genuine {
	said := channel.NotSaid
	for _, f := range all {
		switch {
		case f.method == "dmarc" && f.result == "pass" && (f.domain == "" || sameOrganisation(f.domain, domain)):
			return channel.Confirmed
		case f.method == "dmarc" && f.result == "fail":
			return channel.Doubtful
		case f.result == "pass" && sameOrganisation(f.domain, domain):
			said = channel.Confirmed
		case f.result == "fail" && said == channel.NotSaid:
			said = channel.Doubtful
		}
	}
	return said
}

// inShort is "spf=pass dkim=pass dmarc=pass".
func inShort(all []finding) string {
	var words []string
	for _, f := range all {
		if word := f.method + "=" + f.result; !slices.Contains(words, word) && len(words) < 10 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

func sameOrganisation(a, b string) bool {
	one, errOne := publicsuffix.EffectiveTLDPlusOne(a)
	two, errTwo := publicsuffix.EffectiveTLDPlusOne(b)
	return a != "" && (a == b || errOne == nil && errTwo == nil && one == two)
}

func domainOf(address string) string {
	return strings.ToLower(strings.TrimSuffix(address[strings.LastIndexByte(address, '@')+1:], "."))
}

// readResults reads who found what of SPF, DKIM and DMARC. What it does not understand it leaves out.
func readResults(value string) (server string, all []finding) {
	fields := splitResults(value[:min(len(value), 16<<10)])
	if len(fields) == 0 {
		return "", nil
	}
	if words := strings.Fields(fields[0]); len(words) > 0 {
		server = strings.ToLower(words[0])
	}
	for _, field := range fields[1:] {
		f := finding{}
		for i, word := range strings.Fields(field) {
			key, v, ok := strings.Cut(word, "=")
			if !ok {
				continue
			}
			key, v = strings.ToLower(key), strings.ToLower(strings.Trim(v, `"`))
			switch {
			case i == 0:
				f.method, _, _ = strings.Cut(key, "/")
				f.result = v
			case f.method == "spf" && key == "smtp.mailfrom", f.method == "dkim" && (key == "header.d" || key == "header.i" && f.domain == ""), f.method == "dmarc" && key == "header.from":
				f.domain = domainOf(v)
			}
		}
		if plainWord(f.result) && slices.Contains([]string{"spf", "dkim", "dmarc"}, f.method) {
			all = append(all, f)
		}
	}
	return server, all
}

func plainWord(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

// splitResults parts a header at its semicolons, without its comments, which may hold any of them, and one another.
func splitResults(value string) []string {
	var fields []string
	var b strings.Builder
	depth, quoted, escaped := 0, false, false
	for _, r := range value {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && (quoted || depth > 0):
			escaped = true
			continue
		case r == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
			continue
		case r == ';' && depth == 0:
			fields = append(fields, b.String())
			b.Reset()
			continue
		}
		if depth == 0 {
			b.WriteRune(r)
		}
	}
	return append(fields, b.String())
}
