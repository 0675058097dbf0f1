// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// Kinds of our deliveries.
const (
	kindMail     = "mail"     // a whole mail
	kindOversize = "oversize" // the beginning of a mail that is too large to be fetched
	kindUnread   = "unread"   // what we know of a mail that the server cannot give
)

// Bounds of what an agent is shown. What is longer is attached whole.
const (
	maxText     = 200 << 10 // bytes
	maxHTML     = 2 << 20   // bytes
	maxRefs     = 50
	maxSubject  = 1000 // runes
	unnamedMark = "sha256-"
)

var errSender = errors.New("mail: no sender")

// Translate reads one mail as RFC 5322 has it.
func (Connector) Translate(acc channel.Account, raw channel.Raw) ([]channel.Item, error) {
	switch raw.Kind {
	case kindMail, kindOversize:
	case kindUnread:
		return nil, fmt.Errorf("mail: %s", oneLine(string(raw.Body), 1000))
	default:
		return nil, fmt.Errorf("mail: unknown kind %q", raw.Kind)
	}
	header, parts, err := takeApart(raw.Body)
	if err != nil {
		return nil, err
	}
	own := ownAddresses(acc.Settings)
	author, form, err := authorOf(header, own)
	if err != nil {
		return nil, err
	}
	item := channel.Item{
		Kind: channel.Said, At: when(header), Visibility: hilft.Private, From: author,
		ID: ownID(header, raw.Body), Refs: refsOf(header),
		Subject: words(first(header, "Subject"), maxSubject),
	}
	item.Auto = byMachine(header, parts, form, own, author.ID, item.Subject) || comesBack(header, acc.Key, own[0])
	item.Unanswered = wantsNoMachine(header)
	item.Addressed, item.Language = addressedTo(header, own), languageOf(header)
	if !form { // what is confirmed of a form is the website
		item.Genuine, item.Proofs = isGenuine(header, serversOf(acc.Settings), author.ID)
	}
	item.Refs = slices.DeleteFunc(item.Refs, func(ref string) bool { return ref == item.ID })
	item.Returned = returnedOf(acc.Key, header, parts, item)
	item.Auto = item.Auto || item.Returned != nil // people write from postmaster too; who sends a mail back is none
	item.Thread, item.Proven = placeOf(acc.Key, own, header, parts, item)
	item.From.Us = item.Proven && ours(own, author.ID) && item.Genuine != channel.Doubtful
	fill(&item, parts)
	if most := channel.AttachmentsMost; len(item.Attachments) > most {
		item.Attachments = append(item.Attachments[:most-1], channel.Attachment{Name: "message.eml", Type: "message/rfc822", Size: int64(len(raw.Body)), Data: raw.Body})
	}
	if raw.Kind == kindOversize {
		tellOversize(&item)
	}
	return []channel.Item{item}, nil
}

// authorOf tells who wrote. A form on a website writes in our own name or in nobody's, with the customer in Reply-To:
// then the customer is the author. In every other case a Reply-To to somewhere else is not followed: a forged one would
// send our answer, and all that it quotes, to a stranger.
//
// That a mail bears our own address does not make it ours, for anybody can write it there: it would speak in our name in
// every conversation of which it names a mail, and make an open question look answered. Customers can name mails of ours too,
// so one that our own server finds to be forged is not ours even then.
func authorOf(header textproto.MIMEHeader, own []string) (from channel.Author, form bool, err error) {
	for _, name := range []string{"From", "Sender", "Return-Path"} {
		if found := addresses(first(header, name)); len(found) > 0 {
			from = author(found[0])
			break
		}
	}
	reply := addresses(first(header, "Reply-To"))
	if from.ID == "" && len(reply) == 0 {
		return channel.Author{}, false, errSender
	}
	form = len(reply) == 1 && inNobodysName(from.ID, own) && !ours(own, reply[0].Address)
	if from.ID == "" || form {
		from = author(reply[0])
	}
	return from, form, nil
}

// ours tells whether an address is one of the account's own, with or without something behind a plus.
func ours(own []string, address string) bool { return ownOf(own, address) != "" }

// ownOf is which of the account's own addresses an address is; empty: none.
func ownOf(own []string, address string) string {
	address = envelope(strings.ToLower(address))
	local, domain, _ := strings.Cut(address, "@")
	bare, _, _ := strings.Cut(local, "+")
	for _, o := range own {
		if e := envelope(o); e != "" && (address == e || bare+"@"+domain == e) {
			return o
		}
	}
	return ""
}

// addressedTo is to which of the account's addresses a mail was written: as its author did, else as servers say.
func addressedTo(header textproto.MIMEHeader, own []string) string {
	for _, name := range []string{"To", "Cc", "X-Original-To", "Envelope-To", "Delivered-To"} {
		for _, value := range header[name] {
			for _, a := range addresses(value) {
				if o := ownOf(own, a.Address); o != "" {
					return o
				}
			}
		}
	}
	return ""
}

// languageOf is the language in which a mail says it is written (RFC 3282).
func languageOf(header textproto.MIMEHeader) string {
	tag, _, _ := strings.Cut(first(header, "Content-Language"), ",")
	tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	if len(tag) < 2 || len(tag) > 3 || strings.Trim(tag, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return tag
}

func inNobodysName(from string, own []string) bool {
	local, _, _ := strings.Cut(from, "@")
	bare := strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	return ours(own, from) || strings.HasPrefix(bare, "noreply") || strings.HasPrefix(bare, "donotreply") || bare == "keineantwort"
}

func author(a *mail.Address) channel.Author {
	name := words(a.Name, 200)
	if strings.EqualFold(name, a.Address) {
		name = ""
	}
	return channel.Author{ID: strings.ToLower(a.Address), Handle: a.Address, Name: name}
}

// addresses reads a list of addresses, or what can be found of one in a broken list.
func addresses(value string) []*mail.Address {
	value = value[:min(len(value), 8<<10)]
	all, err := enmime.ParseAddressList(value)
	if err != nil {
		all = nil
		for _, field := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t<>,;\"()[]", r) }) {
			all = append(all, &mail.Address{Address: field})
		}
	}
	return slices.DeleteFunc(all, func(a *mail.Address) bool {
		local, domain, ok := strings.Cut(a.Address, "@")
		return !ok || local == "" || domain == "" || len(a.Address) > 320 || oneLine(a.Address, 400) != a.Address || strings.ContainsAny(a.Address, " <>")
	})
}

// ownID is the Message-ID, or a name made of the mail itself where it has none.
func ownID(header textproto.MIMEHeader, raw []byte) string {
	if ids := idsIn(first(header, "Message-Id")); len(ids) > 0 {
		return ids[0]
	}
	sum := sha256.Sum256(raw)
	return unnamedMark + hex.EncodeToString(sum[:16])
}

// refsOf are the mails that this one answers, the nearest first.
func refsOf(header textproto.MIMEHeader) []string {
	refs := idsIn(first(header, "In-Reply-To"))
	chain := idsIn(first(header, "References"))
	slices.Reverse(chain)
	var all []string
	for _, ref := range append(refs, chain...) {
		if len(all) < maxRefs && !slices.Contains(all, ref) {
			all = append(all, ref)
		}
	}
	return all
}

// idsIn reads Message-IDs without their brackets, in their order. Empty ones do not count: by them, strangers' mails
// would find each other.
func idsIn(value string) []string {
	value = value[:min(len(value), 64<<10)]
	var ids []string
	rest := value
	for {
		_, after, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		var id string
		if id, rest, ok = strings.Cut(after, ">"); !ok {
			break
		}
		if id = plainID(id); id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 && !strings.ContainsAny(value, "<>") && strings.Contains(value, "@") {
		if id := plainID(value); id != "" && !strings.Contains(strings.TrimSpace(value), " ") {
			ids = append(ids, id)
		}
	}
	return ids
}

// plainID brings an id into a form that can be stored and compared; a very long one is replaced by its hash.
func plainID(id string) string {
	id = strings.ReplaceAll(oneLine(id, 4000), " ", "")
	if len(id) > 400 {
		return unnamedMark + hex.EncodeToString(hash("id", id)[:16])
	}
	return id
}

// placeOf tells to which conversation a mail belongs: that of a token of ours, if it has one; else the one that its
// author began with its oldest reference.
func placeOf(secret []byte, own []string, header textproto.MIMEHeader, parts []part, item channel.Item) (thread string, proven bool) {
	for _, id := range append([]string{item.ID}, item.Refs...) {
		if thread, ok := threadOfMessageID(secret, id); ok {
			return thread, true
		}
	}
	for _, name := range []string{"To", "Cc", "Delivered-To", "X-Original-To"} {
		for _, value := range header[name] {
			for _, a := range addresses(value) {
				if thread, ok := threadOfAddress(secret, own, a.Address); ok {
					return thread, true
				}
			}
		}
	}
	if id, ok := mailInside(secret, parts); ok {
		if thread, ok := threadOfMessageID(secret, id); ok {
			return thread, true
		}
	}
	if item.Returned != nil {
		if thread, ok := threadOfMessageID(secret, item.Returned.ID); ok {
			return thread, true
		}
	}
	if chain := idsIn(first(header, "References")); len(chain) > 0 {
		return threadBegun(item.From.ID, chain[0]), false
	}
	if len(item.Refs) > 0 {
		return threadBegun(item.From.ID, item.Refs[len(item.Refs)-1]), false
	}
	return threadBegun(item.From.ID, item.ID), false
}

// mailInside finds the mail of ours that a mail brings along, as bounces do (RFC 3464).
func mailInside(secret []byte, parts []part) (id string, ok bool) {
	for _, p := range parts {
		if p.kind != "message/rfc822" && p.kind != "text/rfc822-headers" && p.kind != "message/global" && p.kind != "message/global-headers" {
			continue
		}
		head, _, fits := cutHeader(p.content(), maxPartHeader)
		header, err := readHeader(head)
		if !fits || err != nil {
			continue
		}
		for _, id := range idsIn(first(header, "Message-Id")) {
			if _, ok := threadOfMessageID(secret, id); ok {
				return id, true
			}
		}
	}
	return "", false
}

// comesBack tells mails of ours that come back.
func comesBack(header textproto.MIMEHeader, secret []byte, own string) bool {
	return slices.Contains(header[textproto.CanonicalMIMEHeaderKey(loopHeader)], loopMark(secret, own))
}

// when tells the time of a mail: what its author's clock says, unless that is a day ahead of the server that took it or
// long before there was mail; then that server's. A mail without any believable time is from before that, so that the
// house puts its own in the place.
func when(header textproto.MIMEHeader) time.Time {
	oldest := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	var taken time.Time
	if received := first(header, "Received"); received != "" {
		taken = date(received[strings.LastIndexByte(received, ';')+1:])
	}
	said := date(first(header, "Date"))
	switch {
	case said.After(oldest) && said.Year() < 9999 && (taken.IsZero() || !said.After(taken.Add(24*time.Hour))):
		return said
	case taken.After(oldest):
		return taken
	}
	return oldest.Add(-time.Second)
}

func date(value string) time.Time {
	t, err := mail.ParseDate(strings.TrimSpace(value[:min(len(value), 200)]))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// tellOversize says that there is more of this mail than we have.
func tellOversize(item *channel.Item) {
	var names []string
	for _, a := range item.Attachments {
		names = append(names, a.Name)
	}
	note := "[Diese E-Mail ist zu groß und nur zum Teil hier; ganz liegt sie im Postfach. / This mail is too large and only partly here; the whole of it is in the mailbox."
	if len(names) > 0 {
		note += " 📎 " + strings.Join(names, ", ")
	}
	item.Attachments = nil
	item.Text = strings.TrimSpace(note + "]\n\n" + item.Text)
}

// cutText cuts at the boundary of a character.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
