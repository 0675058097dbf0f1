// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/switchboard"
)

var source = switchboard.Source{Account: "acc", Brand: "nordnetz", Network: "plaza"}

type house struct {
	db    *store.DB
	in    *Intake
	desk  *desk.Desk
	clock *storetest.Clock
	blobs *blob.Folder
}

func inHouse(t *testing.T, test func(t *testing.T, h *house)) {
	storetest.EachAt(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		log := slog.New(slog.DiscardHandler)
		b, err := bus.Open(t.Context(), bus.Options{Log: log})
		require.NoError(t, err)
		t.Cleanup(b.Close)
		blobs, err := blob.Open(t.TempDir())
		require.NoError(t, err)
		d := desk.New(db, jobs.New(db, b, log), func(context.Context, *store.Tx, hilft.BrandID) (time.Duration, error) { return time.Hour, nil })
		test(t, &house{db, New(blobs, d, clock.Now), d, clock, blobs})
	})
}

// take lets an item find its place, and reads the message that it became.
func (h *house) take(t *testing.T, it channel.Item) (desk.Message, error) {
	t.Helper()
	p, err := h.in.Prepare(t.Context(), source, it)
	if err != nil {
		return desk.Message{}, err
	}
	if err := h.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return h.in.Take(ctx, tx, source, p) }); err != nil {
		return desk.Message{}, err
	}
	var id hilft.MessageID
	require.NoError(t, h.db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT id FROM message ORDER BY id DESC LIMIT 1`, nil, &id)
	}))
	return h.desk.Message(t.Context(), access.House(), id)
}

func said(id string) channel.Item {
	return channel.Item{
		Kind: channel.Said, ID: id, At: storetest.NewClock().Now().Add(-time.Minute), Visibility: hilft.Public, Text: "Hello",
		From: channel.Author{ID: "mira", Name: "Mira", Handle: "@mira"},
	}
}

func TestAMentionBecomesACase(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		it := said("1")
		it.URL = "https://plaza.example/1"
		m, err := h.take(t, it)
		require.NoError(t, err)
		require.Equal(t, []any{"Hello", "Mira", "@mira", "https://plaza.example/1"}, []any{m.Body, m.AuthorName, m.AuthorHandle, m.URL})
		tl, err := h.desk.Case(t.Context(), access.House(), m.Case)
		require.NoError(t, err)
		require.Equal(t, hilft.Open, tl.Case.State)
		require.Equal(t, "Mira", tl.Person.Name)

		edit := channel.Item{Kind: channel.Edited, ID: "1", At: h.clock.Now(), Text: "Hello?\x00"}
		m, err = h.take(t, edit)
		require.NoError(t, err)
		require.Equal(t, "Hello?", m.Body)
		m, err = h.take(t, channel.Item{Kind: channel.Deleted, ID: "1", At: h.clock.Now()})
		require.NoError(t, err)
		require.Empty(t, m.Body)
		require.False(t, m.DeletedAt.IsZero())

		ours := said("2")
		ours.From = channel.Author{ID: "us", Us: true}
		m, err = h.take(t, ours)
		require.NoError(t, err)
		require.Equal(t, hilft.Outbound, m.Direction)
		require.Equal(t, 1, storetest.Count(t, h.db, `SELECT COUNT(*) FROM person`), "we are nobody's customer")
	})
}

func TestHostileItemsAreKeptWithinBounds(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		bad := "a\x00\xff" + strings.Repeat("ä🙂", 1<<20)
		it := said("bad\x00id")
		it.Text, it.Subject, it.Quoted, it.HTML = bad, bad, bad, bad
		it.Thread, it.Refs = bad, []string{"", "\x00", bad, "r\x00"}
		it.URL = "javascript:alert(1)"
		it.From = channel.Author{ID: bad, Handle: bad, Name: bad, URL: "data:text/html,x"}
		it.At = h.clock.Now().Add(100 * 24 * time.Hour)
		for i := range 1000 {
			it.Refs = append(it.Refs, fmt.Sprint(i))
			it.Attachments = append(it.Attachments, channel.Attachment{Name: "../" + fmt.Sprint(i) + "\x00.txt", Type: bad[:100], Alt: bad[:5000], Data: []byte("file")})
		}
		it.Attachments[1] = channel.Attachment{Name: "far", URL: "https://plaza.example/far\x00"}
		it.Attachments[2] = channel.Attachment{Name: "near", URL: "https://plaza.example/near"}
		m, err := h.take(t, it)
		require.NoError(t, err)
		for _, s := range []string{m.Body, m.Subject, m.Quoted, m.HTML, m.Remote, m.AuthorName, m.AuthorHandle, m.AuthorURL} {
			require.True(t, utf8.ValidString(s) && !strings.ContainsRune(s, 0))
			require.LessOrEqual(t, len(s), htmlMost+8)
		}
		require.LessOrEqual(t, len(m.Body), textMost+8)
		require.Empty(t, m.URL)
		require.Empty(t, m.AuthorURL)
		require.Equal(t, h.clock.Now(), m.At, "nothing was said tomorrow")
		require.Len(t, m.Files, channel.AttachmentsMost+1)
		require.Equal(t, "message.txt", m.Files[channel.AttachmentsMost].Name, "what is not shown is attached")
		require.NotContains(t, m.Files[0].Name, "/")
		require.Empty(t, m.Files[1].URL)
		require.Equal(t, "https://plaza.example/near", m.Files[2].URL)
		b, err := h.blobs.Get(t.Context(), m.Files[0].Hash)
		require.NoError(t, err)
		require.NoError(t, b.Close())
		tl, err := h.desk.Case(t.Context(), access.House(), m.Case)
		require.NoError(t, err)
		require.LessOrEqual(t, utf8.RuneCountInString(tl.Case.Title), 80)
	})
}

func TestIdsThatDifferStayDifferent(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		long := strings.Repeat("x", 2000)
		for _, id := range []string{"ab", "a\x00b", "a\xffb", "a\xfeb", long + "1", long + "2", long} {
			_, err := h.take(t, said(id))
			require.NoError(t, err)
		}
		require.Equal(t, 7, storetest.Count(t, h.db, `SELECT COUNT(*) FROM message`), "a message was taken for another")
		_, err := h.take(t, said(long))
		require.NoError(t, err)
		require.Equal(t, 7, storetest.Count(t, h.db, `SELECT COUNT(*) FROM message`), "the same message twice")
		answer := said("answer")
		answer.Refs = []string{long + "1"}
		m, err := h.take(t, answer)
		require.NoError(t, err)
		require.Equal(t, 2, storetest.Count(t, h.db, `SELECT COUNT(*) FROM message WHERE conversation_id = ?`, string(m.Conversation)), "who is answered is found by the same id")
	})
}

func TestWhatHasNoNameIsNotTakenForSomethingElse(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		_, err := h.take(t, said("\x00"))
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		it := said("1")
		it.From.ID = "\x00"
		_, err = h.take(t, it)
		require.Equal(t, hilft.Invalid, hilft.KindOf(err))
		require.Zero(t, storetest.Count(t, h.db, `SELECT COUNT(*) FROM message`))
	})
}

func TestAClockThatWasNeverSetDoesNotHideACustomer(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		for i, at := range []time.Time{time.Unix(0, 0), {}, time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
			it := said(fmt.Sprint(i))
			it.At = at
			m, err := h.take(t, it)
			require.NoError(t, err)
			c, err := h.desk.Row(t.Context(), access.House(), m.Case)
			require.NoError(t, err)
			require.Equal(t, []any{hilft.Open, h.clock.Now()}, []any{c.State, m.At}, "%v", at)
		}
	})
}
