// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// mailFrom is a private word from an address, of which the mail's own server found something.
func mailFrom(found channel.Genuine) func(*channel.Item) {
	return func(it *channel.Item) { it.Visibility, it.Genuine = hilft.Private, found }
}

// card is what stands beside the case of a message.
func (r *room) card(remote string) Card { r.t.Helper(); return r.caseOf(remote).Person }

// links are those of a card, in the words "kind state".
func links(c Card) (all []string) {
	for _, l := range c.Links {
		all = append(all, string(l.Kind)+" "+string(l.State))
	}
	return all
}

// names are those of who is one human with a case's person.
func names(c Card) (all []string) {
	for _, m := range c.Members {
		all = append(all, m.Name)
	}
	return all
}

func TestAPublicAndAPrivateNameBecomeOneHumanAndTwoAgain(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("@mira", "1", "Mein Internet geht nicht"), r.says("mira@example.org", "2", "Ich bin @mira, es geht immer noch nicht", private, thread("m")))
		require.Equal(t, []string{"@mira"}, names(r.card("1")), "a name joins nobody")
		public, mail := r.message("1"), r.message("2")

		did, err := r.desk.LinkPeople(ctx, as(ada), r.card("1").ID, r.card("2").ID, mail.ID, "")
		require.NoError(t, err)
		one := r.card("1")
		require.Equal(t, []string{"@mira", "mira@example.org"}, names(one))
		require.Equal(t, []string{"word linked"}, links(one))
		require.Equal(t, mail.Body, one.Said[mail.ID].Body, "the words that it rests on")
		require.Equal(t, mail.Case, r.caseOf("1").Earlier[0].ID, "the whole history, over all networks")
		require.Equal(t, public.Case, r.caseOf("2").Earlier[0].ID)
		_, err = r.desk.LinkPeople(ctx, as(ada), one.ID, r.card("2").ID, "", "the same again")
		require.Equal(t, hilft.Conflict, hilft.KindOf(err))

		// What is said meanwhile stays where it was said.
		r.hear(r.says("@mira", "3", "Hallo?", refs("1")), r.says("mira@example.org", "4", "Noch etwas", private, thread("n")))
		standing := func() []any { return []any{r.message("3").Case, r.message("4").Identity, r.cases()} }
		before := standing()
		parted, err := r.desk.PartLink(ctx, as(ben), one.Links[0].ID)
		require.NoError(t, err)
		require.Equal(t, []string{"@mira"}, names(r.card("1")))
		require.Equal(t, []string{"mira@example.org"}, names(r.card("2")))
		require.Equal(t, before, standing())
		require.Empty(t, r.caseOf("1").Earlier)
		require.Equal(t, 0, r.count(`SELECT COUNT(*) FROM person WHERE root_id <> ''`), "as if they had never been one")

		// Both can be taken back, by whoever did them, as long as it is as they left it.
		require.Equal(t, hilft.Conflict, hilft.KindOf(r.desk.UndoPerson(ctx, as(ada), did.Person, did.Act)), "Ben has parted them since")
		require.Equal(t, hilft.NotFound, hilft.KindOf(r.desk.UndoPerson(ctx, as(ada), parted.Person, parted.Act)))
		require.NoError(t, r.desk.UndoPerson(ctx, as(ben), parted.Person, parted.Act))
		require.Len(t, names(r.card("2")), 2)
		require.Equal(t, hilft.Conflict, hilft.KindOf(r.desk.UndoPerson(ctx, as(ben), parted.Person, parted.Act)), "once")
		require.NoError(t, r.desk.UndoPerson(ctx, as(ada), did.Person, did.Act))
		require.Len(t, names(r.card("2")), 1)
		r.clock.Forward(11 * time.Minute)
		require.Equal(t, hilft.Conflict, hilft.KindOf(r.desk.UndoPerson(ctx, as(ada), did.Person, did.Act)))
		require.Equal(t, []string{"person.linked", "person.parted", "person.link_undone", "person.link_undone"}, r.trail("person."))
	})
}

// trail is what the audit trail says was done, of a group.
func (r *room) trail(group string) (all []string) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, `SELECT what FROM audit WHERE what LIKE ? ORDER BY n`, []any{group + "%"}, func(scan func(into ...any) error, s *string) error { return scan(s) })
		return err
	}))
	return all
}

func TestWhatAMailSaysItIsFromProvesNothing(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		// Mira has left her address in the chat; whoever knows it can type it.
		r.visitor("1", "Wann kommt mein Router?", "Mira@example.org")
		for i, found := range []channel.Genuine{"", channel.Doubtful, channel.NotSaid, channel.Confirmed} {
			r.hear(r.says("mira@example.org", fmt.Sprint("m", i), "Hallo", mailFrom(found), thread(fmt.Sprint("t", i))))
		}
		require.Empty(t, r.card("1").Links)
		require.Equal(t, 1, r.count(`SELECT COUNT(*) FROM proven_address`), "hers by her mail's home, and not the chat's")

		// A letter goes to that address, and is answered from there.
		r.inChat("1", "Morgen.", "11")
		r.later()
		letter := r.letterOf(r.goneOn()[0])
		r.told(report(letter, hilft.Sending), channel.Report{Message: letter.ID, Delivery: hilft.Sent, Receipt: channel.Receipt{ID: "letter-1", Thread: "letters"}})
		r.hearAt(brand, letterbox, r.says("thief@example.com", "s", "Hallo", mailFrom(channel.Doubtful), proven, thread("letters")))
		require.Empty(t, r.card("1").Links, "forged")
		r.hearAt(brand, letterbox, r.says("mira@example.org", "a", "Danke", mailFrom(channel.Confirmed), proven, thread("letters")))
		c := r.card("1")
		require.Equal(t, []string{"address proposed"}, links(c))
		require.Equal(t, "mira@example.org", c.Links[0].Evidence)
		require.Equal(t, []string{"visitor"}, names(c), "proposed, and no more")
		require.Len(t, c.Others, 1)

		// Somebody else who answers from elsewhere holds what was sent: that is told as what it is.
		r.hearAt(brand, letterbox, r.says("tom@example.org", "b", "Ich auch", mailFrom(channel.NotSaid), proven, thread("letters")))
		require.Equal(t, []string{"address proposed", "letter proposed"}, links(r.card("1")))

		did, err := r.desk.AcceptLink(ctx, as(ada), c.Links[0].ID)
		require.NoError(t, err)
		require.NotZero(t, did.Act)
		require.Equal(t, []string{"visitor", "mira@example.org"}, names(r.card("1")))
		again, err := r.desk.AcceptLink(ctx, as(ben), c.Links[0].ID)
		require.NoError(t, err)
		require.Zero(t, again.Act, "it is so already")
		_, err = r.desk.DismissLink(ctx, as(ben), c.Links[0].ID)
		require.Equal(t, hilft.Conflict, hilft.KindOf(err), "Ada was first")
	})
}

func (r *room) change(q string, args ...any) {
	r.t.Helper()
	require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, q, args...)
		return err
	}))
}

func TestACodeThatComesBackElsewhereShowsWhoItIs(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira@example.org", "1", "Ich hatte öffentlich geschrieben", private, thread("m")), r.says("@mira", "2", "Mein Internet geht nicht"))
		mail, public := r.message("1"), r.message("2")
		_, err := r.desk.AskCode(ctx, as(ada), public.Case, public.Conversation)
		require.Equal(t, hilft.Invalid, hilft.KindOf(err), "everybody could say it again")
		_, err = r.desk.AskCode(ctx, as(ada), mail.Case, public.Conversation)
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		code, err := r.desk.AskCode(ctx, as(ada), mail.Case, mail.Conversation)
		require.NoError(t, err)
		require.Equal(t, []string{code.Code}, people.CodesIn("Sagen Sie uns dort "+strings.ToLower(code.Code)+"."))
		told := r.replied("1", "Schreiben Sie uns öffentlich diesen Code: "+code.Code)
		_, err = r.reply("2", "Ist das Ihr Code "+code.Code+"?")
		require.Equal(t, hilft.Invalid, hilft.KindOf(err), "in public it would prove nothing any more")

		r.hear(r.says("mira@example.org", "3", "Diesen: "+code.Code+"?", private, thread("m")))
		require.Empty(t, r.card("1").Links, "who was told it says nothing new by it")
		r.hear(r.says("@mira", "4", "mein code ist "+strings.ToLower(strings.Replace(code.Code, "-", " ", 1)), refs("2")))
		c := r.card("2")
		require.Equal(t, []string{"code proposed"}, links(c))
		require.Equal(t, []hilft.MessageID{told.ID, r.message("4").ID}, []hilft.MessageID{c.Links[0].Given, c.Links[0].Back})
		require.Contains(t, r.happened(), hilft.EventLinkProposed)
		r.hear(r.says("@copycat", "5", code.Code))
		require.Empty(t, r.card("5").Links, "whoever reads it says it too late")

		// What was dismissed does not come back for the same evidence, and does for other.
		did, err := r.desk.DismissLink(ctx, as(ada), c.Links[0].ID)
		require.NoError(t, err)
		require.Empty(t, r.card("2").Links)
		require.NoError(t, r.desk.UndoPerson(ctx, as(ada), did.Person, did.Act))
		require.Equal(t, []string{"code proposed"}, links(r.card("2")))
		_, err = r.desk.DismissLink(ctx, as(ada), c.Links[0].ID)
		require.NoError(t, err)
		r.hear(r.says("@mira", "6", code.Code, refs("2")))
		require.Empty(t, r.card("2").Links)
		code, err = r.desk.AskCode(ctx, as(ada), mail.Case, mail.Conversation)
		require.NoError(t, err)
		r.hear(r.says("@mira", "7", code.Code, refs("2")))
		require.Equal(t, []string{"code proposed"}, links(r.card("2")))
		code, err = r.desk.AskCode(ctx, as(ada), mail.Case, mail.Conversation)
		require.NoError(t, err)
		r.clock.Forward(8 * 24 * time.Hour)
		r.hear(r.says("@late", "8", code.Code))
		require.Empty(t, r.card("8").Links, "a code is good for a week")
	})
}

func TestPeopleAreLinkedWithinTheirBrandAndByWhoMay(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("a", "1", "Hallo"), r.says("b", "2", "Hallo"))
		r.hearAt("other", "theirs", r.says("c", "3", "Hallo"))
		one, two := r.card("1").ID, r.card("2").ID
		three, _, err := r.desk.Person(ctx, at("other", ada), r.persons("c"))
		require.NoError(t, err)
		for name, err := range map[string]error{
			"another brand's person": second(r.desk.LinkPeople(ctx, as(ada), one, three.ID, "", "why")),
			"themselves":             second(r.desk.LinkPeople(ctx, as(ada), one, one, "", "why")),
			"nobody":                 second(r.desk.LinkPeople(ctx, as(ada), one, "nobody", "", "why")),
			"no reason":              second(r.desk.LinkPeople(ctx, as(ada), one, two, "", " \u202e ")),
			"a long reason":          second(r.desk.LinkPeople(ctx, as(ada), one, two, "", strings.Repeat("x", 10_000))),
			"another's words":        second(r.desk.LinkPeople(ctx, as(ada), one, two, r.message("3").ID, "")),
			"no words":               second(r.desk.LinkPeople(ctx, as(ada), one, two, "nothing", "")),
		} {
			require.Equal(t, hilft.Invalid, hilft.KindOf(err), name)
		}
		_, err = r.desk.LinkPeople(ctx, at("other", ada), one, two, "", "why")
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
		_, err = r.desk.LinkPeople(ctx, being(access.RoleReviewer, brand, ada), one, two, "", "why")
		require.Equal(t, hilft.Forbidden, hilft.KindOf(err))
		did, err := r.desk.LinkPeople(ctx, as(ada), one, two, "", "👩🏽‍💻 am Telefon gefragt")
		require.NoError(t, err)
		id := r.card("1").Links[0].ID
		for _, act := range []func(context.Context, access.Sight, hilft.LinkID) (Did, error){r.desk.AcceptLink, r.desk.DismissLink, r.desk.PartLink} {
			_, err := act(ctx, at("other", ada), id)
			require.Equal(t, hilft.NotFound, hilft.KindOf(err))
			_, err = act(ctx, being(access.RoleReader, brand, ada), id)
			require.Equal(t, hilft.Forbidden, hilft.KindOf(err))
			_, err = act(ctx, as(ada), "nothing")
			require.Equal(t, hilft.NotFound, hilft.KindOf(err))
		}
		require.Equal(t, hilft.NotFound, hilft.KindOf(r.desk.UndoPerson(ctx, at("other", ada), did.Person, did.Act)))
		require.Equal(t, hilft.NotFound, hilft.KindOf(r.desk.UndoPerson(ctx, as(ada), two, did.Act+1000)))
	})
}

func second[T any](_ T, err error) error { return err }

// persons is who goes by a name.
func (r *room) persons(name string) (id hilft.PersonID) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT id FROM person WHERE name = ?`, []any{name}, &id)
	}))
	return id
}

// A chain of links is one human; whichever is taken away, each side is whole; and nobody is everybody.
func TestAHumanIsWhoeverIsReachedByLinks(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		var all []hilft.PersonID
		for i := range 52 {
			r.hear(r.says(fmt.Sprintf("p%02d", i), fmt.Sprint(i), "Hallo"))
			all = append(all, r.message(fmt.Sprint(i)).personOf(r))
		}
		link := func(a, b int) error { return second(r.desk.LinkPeople(ctx, as(ada), all[b], all[a], "", "why")) }
		for i := range 49 {
			require.NoError(t, link(i, i+1))
		}
		require.Len(t, r.card("7").Members, 50)
		require.NoError(t, link(50, 51))
		require.Equal(t, hilft.Conflict, hilft.KindOf(link(49, 50)), "fifty are enough")
		require.Len(t, r.card("7").Members, 50)

		c := r.card("20")
		i := slices.IndexFunc(c.Links, func(l people.Link) bool { return l.One == all[20] && l.Other == all[21] })
		_, err := r.desk.PartLink(ctx, as(ada), c.Links[i].ID)
		require.NoError(t, err)
		require.Len(t, r.card("0").Members, 21)
		require.Len(t, r.card("49").Members, 29)
		require.Equal(t, all[21], r.card("49").Members[0].ID, "the first that was known")
		require.Equal(t, hilft.Conflict, hilft.KindOf(link(0, 20)), "they are one already")
	})
}

func (m Message) personOf(r *room) (id hilft.PersonID) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT person_id FROM identity WHERE id = ?`, []any{string(m.Identity)}, &id)
	}))
	return id
}

func TestTwoAgentsDecideAtOnce(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("a", "1", "Hallo"), r.says("b", "2", "Hallo"))
		_, err := r.desk.LinkPeople(ctx, as(ada), r.card("1").ID, r.card("2").ID, "", "why")
		require.NoError(t, err)
		id := r.card("1").Links[0].ID
		r.change(`UPDATE person_link SET state = 'proposed'`)
		r.change(`UPDATE person SET root_id = ''`)
		errs := make([]error, 2)
		var wg sync.WaitGroup
		wg.Go(func() { errs[0] = second(r.desk.AcceptLink(ctx, as(ada), id)) })
		wg.Go(func() { errs[1] = second(r.desk.DismissLink(ctx, as(ben), id)) })
		wg.Wait()
		require.NotEqual(t, errs[0] == nil, errs[1] == nil, "one of them: %v", errs)
		require.Equal(t, errs[0] == nil, len(r.card("1").Members) == 2)
	})
}

func TestNotesAboutAPersonStandBesideEveryCaseOfTheirs(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("a", "1", "Hallo"), r.says("b", "2", "Hallo"))
		one, two := r.card("1").ID, r.card("2").ID
		wrote, err := r.desk.NotePerson(ctx, being(access.RoleReviewer, brand, ada), one, " Bitte nicht duzen.\x00 ")
		require.NoError(t, err)
		_, err = r.desk.LinkPeople(ctx, as(ada), one, two, "", "why")
		require.NoError(t, err)
		n := r.card("2").Notes[0]
		require.Equal(t, []any{"Bitte nicht duzen.", ada, int64(1)}, []any{n.Body, n.MadeBy, n.Version})

		r.clock.Forward(time.Minute)
		changed, err := r.desk.RewriteNote(ctx, as(ben), n.ID, "Siezen.", n.Version)
		require.NoError(t, err)
		_, err = r.desk.RewriteNote(ctx, as(ada), n.ID, "Duzen.", n.Version)
		require.Equal(t, hilft.Conflict, hilft.KindOf(err), "Ben was first, and Ada has not read it")
		require.Equal(t, hilft.Conflict, hilft.KindOf(r.desk.UndoPerson(ctx, being(access.RoleReviewer, brand, ada), wrote.Person, wrote.Act)), "it reads otherwise by now")
		require.NoError(t, r.desk.UndoPerson(ctx, as(ben), changed.Person, changed.Act))
		n = r.card("1").Notes[0]
		require.Equal(t, []any{"Bitte nicht duzen.", ben}, []any{n.Body, n.ChangedBy})
		require.Equal(t, hilft.Conflict, hilft.KindOf(r.desk.UndoPerson(ctx, as(ben), changed.Person, changed.Act)))

		gone, err := r.desk.RemoveNote(ctx, as(ada), n.ID, n.Version)
		require.NoError(t, err)
		require.Empty(t, r.card("1").Notes)
		require.NoError(t, r.desk.UndoPerson(ctx, as(ada), gone.Person, gone.Act))
		n = r.card("1").Notes[0]
		_, err = r.desk.RemoveNote(ctx, as(ada), n.ID, n.Version)
		require.NoError(t, err)
		r.clock.Forward(11 * time.Minute)
		_, err = r.desk.NotePerson(ctx, as(ada), two, "👩🏽‍💻🏳️‍🌈")
		require.NoError(t, err)
		require.Equal(t, 0, r.count(`SELECT COUNT(*) FROM person_note WHERE body LIKE '%duzen%' OR was LIKE '%duzen%'`), "what is gone is gone")
		require.NotContains(t, strings.Join(r.dataOf(hilft.EventPersonNoted), ""), "duzen", "events tell ids")

		for _, bad := range []string{"", " \u202e\u200f ", strings.Repeat("x", 10_000)} {
			require.Equal(t, hilft.Invalid, hilft.KindOf(second(r.desk.NotePerson(ctx, as(ada), one, bad))))
		}
		require.Equal(t, hilft.Forbidden, hilft.KindOf(second(r.desk.NotePerson(ctx, being(access.RoleReader, brand, ada), one, "x"))))
		require.Equal(t, hilft.NotFound, hilft.KindOf(second(r.desk.NotePerson(ctx, at("other", ada), one, "x"))))
		n = r.card("2").Notes[0]
		require.Equal(t, hilft.NotFound, hilft.KindOf(second(r.desk.RemoveNote(ctx, at("other", ada), n.ID, 1))))
		require.Equal(t, hilft.NotFound, hilft.KindOf(second(r.desk.RewriteNote(ctx, as(ada), "nothing", "x", 1))))
	})
}

func TestWhatSomebodyAgreedToIsAddedAndNeverChanged(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("a", "1", "Ja, schreiben Sie mir gern Angebote"), r.says("b", "2", "Hallo"))
		c, word := r.card("1"), r.message("1")
		agree := func(change func(*people.Consent)) error {
			r.clock.Forward(time.Minute)
			a := people.Consent{Identity: c.Identities[0].ID, Purpose: "advertising", Given: true, How: "message", Message: word.ID}
			change(&a)
			return second(r.desk.Agree(ctx, as(ada), c.ID, a))
		}
		require.NoError(t, agree(func(*people.Consent) {}))
		require.NoError(t, agree(func(a *people.Consent) {
			a.Purpose, a.How, a.Message, a.At = "service", "call", "", r.clock.Now().Add(-hour)
		}))
		require.NoError(t, agree(func(a *people.Consent) {
			a.Given, a.How, a.Message, a.Remark = false, "call", "", "will nichts mehr hören"
		}))
		now := r.card("1").Consent
		require.Len(t, now, 2)
		require.Equal(t, []any{"advertising", false, "call", ada}, []any{now[0].Purpose, now[0].Given, now[0].How, now[0].MadeBy})
		require.Equal(t, []any{"service", true}, []any{now[1].Purpose, now[1].Given})
		of, all, err := r.desk.Ledger(ctx, as(ada), c.ID)
		require.NoError(t, err)
		require.Len(t, all, 3)
		require.Equal(t, word.Body, of.Said[word.ID].Body)

		for field, change := range map[string]func(*people.Consent){
			"identity_id": func(a *people.Consent) { a.Identity = r.card("2").Identities[0].ID },
			"purpose":     func(a *people.Consent) { a.Purpose = "spam" },
			"how":         func(a *people.Consent) { a.How = "mistake" }, // nobody agrees by mistake of ours
			"message_id":  func(a *people.Consent) { a.Message = "nothing" },
			"remark":      func(a *people.Consent) { a.Remark = strings.Repeat("x", 10_000) },
			"at":          func(a *people.Consent) { a.At = r.clock.Now().Add(hour) },
		} {
			err := agree(change)
			require.Equal(t, hilft.Invalid, hilft.KindOf(err), field)
		}
		require.Equal(t, hilft.NotFound, hilft.KindOf(second(r.desk.Agree(ctx, at("other", ada), c.ID, all[0]))))
		require.Equal(t, []string{"person.consent_written", "person.consent_written", "person.consent_written"}, r.trail("person."))
	})
}

func TestACompanyHasPeopleAndTheirCases(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("a", "1", "Hallo"), r.says("b", "2", "Hallo"), r.says("c", "3", "Hallo"))
		one, two := r.card("1").ID, r.card("2").ID
		first, err := r.desk.Employ(ctx, as(ada), one, " Meyer & Söhne ", "K-17")
		require.NoError(t, err)
		_, err = r.desk.Employ(ctx, as(ada), two, "meyer & söhne", "K-17")
		require.NoError(t, err)
		_, err = r.desk.Employ(ctx, as(ada), r.card("3").ID, "Meyer & Söhne", "K-18")
		require.NoError(t, err)
		id := r.card("1").Company[0].ID
		require.Equal(t, id, r.card("2").Company[0].ID, "one name and number, one company")
		b, err := r.desk.Company(ctx, as(ben), id)
		require.NoError(t, err)
		require.Equal(t, []any{"Meyer & Söhne", "K-17", 2, 2}, []any{b.Name, b.Number, len(b.Staff), len(b.Cases)})
		offered, err := r.desk.Companies(ctx, as(ada), brand, "MEY")
		require.NoError(t, err)
		require.Len(t, offered, 2)
		require.Equal(t, hilft.Conflict, hilft.KindOf(r.desk.NameCompany(ctx, as(ada), id, "Meyer & Söhne", "K-18")))
		require.NoError(t, r.desk.NameCompany(ctx, as(ada), id, "Meyer GmbH", "K-17"))
		require.Equal(t, "Meyer GmbH", r.card("2").Company[0].Name)

		again, err := r.desk.Employ(ctx, as(ada), one, "Meyer GmbH", "K-17")
		require.NoError(t, err)
		require.Zero(t, again.Act)
		require.NoError(t, r.desk.UndoPerson(ctx, as(ada), one, first.Act))
		require.Empty(t, r.card("1").Company, "a private customer, as before")
		for _, bad := range [][2]string{{" ", ""}, {"", "K-1"}, {strings.Repeat("x", 10_000), ""}, {"Meyer", strings.Repeat("9", 50)}} {
			require.Equal(t, hilft.Invalid, hilft.KindOf(second(r.desk.Employ(ctx, as(ada), one, bad[0], bad[1]))), bad)
		}
		require.Equal(t, hilft.NotFound, hilft.KindOf(second(r.desk.Company(ctx, at("other", ada), id))))
		require.Equal(t, hilft.NotFound, hilft.KindOf(r.desk.NameCompany(ctx, at("other", ada), id, "x", "")))
		require.Equal(t, hilft.NotFound, hilft.KindOf(second(r.desk.Companies(ctx, at("other", ada), brand, ""))))
	})
}
