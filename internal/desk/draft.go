// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// What somebody writes is kept here while they do, so that it is there on another device, and so that colleagues see it. It leaves no
// events: who wrote when is nobody's business. What is recorded is that somebody has taken a colleague's draft over.

// Draft is what somebody has begun to write in a case: one for the customer, one for colleagues.
type Draft struct {
	Brand   hilft.BrandID
	Case    hilft.CaseID
	Agent   hilft.AgentID
	Way     DraftWay
	Version string // a new one with every change
	Written
	ChangedAt time.Time
}

// DraftWay says for whom a draft is.
type DraftWay string

const (
	DraftReply DraftWay = "reply"
	DraftNote  DraftWay = "note"
)

// right is what somebody needs to write so.
func (w DraftWay) right() (access.Right, error) {
	switch w {
	case DraftReply:
		return access.Work, nil
	case DraftNote:
		return access.Note, nil
	}
	return "", hilft.FailField(hilft.Invalid, "draft.no_such_way", "way", nil)
}

// Written is what stands in a draft.
type Written struct {
	Text    string          `json:"text"`
	Subject string          `json:"subject,omitempty"`
	Warning *string         `json:"warning,omitempty"` // what it is folded behind; nil: as what it answers
	Files   []DraftFile     `json:"files,omitempty"`
	To      string          `json:"to,omitempty"`   // where it is to go, as its author's page names it
	Seen    hilft.MessageID `json:"seen,omitempty"` // the last message that was there when it was begun
}

// DraftFile is a file that was put up for a draft.
type DraftFile struct {
	Ticket string `json:"ticket"` // with which its author can send it
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Alt    string `json:"alt,omitempty"`
}

// Empty tells that nothing is written there.
func (w Written) Empty() bool {
	return w.Text == "" && w.Subject == "" && w.Warning == nil && len(w.Files) == 0
}

// before is a text with another one behind it.
func (w Written) before(o Written) Written {
	if strings.TrimSpace(o.Text) != "" {
		w.Text = strings.TrimRight(w.Text, "\n") + "\n\n" + o.Text
	}
	w.Subject = cmp.Or(w.Subject, o.Subject)
	w.Warning = cmp.Or(w.Warning, o.Warning)
	w.Files = append(w.Files, o.Files...)
	return w
}

const (
	draftKept  = 30 * 24 * time.Hour
	draftsMost = 50      // shown of one case
	draftMost  = 400_000 // bytes of one, with all that belongs to it; a text may have a hundred thousand characters
	draftSweep = 1000    // forgotten at once
)

// KeepDraft keeps what somebody has written in a case so far, over the version of it that they know; empty: there was none. It returns
// the draft as it is kept. One in which nothing is written is forgotten, and has no version. Conflict (draft.changed): there is another
// than they know, or none any more. To keep again what is kept changes nothing.
func (d *Desk) KeepDraft(ctx context.Context, see access.Sight, id hilft.CaseID, way DraftWay, known string, w Written) (Draft, error) {
	g := Draft{Case: id, Agent: see.Agent, Way: way, Written: w}
	right, err := way.right()
	if err != nil {
		return Draft{}, err
	}
	g.Text, g.Subject, g.To = clean(w.Text), clean(w.Subject), clean(w.To)
	written, err := json.Marshal(g.Written)
	if err != nil {
		return Draft{}, fmt.Errorf("desk: draft: %w", err)
	}
	if len(written) > draftMost {
		return Draft{}, hilft.FailField(hilft.TooLarge, "draft.too_long", "text", nil)
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := oneCase(ctx, tx, see, id)
		if err != nil {
			return err
		}
		if err := see.Demand(c.Brand, right, noSuchCase); err != nil {
			return err
		}
		g.Brand = c.Brand
		was, err := draftOf(ctx, tx, id, see.Agent, way)
		g.Version, g.ChangedAt = "", tx.Now()
		switch {
		case err != nil:
			return err
		case was.Version == "" && g.Empty():
			return nil
		case was.Version != "" && sameWritten(was.Written, written):
			g.Version, g.ChangedAt = was.Version, was.ChangedAt // the answer may have been lost
			return nil
		case was.Version != known:
			return hilft.Fail(hilft.Conflict, "draft.changed", nil)
		case g.Empty():
			return dropDraft(ctx, tx, g)
		}
		return putDraft(ctx, tx, &g, written, was.Version)
	})
	if err != nil {
		return Draft{}, fmt.Errorf("desk: draft: %w", err)
	}
	return g, nil
}

func sameWritten(was Written, written []byte) bool {
	b, err := json.Marshal(was)
	return err == nil && string(b) == string(written)
}

// putDraft writes a draft down in the place of a version of it; empty: there was none.
func putDraft(ctx context.Context, tx *store.Tx, g *Draft, written []byte, was string) error {
	g.Version = hilft.NewIDAt(tx.Now())
	n, err := tx.Exec(ctx, `INSERT INTO draft (case_id, agent_id, way, version, written, changed_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (case_id, agent_id, way) DO UPDATE SET version = excluded.version, written = excluded.written, changed_at = excluded.changed_at WHERE draft.version = ?`,
		string(g.Case), string(g.Agent), string(g.Way), g.Version, string(written), store.Micros(tx.Now()), was)
	if err == nil && n == 0 { // another came first, from another node
		err = hilft.Fail(hilft.Conflict, "draft.changed", nil)
	}
	return err
}

func dropDraft(ctx context.Context, tx *store.Tx, g Draft) error {
	_, err := tx.Exec(ctx, `DELETE FROM draft WHERE case_id = ? AND agent_id = ? AND way = ?`, string(g.Case), string(g.Agent), string(g.Way))
	return err
}

// sentDraft forgets a draft that has become a message, as its author knew it. Another version of it stays: nobody has sent that.
func sentDraft(ctx context.Context, tx *store.Tx, id hilft.CaseID, by hilft.AgentID, way DraftWay, version string) error {
	if version == "" {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM draft WHERE case_id = ? AND agent_id = ? AND way = ? AND version = ?`, string(id), string(by), string(way), version); err != nil {
		return fmt.Errorf("desk: draft: %w", err)
	}
	return nil
}

// Drafts are what is being written in a case, by whoever does.
func (d *Desk) Drafts(ctx context.Context, see access.Sight, id hilft.CaseID) (c Case, all []Draft, err error) {
	err = d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		if c, err = oneCase(ctx, tx, see, id); err == nil {
			all, err = draftsOf(ctx, tx, c)
		}
		return err
	})
	if err != nil {
		return Case{}, nil, fmt.Errorf("desk: drafts: %w", err)
	}
	return c, all, nil
}

// TakeDraft makes a colleague's draft one's own, in the version that one has seen: it stands before what one has begun oneself. carry
// gives a file to its new author; of one that is not there any more it says so. Invalid: it is one's own. NotFound: there is none.
// Conflict (draft.changed): they have written on.
func (d *Desk) TakeDraft(ctx context.Context, see access.Sight, id hilft.CaseID, way DraftWay, from hilft.AgentID, seen string, carry func(DraftFile) (DraftFile, bool)) (Draft, error) {
	var mine Draft
	right, err := way.right()
	if err != nil {
		return Draft{}, err
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := caseFor(ctx, tx, see, right, id)
		if err != nil {
			return err
		}
		if from == see.Agent {
			return hilft.FailField(hilft.Invalid, "draft.own", "agent_id", nil)
		}
		theirs, err := draftOf(ctx, tx, id, from, way)
		if err == nil && theirs.Version == "" {
			err = hilft.Fail(hilft.NotFound, "draft.not_found", nil)
		}
		if err == nil && theirs.Version != seen {
			err = hilft.Fail(hilft.Conflict, "draft.changed", nil)
		}
		if err != nil {
			return err
		}
		if mine, err = draftOf(ctx, tx, id, see.Agent, way); err != nil {
			return err
		}
		was := mine.Version
		var files []DraftFile
		for _, f := range theirs.Files {
			if f, still := carry(f); still {
				files = append(files, f)
			}
		}
		theirs.Files = files
		mine.Brand, mine.Written, mine.ChangedAt = c.Brand, theirs.before(mine.Written), tx.Now()
		written, err := json.Marshal(mine.Written)
		if err != nil {
			return err
		}
		if err := dropDraft(ctx, tx, theirs); err != nil {
			return err
		}
		if err := putDraft(ctx, tx, &mine, written, was); err != nil {
			return err
		}
		return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventDraftTaken, Brand: c.Brand, Case: c.ID, Subject: string(c.ID), Agent: see.Agent, Data: map[string]string{"of": string(from), "way": string(way)}})
	})
	if err != nil {
		return Draft{}, fmt.Errorf("desk: take draft: %w", err)
	}
	return mine, nil
}

// ForgetDrafts forgets drafts that nobody has touched for a month.
func (d *Desk) ForgetDrafts(ctx context.Context) error {
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM draft WHERE (case_id, agent_id, way) IN (SELECT case_id, agent_id, way FROM draft WHERE changed_at <= ? ORDER BY changed_at LIMIT ?)`,
			store.Micros(tx.Now().Add(-draftKept)), draftSweep)
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: forget drafts: %w", err)
	}
	return nil
}

// draftOf reads a draft that may be changed; without a version: there is none.
func draftOf(ctx context.Context, tx *store.Tx, id hilft.CaseID, by hilft.AgentID, way DraftWay) (Draft, error) {
	all, err := store.All(ctx, tx, draftColumns+`WHERE case_id = ? AND agent_id = ? AND way = ?`+tx.Lock(), []any{string(id), string(by), string(way)}, scanDraft)
	if err != nil || len(all) == 0 {
		return Draft{Case: id, Agent: by, Way: way}, err
	}
	return all[0], nil
}

// draftsOf reads the drafts of a case, in the order of their authors.
func draftsOf(ctx context.Context, tx *store.Tx, c Case) ([]Draft, error) {
	all, err := store.All(ctx, tx, draftColumns+`WHERE case_id = ? ORDER BY agent_id, way LIMIT ?`, []any{string(c.ID), draftsMost}, scanDraft)
	for i := range all {
		all[i].Brand = c.Brand
	}
	return all, err
}

const draftColumns = `SELECT case_id, agent_id, way, version, written, changed_at FROM draft `

func scanDraft(scan func(into ...any) error, g *Draft) error {
	var written string
	var at int64
	if err := scan(&g.Case, &g.Agent, &g.Way, &g.Version, &written, &at); err != nil {
		return err
	}
	g.ChangedAt = store.Time(at)
	return json.Unmarshal([]byte(written), &g.Written)
}
