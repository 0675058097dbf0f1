// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// What a house holds that has been used for a year: one case in twenty is open, as many wait for their customer. Most
// have four messages, a few fifty.
const (
	inTwenty   = 20
	wordsUsual = 4
	wordsLong  = 50
	longCases  = 200
	colleagues = 20
	fillAtOnce = 2000 // cases of one transaction
)

// nouns are what customers of a telecom speak of; two of them make most of the words that they use.
var nouns = strings.Fields(`Netz Störung Rechnung Vertrag Router Anschluss Kunde Dienst Leitung Techniker Termin Gerät Karte Tarif Umzug
	Kündigung Frist Nummer Gebühr Bestellung Lieferung Paket Adresse Konto Zahlung Mahnung Guthaben Antwort Ausfall Verkehr Fahrplan Ersatz Straße
	Haus Keller Dose Kabel Signal Empfang Geschwindigkeit Ticket Wartung Werbung Gespräch Auskunft Hotline Schleife Stunde Woche Monat Verbindung
	Passwort Fehler Meldung`)

// vocabulary are three thousand words: nouns, then compounds of two.
var vocabulary = func() []string {
	all := append([]string(nil), nouns...)
	for _, a := range nouns {
		for _, b := range nouns {
			if len(all) == 3000 {
				return all
			}
			all = append(all, a+strings.ToLower(b))
		}
	}
	return all
}()

// prose is about forty of those words, a few of them often and most of them seldom, as in any language. It is the same
// for the same number.
func prose(n int) string {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	zipf := rand.NewZipf(rng, 1.1, 8, uint64(len(vocabulary)-1))
	var b strings.Builder
	for range 30 + rng.IntN(21) {
		b.WriteString(vocabulary[zipf.Uint64()])
		b.WriteByte(' ')
	}
	return b.String()
}

// opening is how a text begins, in so many bytes.
func opening(text string, most int) string {
	return strings.ToValidUTF8(text[:min(most, len(text))], "")
}

// The kinds of things that have an id.
const (
	idPerson = iota
	idIdentity
	idConversation
	idCase
	idMessage
)

// idOf is the id of the n-th thing of a kind. As those that the house gives, they ascend and look alike.
func idOf(kind, n int) string {
	return fmt.Sprintf("%08x-%04x-7000-%04x-%012x", 0x01900000+n>>16, n&0xffff, 0x8000+kind, n)
}

// filling writes a year of work into a house that is set up and closed, past its API: through it the largest would take
// hours. Raw deliveries and finished jobs, which no page shows, are left out.
type filling struct {
	db      *store.DB
	brand   string
	me      string
	account string
	size    int
	until   time.Time
}

// fill is called with the house closed.
func fill(ctx context.Context, data, database string, size int) error {
	o := store.Options{URL: database}
	if database == "" {
		o.Path = data + "/hilft.db"
		if _, err := os.Stat(o.Path); err != nil {
			return err
		}
	}
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	f := &filling{db: db, size: size, until: time.Now()}
	if err := db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Row(ctx, `SELECT id, brand_id FROM account`, nil, &f.account, &f.brand); err != nil {
			return err
		}
		return tx.Row(ctx, `SELECT id FROM agent`, nil, &f.me)
	}); err != nil {
		return err
	}
	for from := 0; from < size; from += fillAtOnce {
		if err := f.cases(ctx, from, min(size, from+fillAtOnce)); err != nil {
			return err
		}
	}
	return db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		number := `UPDATE case_number SET last = ?`
		if tx.Dialect() == store.Postgres {
			number = `SELECT setval('case_number', CAST(? AS BIGINT))`
		}
		if _, err := tx.Exec(ctx, number, size+1000); err != nil {
			return err
		}
		if err := tx.Defer(ctx, `INSERT INTO tally (brand_id, list, slot, n) SELECT brand_id, state, 0, COUNT(*) FROM cases GROUP BY brand_id, state
			UNION ALL SELECT brand_id, CASE WHEN agent_id = '' THEN 'unassigned' ELSE 'mine:' || agent_id END, 0, COUNT(*) FROM cases WHERE state = 'open' GROUP BY brand_id, agent_id`); err != nil {
			return err
		}
		if tx.Dialect() == store.SQLite { // which the house leaves without statistics
			return nil
		}
		return tx.Defer(ctx, "ANALYZE") // as Postgres does by itself, a minute later
	})
}

// many is how many messages a case has.
func (f *filling) many(n int) int {
	if n%max(1, f.size/longCases) == 0 {
		return wordsLong
	}
	return wordsUsual
}

func (f *filling) cases(ctx context.Context, from, to int) error {
	var persons, identities, conversations, refs, cases, events [][]any
	messages := make([][][]any, wordsLong) // by their place in their case: what is said in many cases is said in turns
	for n := from; n < to; n++ {
		id, person, identity, conversation := idOf(idCase, n), idOf(idPerson, n/2), idOf(idIdentity, n/2), idOf(idConversation, n)
		began := f.until.Add(-365 * 24 * time.Hour * time.Duration(f.size-n) / time.Duration(f.size))
		state, owner := hilft.Solved, idOf(idPerson, n%colleagues)
		switch n % inTwenty {
		case 0:
			state = hilft.Open
			if owner = ""; n/inTwenty%2 == 0 {
				owner = f.me
			}
		case 1:
			state = hilft.Waiting
		}
		name := "Mira Petersen " + person[len(person)-6:]
		if n%2 == 0 || n == from {
			persons = append(persons, []any{person, f.brand, name, began.UnixMicro()})
			identities = append(identities, []any{identity, f.brand, person, "api", "c-" + person, "", name, "", began.UnixMicro(), began.UnixMicro()})
		}
		conversations = append(conversations, []any{conversation, f.brand, f.account, "api", "t-" + id, "private", person, id, "", "", began.UnixMicro()})
		refs = append(refs, []any{f.account, "private", "t:t-" + id, conversation})
		var text string
		var at time.Time
		for k := range f.many(n) {
			message := idOf(idMessage, n*wordsLong+k)
			text, at = prose(n*wordsLong+k), began.Add(time.Duration(k)*7*time.Minute)
			direction, by, agent, delivery := hilft.Inbound, identity, "", ""
			if k%2 == 1 && (state != hilft.Open || k < f.many(n)-1) {
				direction, by, agent, delivery = hilft.Outbound, "", f.me, string(hilft.Sent)
			}
			messages[k] = append(messages[k], []any{
				message, f.brand, conversation, id, f.account, "api", "r-" + message, string(direction), "private", by, agent, "", "",
				text, "", "", "", "[]", 0, at.UnixMicro(), at.UnixMicro(), 0, 0, delivery, "", "", 0, "",
			})
			kind := "message.heard"
			if direction == hilft.Outbound {
				kind = "message.written"
			}
			events = append(events, []any{at.UnixMicro(), kind, f.brand, id, message, agent, "{}"})
		}
		waits, due, solved := int64(0), int64(0), int64(0)
		rank := at.UnixMicro()
		if state == hilft.Open {
			waits, due = at.UnixMicro(), at.Add(time.Hour).UnixMicro()
			rank = due
		}
		if state == hilft.Solved {
			solved = at.UnixMicro()
			events = append(events, []any{at.UnixMicro(), "case.solved", f.brand, id, id, owner, "{}"})
		}
		cases = append(cases, []any{
			id, n + 1000, f.brand, person, opening(text, 40), string(state), owner, f.account, "api", "private", opening(text, 120), "de",
			waits, due, 1, 0, rank, at.UnixMicro(), began.UnixMicro(), solved, at.UnixMicro(),
		})
	}
	return f.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, in := range []struct {
			into, tail string
			rows       [][]any
		}{
			{`INSERT INTO person (id, brand_id, name, made_at)`, `ON CONFLICT DO NOTHING`, persons},
			{`INSERT INTO identity (id, brand_id, person_id, network, remote_id, handle, name, url, made_at, seen_at)`, `ON CONFLICT DO NOTHING`, identities},
			{`INSERT INTO conversation (id, brand_id, account_id, network, thread, visibility, person_id, case_id, subject, url, made_at)`, ``, conversations},
			{`INSERT INTO conversation_ref (account_id, visibility, ref, conversation_id)`, ``, refs},
			{`INSERT INTO cases (id, number, brand_id, person_id, title, state, agent_id, account_id, network, visibility, preview, language,
				waits_since, due_at, answered, trouble, rank, changed_at, made_at, solved_at, last_at)`, ``, cases},
			{`INSERT INTO event (at, kind, brand_id, case_id, subject, agent_id, data)`, ``, events},
		} {
			if err := tx.Insert(ctx, in.into, in.rows, in.tail); err != nil {
				return err
			}
		}
		for _, rows := range messages {
			if err := tx.Insert(ctx, `INSERT INTO message (id, brand_id, conversation_id, case_id, account_id, network, remote_id, direction, visibility, identity_id,
				agent_id, in_reply_to, subject, body, quoted, html, url, files, auto, at, made_at, edited_at, deleted_at, delivery, reason, detail, retry_at, request)`, rows, ``); err != nil {
				return err
			}
		}
		return nil
	})
}
