// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

const again = "Idempotency-Key"

// ours counts what we have said in a case.
func ours(t *testing.T, db *store.DB, caseID string) int {
	t.Helper()
	return storetest.Count(t, db, `SELECT COUNT(*) FROM message WHERE case_id = ? AND direction = 'outbound' AND agent_id <> 'x'`, caseID)
}

func (s *scene) reply(text string) (path string, body m) {
	return "/api/cases/" + s.own.caseID + "/replies", m{"conversation_id": s.own.talk, "visibility": "private", "text": text, "seen": s.own.message, "anyway": true}
}

func TestASecondClickChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		path, body := s.reply("Einmal genügt.")
		first := s.ben.say(http.MethodPost, path, body, again, "one")
		require.Equal(t, 201, first.status, first.body)
		require.Empty(t, first.header.Get("Idempotency-Replayed"))
		second := s.ben.say(http.MethodPost, path, body, again, "one")
		require.Equal(t, 201, second.status)
		require.Equal(t, first.body, second.body)
		require.Equal(t, first.header.Get("Content-Type"), second.header.Get("Content-Type"))
		require.Equal(t, "true", second.header.Get("Idempotency-Replayed"))
		require.Equal(t, 1, ours(t, db, s.own.caseID))

		// The key is the agent's own, and means this request.
		body["text"] = "Etwas anderes."
		require.Equal(t, "request.key_reused", refused(t, s.ben.say(http.MethodPost, path, body, again, "one"), 422).Code)
		require.Equal(t, "request.key_reused", refused(t, s.ben.say(http.MethodPost, "/api/cases/"+s.own.caseID+"/notes", m{"text": "x"}, again, "one"), 422).Code)
		require.Equal(t, 201, s.rosa.say(http.MethodPost, path, body, again, "one").status)
		require.Equal(t, 2, ours(t, db, s.own.caseID))

		// A refusal is an answer too, and so is one without words.
		body["text"] = " "
		require.Equal(t, 422, s.ben.say(http.MethodPost, path, body, again, "two").status)
		require.Equal(t, "true", s.ben.say(http.MethodPost, path, body, again, "two").header.Get("Idempotency-Replayed"))
		acc := s.connect(t, s.brand(t), "gone", s.shop)
		for _, replayed := range []string{"", "true"} {
			a := s.rosa.say(http.MethodDelete, "/api/accounts/"+string(acc.ID), nil, again, "three")
			require.Equal(t, 204, a.status, a.body)
			require.Equal(t, replayed, a.header.Get("Idempotency-Replayed"))
		}
		for _, key := range []string{strings.Repeat("x", 201), "a b", "\xff\xfe", "ü"} {
			require.Equal(t, "request.bad_key", refused(t, s.ben.say(http.MethodPost, path, body, again, key), 422).Code)
		}
		// Reading needs no key, and keeps no answer.
		require.Empty(t, s.ben.say(http.MethodGet, "/api/me", nil, again, "four").header.Get("Idempotency-Replayed"))
		require.Empty(t, s.ben.say(http.MethodGet, "/api/me", nil, again, "four").header.Get("Idempotency-Replayed"))
	})
}

func TestSixteenClicksAreOneMessage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		path, body := s.reply("Sechzehnmal geklickt.")
		answers := make([]answer, 16)
		var wg sync.WaitGroup
		ready := make(chan struct{})
		for i := range answers {
			wg.Go(func() {
				<-ready
				answers[i], _ = s.ben.try(http.MethodPost, path, body, again, "click")
			})
		}
		close(ready)
		wg.Wait()
		said := 0
		for _, a := range answers {
			switch a.status {
			case 201:
				said++
			default:
				require.Equal(t, "request.in_progress", refused(t, a, 409).Code)
			}
		}
		require.NotZero(t, said)
		require.Equal(t, 1, ours(t, db, s.own.caseID))
		// Without a key, every click counts.
		for range 2 {
			require.Equal(t, 201, s.ben.say(http.MethodPost, path, body).status)
		}
		require.Equal(t, 3, ours(t, db, s.own.caseID))
	})
}

// The house dies after it has written a message and before it has kept the answer; the browser asks again.
func TestAReplyWhoseAnswerWasLostIsWrittenOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		path, body := s.reply("Verloren und wiedergefunden.")
		note := "/api/cases/" + s.own.caseID + "/notes"
		said := as[messageAnswer](t, s.ben.say(http.MethodPost, path, body, again, "lost"), 201)
		noted := as[messageAnswer](t, s.ben.say(http.MethodPost, note, m{"text": "Notiz"}, again, "note"), 201)
		s.change(t, `DELETE FROM request`)
		require.Equal(t, said.ID, as[messageAnswer](t, s.ben.say(http.MethodPost, path, body, again, "lost"), 201).ID)
		require.Equal(t, noted.ID, as[messageAnswer](t, s.ben.say(http.MethodPost, note, m{"text": "Notiz"}, again, "note"), 201).ID)

		// Dead for a while: the row is there, without an answer. At first it may still be at work, later it is not.
		s.change(t, `UPDATE request SET status = 0 WHERE key = 'lost'`)
		require.Equal(t, "request.in_progress", refused(t, s.ben.say(http.MethodPost, path, body, again, "lost"), 409).Code)
		s.change(t, `UPDATE request SET at = ? WHERE key = 'lost'`, store.Micros(time.Now().Add(-2*time.Minute)))
		require.Equal(t, said.ID, as[messageAnswer](t, s.ben.say(http.MethodPost, path, body, again, "lost"), 201).ID)
		require.Equal(t, 1, ours(t, db, s.own.caseID))
		require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM message WHERE direction = 'note'`))
	})
}

// Who reads the database finds nothing by which to guess the password that somebody was given.
func TestAKeptRequestTellsNoPassword(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	body := []byte(`{"name":"Neu","email":"neu@nordnetz.example","password":"` + password + `"}`)
	require.Equal(t, 201, s.rosa.say(http.MethodPost, "/api/agents", body, again, "new").status)
	plain := sha256.Sum256(append([]byte("POST\x00/api/agents\x00"), body...))
	require.Equal(t, 1, storetest.Count(t, s.db, `SELECT COUNT(*) FROM request WHERE key = 'new'`))
	require.Zero(t, storetest.Count(t, s.db, `SELECT COUNT(*) FROM request WHERE hash = ?`, hex.EncodeToString(plain[:])))
}

// What could not be done is done when it is asked for again.
func TestAFaultIsNotKeptAsAnAnswer(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	path, body := s.reply("Beim zweiten Mal.")
	s.change(t, `ALTER TABLE message RENAME TO elsewhere`)
	p := refused(t, s.ben.say(http.MethodPost, path, body, again, "fault"), 500)
	require.Equal(t, problem{Status: 500, Title: "Internal Server Error", Code: "internal"}, p)
	s.change(t, `ALTER TABLE elsewhere RENAME TO message`)
	a := s.ben.say(http.MethodPost, path, body, again, "fault")
	require.Equal(t, 201, a.status, a.body)
	require.Empty(t, a.header.Get("Idempotency-Replayed"))
	require.Contains(t, s.log.String(), "a request failed")
}

// What nobody asks for any more is forgotten; so is, when the house opens again, what it never answered before it died.
func TestOldAnswersAreSweptUp(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	require.NoError(t, db.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		for key, kept := range map[string]struct {
			age    time.Duration
			status int
		}{"old": {25 * time.Hour, 200}, "new": {time.Hour, 200}, "never answered": {time.Second, 0}} {
			if _, err := tx.Exec(ctx, `INSERT INTO request (agent_id, key, hash, status, type, body, at) VALUES (?, ?, '', ?, '', ?, ?)`,
				hilft.NewID(), key, kept.status, []byte{}, store.Micros(tx.Now().Add(-kept.age))); err != nil {
				return err
			}
		}
		return nil
	}))
	h := openHouseOn(t, db)
	h.until(t, func() bool { return storetest.Count(t, db, `SELECT COUNT(*) FROM request WHERE key <> 'new'`) == 0 })
	require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM request`))
}
