// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store/storetest"
)

const (
	miraMail     = "mira.vogel@nordnetz.example"
	miraPassword = "Leuchtturm im Nebel 7"
	office       = "192.0.2.10"
)

// house is a room with a database and a clock of its own.
type house struct {
	*Access
	clock *storetest.Clock
}

// inHouse runs a test on both databases, each with its own clock.
func inHouse(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	for name, url := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": storetest.PostgresURL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			wakes, err := bus.Open(t.Context(), bus.Options{Log: slog.New(slog.DiscardHandler)})
			require.NoError(t, err)
			t.Cleanup(wakes.Close)
			keys, err := newKeys()
			require.NoError(t, err)
			db := storetest.Open(t, url(t), clock.Now)
			a := New(Deps{DB: db, Jobs: jobs.New(db, wakes, slog.New(slog.DiscardHandler)), Keys: keys, Weak: true})
			test(t, house{a, clock})
		})
	}
}

// setUp sets the house up; Mira is its administrator.
func (h house) setUp(t *testing.T) Agent {
	t.Helper()
	mira, err := h.SetUp(t.Context(), Brand{Name: "Nordnetz", Language: "de"},
		Administrator{Email: miraMail, Name: "Mira Vogel", Password: miraPassword})
	require.NoError(t, err)
	return mira
}

// brand is the house's first.
func (h house) brand(t testing.TB) hilft.BrandID {
	t.Helper()
	all, err := h.Brands(t.Context())
	require.NoError(t, err)
	return all[0].ID
}

// failed asserts what an error means.
func failed(t *testing.T, err error, kind hilft.Kind, say string) *hilft.Error {
	t.Helper()
	var e *hilft.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, say, e.Say)
	require.Equal(t, kind, e.Kind)
	return e
}

func TestTheHouseIsSetUpOnce(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		ctx := t.Context()
		needs, err := h.NeedsSetUp(ctx)
		require.NoError(t, err)
		require.True(t, needs)

		mira, err := h.SetUp(ctx, Brand{Name: "  Nord\u200bnetz ", Language: "de"},
			Administrator{Email: " Mira.Vogel@Nordnetz.example", Name: "Mira\tVogel", Password: miraPassword})
		require.NoError(t, err)
		require.Equal(t, Agent{
			ID: mira.ID, Email: miraMail, Name: "Mira Vogel", Initials: "MV", Role: RoleAdministrator,
			Language: "de", Scheme: SchemeAuto, After: After{Solve: ThenNext, Send: ThenStay, SendSolve: ThenNext}, MadeAt: h.clock.Now(),
		}, mira)
		kept, err := h.Agent(ctx, mira.ID)
		require.NoError(t, err)
		require.Equal(t, mira, kept)

		needs, err = h.NeedsSetUp(ctx)
		require.NoError(t, err)
		require.False(t, needs)
		brands, err := h.Brands(ctx)
		require.NoError(t, err)
		require.Equal(t, []Brand{{ID: brands[0].ID, Name: "Nordnetz", Language: "de", AnswerIn: 60, Letters: unsigned}}, brands)
		brand, err := h.Brand(ctx, brands[0].ID)
		require.NoError(t, err)
		require.Equal(t, brands[0], brand)
		_, err = h.Brand(ctx, "elsewhere")
		failed(t, err, hilft.NotFound, "brand.not_found")

		_, err = h.SetUp(ctx, Brand{Name: "Other", Language: "en"}, Administrator{Email: "eve@example.org", Name: "Eve", Password: miraPassword})
		failed(t, err, hilft.Conflict, "setup.done")
	})
}

func TestOfFiftyWhoSetUpAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		var wg sync.WaitGroup
		errs := make([]error, 50)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = h.SetUp(t.Context(), Brand{Name: "Nordnetz", Language: "de"},
					Administrator{Email: "a" + string(rune('a'+i%26)) + "@example.org", Name: "A", Password: miraPassword})
			})
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
				continue
			}
			failed(t, err, hilft.Conflict, "setup.done")
		}
		require.Equal(t, 1, done)
		require.Equal(t, 1, storetest.Count(t, h.db, `SELECT count(*) FROM agent`))
		require.Equal(t, 1, storetest.Count(t, h.db, `SELECT count(*) FROM brand`))
	})
}

func TestSetUpNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	a := New(Deps{DB: db})
	brand := Brand{Name: "Nordnetz", Language: "de"}
	admin := Administrator{Email: miraMail, Name: "Mira Vogel", Password: miraPassword}
	for _, wrong := range []struct {
		say, field string
		spoil      func(*Brand, *Administrator)
	}{
		{"brand.name.empty", "brand.name", func(b *Brand, _ *Administrator) { b.Name = " \u202e " }},
		{"brand.language.unknown", "brand.language", func(b *Brand, _ *Administrator) { b.Language = "" }},
		{"brand.answer_in.range", "brand.answer_in", func(b *Brand, _ *Administrator) { b.AnswerIn = -1 }},
		{"brand.answer_in.range", "brand.answer_in", func(b *Brand, _ *Administrator) { b.AnswerIn = 10081 }},
		{"agent.name.empty", "name", func(_ *Brand, a *Administrator) { a.Name = "—" }},
		{"agent.email.invalid", "email", func(_ *Brand, a *Administrator) { a.Email = "mira" }},
		{"agent.language.unknown", "language", func(_ *Brand, a *Administrator) { a.Language = "fr" }},
		{"password.short", "password", func(_ *Brand, a *Administrator) { a.Password = "kurz" }},
		{"password.guessable", "password", func(_ *Brand, a *Administrator) { a.Password = "Nordnetz2026!" }},
	} {
		b, m := brand, admin
		wrong.spoil(&b, &m)
		_, err := a.SetUp(t.Context(), b, m)
		require.Equal(t, wrong.field, failed(t, err, hilft.Invalid, wrong.say).Field)
	}
	require.Zero(t, storetest.Count(t, db, `SELECT count(*) FROM house`))
}

func TestAnAdministratorTakesNewcomersIn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		marco := Newcomer{Email: "Marco@Nordnetz.example", Name: "Marco Vidal", Password: "ein langes Wort voran", Brand: h.brand(t)}

		_, err := h.AddAgent(t.Context(), marco)
		failed(t, err, hilft.Unauthenticated, "session.missing")

		added, err := h.AddAgent(As(t.Context(), mira), marco)
		require.NoError(t, err)
		require.Equal(t, "marco@nordnetz.example", added.Email)
		require.Equal(t, RoleMember, added.Role)
		require.Equal(t, map[hilft.BrandID]Role{h.brand(t): RoleAgent}, added.Roles)
		require.Equal(t, "de", added.Language, "that of who adds them")
		require.Equal(t, "MI", added.Initials, "MV is Mira's")

		_, err = h.AddAgent(As(t.Context(), mira), marco)
		require.Equal(t, "email", failed(t, err, hilft.Conflict, "agent.email.taken").Field)
		_, err = h.AddAgent(As(t.Context(), added), marco)
		failed(t, err, hilft.Forbidden, "access.administrator_only")
		added.Role = RoleAdministrator // what a context claims is not believed where it counts
		_, err = h.AddAgent(As(t.Context(), added), Newcomer{Email: "x@example.org", Name: "X", Password: "ein langes Wort voran"})
		failed(t, err, hilft.Forbidden, "access.administrator_only")

		all, err := h.Agents(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, []string{"Mira Vogel", "Marco Vidal"}, []string{all[0].Name, all[1].Name})
		_, err = h.Agent(t.Context(), "nobody")
		failed(t, err, hilft.NotFound, "agent.not_found")
	})
}

func TestWhatSomebodyIsInABrandIsSaidByAnAdministrator(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx, nordnetz := As(t.Context(), mira), h.brand(t)
		marco, err := h.AddAgent(ctx, Newcomer{Email: "marco@example.org", Name: "Marco", Password: miraPassword, Role: RoleReader, Brand: nordnetz})
		require.NoError(t, err)
		suednetz, err := h.AddBrand(ctx, Brand{Name: "Südnetz", Language: "de"})
		require.NoError(t, err)
		require.Equal(t, 60, suednetz.AnswerIn)

		both, err := h.SetRole(ctx, marco.ID, suednetz.ID, RoleLead)
		require.NoError(t, err)
		require.Equal(t, map[hilft.BrandID]Role{nordnetz: RoleReader, suednetz.ID: RoleLead}, both.Roles)
		see := both.Sight()
		require.True(t, see.May(suednetz.ID, Lead))
		require.True(t, see.May(nordnetz, Read))
		require.False(t, see.May(nordnetz, Note))
		require.False(t, see.May("another", Read))

		out, err := h.SetRole(ctx, marco.ID, nordnetz, "")
		require.NoError(t, err)
		require.False(t, out.Sight().May(nordnetz, Read))
		kept, err := h.Agent(ctx, marco.ID)
		require.NoError(t, err)
		require.Equal(t, out, kept)

		runs, err := h.SetRole(ctx, marco.ID, nordnetz, RoleAdministrator)
		require.NoError(t, err)
		require.True(t, runs.Sight().May(nordnetz, Lead))
		require.True(t, runs.Sight().May("made later", Lead), "an administrator sees what is made later, too")
		again, err := h.SetRole(ctx, marco.ID, nordnetz, RoleReviewer)
		require.NoError(t, err)
		require.Equal(t, RoleMember, again.Role)
		require.Equal(t, RoleReviewer, again.Sight().Role(nordnetz))
		require.Equal(t, RoleLead, again.Sight().Role(suednetz.ID), "what they were before")

		_, err = h.SetRole(ctx, mira.ID, nordnetz, RoleReader)
		failed(t, err, hilft.Conflict, "agent.role.self")
		_, err = h.SetRole(As(t.Context(), marco), mira.ID, nordnetz, RoleReader)
		failed(t, err, hilft.Forbidden, "access.administrator_only")
		_, err = h.SetRole(ctx, "nobody", nordnetz, RoleReader)
		failed(t, err, hilft.NotFound, "agent.not_found")
		_, err = h.SetRole(ctx, marco.ID, "another", RoleReader)
		failed(t, err, hilft.NotFound, "brand.not_found")
		for _, role := range []Role{"king", RoleMember} {
			_, err = h.SetRole(ctx, marco.ID, nordnetz, role)
			failed(t, err, hilft.Invalid, "agent.role.unknown")
		}
		require.NoError(t, h.CloseAgent(ctx, marco.ID))
		_, err = h.SetRole(ctx, marco.ID, nordnetz, RoleLead)
		failed(t, err, hilft.NotFound, "agent.not_found")
		gone, err := h.Agent(ctx, marco.ID)
		require.NoError(t, err)
		require.False(t, gone.Sight().MaySomewhere(Read), "who has left sees nothing")
	})
}

// unsigned are the letters of a brand that has not decided about any.
var unsigned = Letters{SignsPublic: signsNot, SignsPrivate: signsNot}

func TestABrandIsChangedByAnAdministrator(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx, id := As(t.Context(), mira), h.brand(t)
		require.NoError(t, h.ChangeBrand(ctx, Brand{ID: id, Name: "Nordnetz & Co", Language: "en", AnswerIn: 30}))
		b, err := h.Brand(ctx, id)
		require.NoError(t, err)
		require.Equal(t, Brand{ID: id, Name: "Nordnetz & Co", Language: "en", AnswerIn: 30, Letters: unsigned}, b)
		failed(t, h.ChangeBrand(ctx, Brand{ID: "another", Name: "X", Language: "de"}), hilft.NotFound, "brand.not_found")
		for say, wrong := range map[string]Brand{
			"brand.name.empty": {Language: "de"}, "brand.language.unknown": {Name: "X", Language: "fr"}, "brand.answer_in.range": {Name: "X", Language: "de", AnswerIn: -1},
		} {
			wrong.ID = id
			failed(t, h.ChangeBrand(ctx, wrong), hilft.Invalid, say)
			_, err := h.AddBrand(ctx, wrong)
			failed(t, err, hilft.Invalid, say)
		}
		lead, err := h.AddAgent(ctx, Newcomer{Email: "marco@example.org", Name: "Marco", Password: miraPassword, Role: RoleLead, Brand: id})
		require.NoError(t, err)
		failed(t, h.ChangeBrand(As(t.Context(), lead), b), hilft.Forbidden, "access.administrator_only")
		_, err = h.AddBrand(As(t.Context(), lead), b)
		failed(t, err, hilft.Forbidden, "access.administrator_only")
		require.NoError(t, h.SetLetters(As(t.Context(), lead), id, Letters{Signature: "{agent}"}))
		failed(t, h.SetLetters(As(t.Context(), lead), "another", Letters{}), hilft.NotFound, "brand.not_found")
		agent, err := h.SetRole(ctx, lead.ID, id, RoleAgent)
		require.NoError(t, err)
		failed(t, h.SetLetters(As(t.Context(), agent), id, Letters{}), hilft.Forbidden, "access.not_your_role")
	})
}

func TestAnAgentChangesTheirOwnSettings(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		_, err := h.Change(t.Context(), Changes{})
		failed(t, err, hilft.Unauthenticated, "session.missing")

		same, err := h.Change(ctx, Changes{})
		require.NoError(t, err)
		require.Equal(t, mira, same)

		changed, err := h.Change(ctx, Changes{Name: new("Mira Ö"), Initials: new("mö"), Language: new("en"), Scheme: new(SchemeDark)})
		require.NoError(t, err)
		want := mira
		want.Name, want.Initials, want.Language, want.Scheme = "Mira Ö", "MÖ", "en", SchemeDark
		require.Equal(t, want, changed)
		kept, err := h.Agent(ctx, mira.ID)
		require.NoError(t, err)
		require.Equal(t, want, kept)

		for say, c := range map[string]Changes{
			"agent.name.empty":       {Name: new("")},
			"agent.initials.invalid": {Initials: new("MIRA")},
			"agent.language.unknown": {Language: new("fr")},
			"agent.scheme.unknown":   {Scheme: new(Scheme("pink"))},
		} {
			_, err := h.Change(ctx, c)
			failed(t, err, hilft.Invalid, say)
		}
		kept, err = h.Agent(ctx, mira.ID)
		require.NoError(t, err)
		require.Equal(t, want, kept)
	})
}

func TestWhoLeavesIsOut(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		marco, err := h.AddAgent(ctx, Newcomer{Email: "marco@example.org", Name: "Marco", Password: miraPassword, Role: RoleAdministrator})
		require.NoError(t, err)
		sessions := h.Sessions()
		keepSession(t, h, sessions, "marco's", marco.ID)

		failed(t, h.CloseAgent(ctx, mira.ID), hilft.Conflict, "agent.close.self")
		failed(t, h.CloseAgent(ctx, "nobody"), hilft.NotFound, "agent.not_found")
		require.NoError(t, h.CloseAgent(ctx, marco.ID))
		require.NoError(t, h.CloseAgent(ctx, marco.ID))

		_, err = h.SignIn(t.Context(), marco.Email, miraPassword, office)
		failed(t, err, hilft.Unauthenticated, "session.wrong")
		_, found, err := sessions.Find("marco's")
		require.NoError(t, err)
		require.False(t, found)
		keepSession(t, h, sessions, "late", marco.ID) // a sign-in that was under way
		_, found, err = sessions.Find("late")
		require.NoError(t, err)
		require.False(t, found)
		failed(t, h.CloseAgent(As(t.Context(), marco), mira.ID), hilft.Forbidden, "access.administrator_only")
		_, err = h.Change(As(t.Context(), marco), Changes{Name: new("Still here")})
		failed(t, err, hilft.Unauthenticated, "session.missing")
		gone, err := h.Agent(t.Context(), marco.ID)
		require.NoError(t, err)
		require.Equal(t, h.clock.Now(), gone.ClosedAt)
	})
}

func TestOfTwoAdministratorsWhoCloseEachOtherOneStays(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		marco, err := h.AddAgent(As(t.Context(), mira), Newcomer{Email: "marco@example.org", Name: "Marco", Password: miraPassword, Role: RoleAdministrator})
		require.NoError(t, err)
		var wg sync.WaitGroup
		var errs [2]error
		wg.Go(func() { errs[0] = h.CloseAgent(As(t.Context(), mira), marco.ID) })
		wg.Go(func() { errs[1] = h.CloseAgent(As(t.Context(), marco), mira.ID) })
		wg.Wait()
		require.NotEqual(t, errs[0] == nil, errs[1] == nil)
		require.Equal(t, 1, storetest.Count(t, h.db, `SELECT count(*) FROM agent WHERE closed_at = 0`))
	})
}

func TestTheDatabaseRecognisesItsKeys(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		ours, err := newKeys()
		require.NoError(t, err)
		others, err := newKeys()
		require.NoError(t, err)
		require.NoError(t, h.Recognise(t.Context(), ours))
		require.NoError(t, h.Recognise(t.Context(), ours))
		require.ErrorIs(t, h.Recognise(t.Context(), others), ErrForeignKey)
		needs, err := h.NeedsSetUp(t.Context())
		require.NoError(t, err)
		require.True(t, needs)
	})
}

func TestLogsKnowNobody(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&b, nil))
	keys, err := newKeys()
	require.NoError(t, err)
	log.Info("all", "agent", Agent{ID: "id-1", Email: miraMail, Name: "Mira"},
		"newcomer", Newcomer{Email: miraMail, Password: miraPassword, Name: "Mira"},
		"administrator", Administrator{Email: miraMail, Password: miraPassword, Name: "Mira"}, "keys", keys)
	require.Contains(t, b.String(), "id-1")
	for _, secret := range []string{miraMail, miraPassword, "Mira"} {
		require.NotContains(t, b.String(), secret)
	}
	require.Equal(t, "keys keys keys", keysText(keys))
}

func TestNobodyActsInABareContext(t *testing.T) {
	t.Parallel()
	require.Zero(t, Actor(context.Background()))
	require.Equal(t, hilft.AgentID("id-1"), Actor(As(context.Background(), Agent{ID: "id-1"})).ID)
}
