// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
)

const (
	requestKept  = 24 * time.Hour
	requestFor   = time.Minute // how long a request that never answered keeps its key
	keyMost      = 200
	answerMost   = 256 << 10
	keyHeader    = "Idempotency-Key"
	replayHeader = "Idempotency-Replayed"
)

// once carries out a write with an Idempotency-Key one time: whoever asks again with the same key gets the first
// answer. It is what makes a second click, or a request repeated after a lost answer, harmless. Answers that say "not
// now" are not kept, nor are those that tell a secret.
func (a *API) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, me := r.Header.Get(keyHeader), access.Actor(r.Context())
		if key == "" || me.ID == "" || r.Method == http.MethodGet || r.Method == http.MethodHead || tellsSecrets(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if len(key) > keyMost || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
			a.fail(w, r, hilft.Fail(hilft.Invalid, "request.bad_key", nil))
			return
		}
		body, err := io.ReadAll(r.Body) // in memory already
		if err != nil {
			a.fail(w, r, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		q := request{agent: me.ID, key: key, hash: a.fingerprint(r, body)}
		known, err := a.begin(r.Context(), q)
		switch {
		case err != nil:
			a.fail(w, r, err)
		case known != nil:
			if known.contentType != "" {
				w.Header().Set("Content-Type", known.contentType)
			}
			w.Header().Set(replayHeader, "true")
			w.WriteHeader(known.status)
			_, _ = w.Write(known.body)
		default:
			a.record(w, r, next, q)
		}
	})
}

// fingerprint tells one request from another. It is made with a key of the house, for there are passwords among what is
// asked, and a plain hash of one can be guessed quickly by whoever reads the database.
func (a *API) fingerprint(r *http.Request, body []byte) string {
	mac := hmac.New(sha256.New, a.Keys.Derive("request", 32))
	mac.Write([]byte(r.Method + "\x00" + r.URL.RequestURI() + "\x00"))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

type request struct {
	agent hilft.AgentID
	key   string
	hash  string
}

type answer struct {
	status      int
	contentType string
	body        []byte
}

// begin takes the key for this request, or finds the answer that was given to it.
func (a *API) begin(ctx context.Context, q request) (known *answer, err error) {
	err = a.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		known = nil
		n, err := tx.Exec(ctx, `INSERT INTO request (agent_id, key, hash, status, type, body, at) VALUES (?, ?, ?, 0, '', ?, ?) ON CONFLICT DO NOTHING`,
			string(q.agent), q.key, q.hash, []byte{}, store.Micros(tx.Now()))
		if err != nil || n == 1 {
			return err
		}
		var hash string
		var at int64
		var k answer
		if err := tx.Row(ctx, `SELECT hash, status, type, body, at FROM request WHERE agent_id = ? AND key = ?`+tx.Lock(),
			[]any{string(q.agent), q.key}, &hash, &k.status, &k.contentType, &k.body, &at); err != nil {
			return err
		}
		switch {
		case hash != q.hash:
			return hilft.Fail(hilft.Invalid, "request.key_reused", nil)
		case k.status != 0:
			known = &k
			return nil
		case tx.Now().Sub(store.Time(at)) < requestFor:
			return hilft.Fail(hilft.Conflict, "request.in_progress", nil)
		}
		_, err = tx.Exec(ctx, `UPDATE request SET at = ? WHERE agent_id = ? AND key = ?`, store.Micros(tx.Now()), string(q.agent), q.key)
		return err
	})
	return known, err
}

// record passes the request on and keeps its answer.
func (a *API) record(w http.ResponseWriter, r *http.Request, next http.Handler, q request) {
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	settled := false
	defer func() { //nolint:contextcheck // it is the request's
		if !settled { // it panicked
			a.forget(r.Context(), q)
		}
	}()
	next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), keyOf{}, q.key)))
	settled = true
	if rec.status >= 500 || rec.status == http.StatusTooManyRequests || rec.status == http.StatusUnauthorized || rec.tooMuch {
		a.forget(r.Context(), q)
		return
	}
	ctx := context.WithoutCancel(r.Context())
	if err := a.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE request SET status = ?, type = ?, body = ? WHERE agent_id = ? AND key = ?`,
			rec.status, rec.Header().Get("Content-Type"), append([]byte{}, rec.body.Bytes()...), string(q.agent), q.key)
		return err
	}); err != nil {
		a.Log.ErrorContext(ctx, "keeping the answer of a request", "err", err)
	}
}

func (a *API) forget(ctx context.Context, q request) {
	ctx = context.WithoutCancel(ctx)
	if err := a.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM request WHERE agent_id = ? AND key = ? AND status = 0`, string(q.agent), q.key)
		return err
	}); err != nil {
		a.Log.ErrorContext(ctx, "forgetting a request", "err", err)
	}
}

// forgetUnanswered frees at once the keys of requests that a process before us began and never answered, where there can
// only be one process: whoever asks again after a crash is not told that it is still being done. What a request did
// before the crash is not done again: it is stored with its key.
func (a *API) forgetUnanswered(ctx context.Context) {
	if a.DB.Dialect() != store.SQLite {
		return
	}
	if err := a.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM request WHERE status = 0 AND at < ?`, store.Micros(a.made))
		return err
	}); err != nil && ctx.Err() == nil {
		a.Log.WarnContext(ctx, "freeing keys of requests; they are free in a minute", "err", err)
	}
}

func (a *API) forgetRequests(ctx context.Context) error {
	return a.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM request WHERE at < ?`, store.Micros(tx.Now().Add(-requestKept)))
		return err
	})
}

type keyOf struct{}

// requestKey is the Idempotency-Key under which a request is carried out; empty: it has none. What must not happen
// twice even if the house dies between doing it and keeping the answer stores the key with what it does.
func requestKey(ctx context.Context) string {
	key, _ := ctx.Value(keyOf{}).(string)
	return key
}

// recorder keeps an answer while it is given.
type recorder struct {
	http.ResponseWriter
	status  int
	body    bytes.Buffer
	tooMuch bool
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.body.Len()+len(b) > answerMost {
		r.tooMuch = true
	} else {
		r.body.Write(b)
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
