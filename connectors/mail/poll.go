// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/hilft/hilft/channel"
)

// Bounds of one batch.
const (
	batchMails = 100
	batchBytes = 32 << 20
)

// resync is how far before the last mail we heard of we look when the server has numbered its mails anew. Mails that
// come again have the key that they had.
const resync = 14 * 24 * time.Hour

// mark is our cursor: how far we have read.
type mark struct {
	Validity uint32    `json:"validity"` // of the numbers
	Next     imap.UID  `json:"next"`     // all below are read
	Heard    time.Time `json:"heard"`    // when the newest mail that was read had come
	// While Next is below Upto, mails that came before From are passed over: the first read, and the one after the
	// server has numbered its mails anew.
	Upto imap.UID  `json:"upto,omitempty"`
	From time.Time `json:"from,omitzero"`
}

// resume makes the mark fit the mailbox as it is now. A cursor that is none of ours begins anew.
func resume(cursor string, validity uint32, next imap.UID, since time.Time) mark {
	var at mark
	if err := json.Unmarshal([]byte(cursor), &at); err != nil {
		at = mark{}
	}
	if at.Next > 0 && at.Validity == validity {
		return at
	}
	from := since
	if known := at.Heard.Add(-resync); !at.Heard.IsZero() && known.After(from) {
		from = known
	}
	return mark{Validity: validity, Next: 1, Heard: at.Heard, Upto: next, From: from}
}

// Poll fetches what came after the cursor, without marking it as read.
func (l *line) Poll(ctx context.Context, cursor string) (channel.Batch, error) {
	ctx, end, err := l.begin(ctx, 5*time.Minute)
	if err != nil {
		return channel.Batch{}, err
	}
	defer end()
	m, err := l.signIn(ctx, nil)
	if err != nil {
		return channel.Batch{}, fmt.Errorf("mail: poll: %w", err)
	}
	defer m.close()
	batch, err := l.poll(ctx, m, cursor)
	if err != nil {
		return channel.Batch{}, fmt.Errorf("mail: poll: %w", l.means(because(ctx, err)))
	}
	return batch, nil
}

func (l *line) poll(ctx context.Context, m *mailbox, cursor string) (channel.Batch, error) {
	box, err := m.Select(l.set.folder, readOnly).Wait()
	if err != nil {
		return channel.Batch{}, err
	}
	if box.UIDNext == 0 {
		return channel.Batch{}, errors.New("the server does not tell UIDNEXT")
	}
	at := resume(cursor, box.UIDValidity, box.UIDNext, l.acc.Since)
	old := at.Next < at.Upto
	upto := box.UIDNext
	if old {
		upto = min(at.Upto, upto)
	}
	if at.Next >= upto && !old {
		return at.batch(nil, false)
	}
	uids, more, err := list(m, at, upto, old)
	if err != nil {
		return channel.Batch{}, err
	}
	letters, err := sizes(m, uids)
	if err != nil {
		return channel.Batch{}, err
	}
	silent := without(uids, letters)
	letters, cut := at.choose(letters, old)
	got, err := fetch(m, letters)
	if err != nil && got.n == 0 && ctx.Err() == nil {
		got, err = l.pass(ctx, at.Validity, letters, err)
	}
	if err != nil && got.n == 0 {
		return channel.Batch{}, err
	}
	if got.n < len(letters) {
		cut, letters = letters[got.n].uid, letters[:got.n]
	}
	raws := got.raws
	if blank := append(got.blank, silent...); len(blank) > 0 {
		late, err := l.lookAgain(ctx, at.Validity, blank)
		if err != nil {
			return channel.Batch{}, err
		}
		raws = append(raws, late...)
	}
	now := l.env.Now().UTC()
	for _, letter := range letters {
		if letter.came.After(at.Heard) && !letter.came.After(now) {
			at.Heard = letter.came
		}
	}
	switch {
	case cut > 0:
		at.Next, more = cut, true
	case more:
		at.Next = uids[len(uids)-1] + 1
	default:
		at.Next = max(at.Next, upto)
		if old {
			at.Upto, at.From = 0, time.Time{}
			more = box.UIDNext > at.Next
		}
	}
	return at.batch(raws, more)
}

func (at mark) batch(raws []channel.Raw, more bool) (channel.Batch, error) {
	cursor, err := json.Marshal(at)
	return channel.Batch{Raws: raws, Cursor: string(cursor), More: more}, err
}

// list returns the first numbers from the mark on, below upto, and whether there are more.
func list(m *mailbox, at mark, upto imap.UID, old bool) (uids []imap.UID, more bool, err error) {
	if at.Next >= upto {
		return nil, false, nil
	}
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: at.Next, Stop: upto - 1}}}}
	if old && !at.From.IsZero() {
		criteria.Since = at.From.Add(-24 * time.Hour) // the server knows days only, in its own time zone
	}
	found, err := m.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, false, err
	}
	set, _ := found.All.(imap.UIDSet)
	uids = firstOf(set, at.Next, upto, batchMails+1)
	if len(uids) > batchMails {
		return uids[:batchMails], true, nil
	}
	return uids, false, nil
}

// firstOf returns up to most numbers of a set, ascending. A server may name ranges of any size.
func firstOf(set imap.UIDSet, from, upto imap.UID, most int) []imap.UID {
	set = slices.Clone(set)
	slices.SortFunc(set, func(a, b imap.UIDRange) int { return int(int64(a.Start) - int64(b.Start)) })
	var uids []imap.UID
	for _, r := range set {
		for uid := max(r.Start, from); uid <= r.Stop && uid < upto && len(uids) < most; uid++ {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids)
}

// letter is a mail that is not fetched yet.
type letter struct {
	uid  imap.UID
	size int64
	came time.Time
}

func sizes(m *mailbox, uids []imap.UID) ([]letter, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	got, err := m.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}).Collect()
	if err != nil {
		return nil, err
	}
	var all []letter
	for _, g := range got {
		if slices.Contains(uids, g.UID) {
			all = append(all, letter{g.UID, g.RFC822Size, g.InternalDate.UTC()})
		}
	}
	slices.SortFunc(all, func(a, b letter) int { return int(int64(a.uid) - int64(b.uid)) })
	return slices.CompactFunc(all, func(a, b letter) bool { return a.uid == b.uid }), nil
}

// choose leaves out what is too old, and cuts where the batch would be too large; cut is then the first that is left.
func (at mark) choose(all []letter, old bool) (chosen []letter, cut imap.UID) {
	total := int64(0)
	for _, letter := range all {
		if old && letter.came.Before(at.From) {
			continue
		}
		size := letter.size
		if size > rawMax {
			size = oversizeCut
		}
		if total += size; total > batchBytes && len(chosen) > 0 {
			return chosen, letter.uid
		}
		chosen = append(chosen, letter)
	}
	return chosen, 0
}

// without are the mails that were named and of which nothing was said then.
func without(uids []imap.UID, letters []letter) (silent []letter) {
	for _, uid := range uids {
		if !slices.ContainsFunc(letters, func(l letter) bool { return l.uid == uid }) {
			silent = append(silent, letter{uid: uid})
		}
	}
	return silent
}

// fetched is what a server gave of mails that were asked for in the order of their numbers.
type fetched struct {
	raws  []channel.Raw
	blank []letter // of which it gave nothing
	n     int      // how many were dealt with: after an error, those before the first that did not come
}

// fetch reads mails in the order of their numbers.
func fetch(m *mailbox, letters []letter) (got fetched, err error) {
	var whole, large []imap.UID
	for _, letter := range letters {
		if letter.size > rawMax {
			large = append(large, letter.uid)
		} else {
			whole = append(whole, letter.uid)
		}
	}
	bodies := map[imap.UID]channel.Raw{}
	err = fetchBodies(m, whole, kindMail, nil, bodies)
	if err == nil {
		err = fetchBodies(m, large, kindOversize, &imap.SectionPartial{Size: oversizeCut}, bodies)
	}
	for _, letter := range letters {
		raw, ok := bodies[letter.uid]
		if !ok && err != nil {
			break
		}
		if ok {
			got.raws = append(got.raws, raw)
		} else {
			got.blank = append(got.blank, letter)
		}
		got.n++
	}
	return got, err
}

// lookAgain asks for mails of which the server gave nothing, on a connection of its own, which shows the mailbox as it is.
// Most have been deleted meanwhile. Those that are there, and cannot be had, are kept as deliveries that cannot be read.
func (l *line) lookAgain(ctx context.Context, validity uint32, blank []letter) ([]channel.Raw, error) {
	m, err := l.alone(ctx, validity)
	if err != nil {
		return nil, err
	}
	defer m.close()
	var uids []imap.UID
	for _, letter := range blank {
		uids = append(uids, letter.uid)
	}
	found, err := m.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(uids...)}}, nil).Wait()
	if err != nil {
		return nil, err
	}
	there, _ := found.All.(imap.UIDSet)
	blank = slices.DeleteFunc(blank, func(one letter) bool { return !there.Contains(one.uid) })
	if len(blank) == 0 {
		return nil, nil
	}
	got, err := fetch(m, blank)
	if err != nil && (ctx.Err() != nil || notNow(err)) {
		return nil, err
	}
	why := cmp.Or(err, errors.New("it names it, and gives nothing of it"))
	raws := got.raws
	for _, one := range append(got.blank, blank[got.n:]...) {
		raws = append(raws, unreadOf(validity, one, why))
	}
	return raws, nil
}

// pass gets past a mail that the server cannot give, as when its disk has lost it: it fails a second time, on a
// connection of its own, and the one behind it does not. It is kept as a delivery that cannot be read; else it would
// hold up all that came after it. What nothing waits behind is tried again.
func (l *line) pass(ctx context.Context, validity uint32, letters []letter, why error) (got fetched, err error) {
	if notNow(why) {
		return fetched{}, why
	}
	if got, err = l.fetchAlone(ctx, validity, letters[0]); err == nil || len(letters) == 1 {
		return got, err
	}
	behind, err := l.fetchAlone(ctx, validity, letters[1])
	if err != nil {
		return fetched{}, why
	}
	return fetched{append([]channel.Raw{unreadOf(validity, letters[0], why)}, behind.raws...), behind.blank, 2}, nil
}

// notNow tells that the server says no to everybody, for a while (RFC 5530).
func notNow(err error) bool {
	no, ok := errors.AsType[*imap.Error](err)
	return ok && slices.Contains([]imap.ResponseCode{
		imap.ResponseCodeLimit, imap.ResponseCodeOverQuota, imap.ResponseCodeUnavailable, imap.ResponseCodeInUse,
	}, no.Code)
}

// fetchAlone reads one mail on a connection of its own.
func (l *line) fetchAlone(ctx context.Context, validity uint32, one letter) (fetched, error) {
	m, err := l.alone(ctx, validity)
	if err != nil {
		return fetched{}, err
	}
	defer m.close()
	return fetch(m, []letter{one})
}

// alone opens the folder on a further connection. The caller closes it.
func (l *line) alone(ctx context.Context, validity uint32) (*mailbox, error) {
	m, err := l.signIn(ctx, nil)
	if err != nil {
		return nil, err
	}
	box, err := m.Select(l.set.folder, readOnly).Wait()
	if err == nil && box.UIDValidity != validity {
		err = errors.New("the server has numbered its mails anew meanwhile")
	}
	if err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// unreadOf tells of a mail that the server cannot give, so that somebody looks for it in the mailbox.
func unreadOf(validity uint32, one letter, why error) channel.Raw {
	what := fmt.Sprintf("the server does not give us the mail with the number (UID) %d", one.uid)
	if !one.came.IsZero() {
		what = fmt.Sprintf("the server does not give us the mail of %d bytes that came at %s (UID %d)", one.size, one.came.Format(time.RFC3339), one.uid)
	}
	return channel.Raw{
		Key:  fmt.Sprintf("unread:%d:%d", validity, one.uid),
		Kind: kindUnread,
		Body: []byte(what + ": " + detail(why)),
	}
}

func fetchBodies(m *mailbox, uids []imap.UID, kind string, part *imap.SectionPartial, into map[imap.UID]channel.Raw) error {
	if len(uids) == 0 {
		return nil
	}
	cmd := m.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{
		UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true, Partial: part}},
	})
	defer func() { _ = cmd.Close() }() // closed below, but for errors
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		var uid imap.UID
		var body []byte
		got := false
		for item := msg.Next(); item != nil; item = msg.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				uid = item.UID
			case imapclient.FetchItemDataBodySection:
				if item.Literal == nil {
					continue
				}
				b, err := io.ReadAll(io.LimitReader(item.Literal, rawMax+1))
				if err != nil {
					return err
				}
				body, got = b, true
			}
		}
		if got && slices.Contains(uids, uid) {
			into[uid] = rawOf(kind, body)
		}
	}
	return cmd.Close()
}

// rawOf makes a delivery of a mail. Its key is made of its bytes: neither numbers, which change when a mailbox is moved,
// nor the Message-ID, which two mails may share, would do. A mail that the server had called smaller than it is, is cut.
func rawOf(kind string, body []byte) channel.Raw {
	if len(body) > rawMax {
		kind, body = kindOversize, body[:oversizeCut]
	}
	sum := sha256.Sum256(body)
	return channel.Raw{Key: hex.EncodeToString(sum[:]), Kind: kind, Lane: laneOf(body), Body: body}
}

// laneOf names the conversation in whose order a mail is read: that of its oldest reference.
func laneOf(body []byte) string {
	head, _, ok := cutHeader(body, maxHeader)
	if !ok {
		return ""
	}
	header, err := readHeader(head)
	if err != nil {
		return ""
	}
	for _, name := range []string{"References", "In-Reply-To", "Message-Id"} {
		if ids := idsIn(first(header, name)); len(ids) > 0 {
			return threadOf(ids[0])
		}
	}
	return ""
}
