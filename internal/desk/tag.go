// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// Tag is a word of a brand for what cases belong to.
type Tag struct {
	ID    hilft.TagID
	Brand hilft.BrandID
	Name  string
	goes  bool // it is being taken off its cases
	into  hilft.TagID
}

// Tagging are a brand's tags, by name, and who makes new ones.
type Tagging struct {
	Tags   []Tag
	Closed bool // only its leads do
}

// What a brand and a case may have.
const (
	tagMost   = 40  // runes of a name
	tagsMost  = 500 // of a brand
	taggedBy  = 20  // of a case
	tagBatch  = 300 // cases in one transaction: others want to write, too
	tagChange = `desk: tag: %w`
)

var noSuchTag = hilft.FailField(hilft.NotFound, "tag.not_found", "tag", nil)

// tagsOf reads what a case's column holds.
func tagsOf(s string) []hilft.TagID {
	var all []hilft.TagID
	for id := range strings.FieldsSeq(s) {
		all = append(all, hilft.TagID(id))
	}
	return all
}

// tagNamed is a tag's name as it is kept, and by what two are one. Invalid: it shows nothing, or is too long.
func tagNamed(name string) (kept, folded string, err error) {
	kept = people.CleanName(name)
	switch {
	case kept == "":
		return "", "", hilft.FailField(hilft.Invalid, "tag.nothing", "name", nil)
	case utf8.RuneCountInString(kept) > tagMost:
		return "", "", hilft.FailField(hilft.Invalid, "tag.long", "name", nil)
	}
	return kept, cases.Fold().String(kept), nil
}

const tagColumns = `SELECT id, brand_id, name, goes, into_id FROM tag `

func scanTag(scan func(into ...any) error, t *Tag) error {
	var goes int
	err := scan(&t.ID, &t.Brand, &t.Name, &goes, &t.into)
	t.goes = goes == 1
	return err
}

// tagsTurn lets those who give tags to cases work side by side, and whoever changes the tags of a brand, alone.
func tagsTurn(ctx context.Context, tx *store.Tx, brand hilft.BrandID, changes bool) error {
	if tx.Dialect() != store.Postgres {
		return nil
	}
	q := `SELECT pg_advisory_xact_lock_shared(CAST(? AS BIGINT))`
	if changes {
		q = `SELECT pg_advisory_xact_lock(CAST(? AS BIGINT))`
	}
	if _, err := tx.Exec(ctx, q, turn("", "tags\x00"+string(brand))); err != nil {
		return fmt.Errorf("desk: turns: %w", err)
	}
	return nil
}

// Tagging reads a brand's tags.
func (d *Desk) Tagging(ctx context.Context, see access.Sight, brand hilft.BrandID) (all Tagging, err error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return Tagging{}, err
	}
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if all.Tags, err = store.All(ctx, tx, tagColumns+`WHERE brand_id = ? AND goes = 0 ORDER BY folded`, []any{string(brand)}, scanTag); err != nil {
			return err
		}
		all.Closed, err = closedTagging(ctx, tx, brand)
		return err
	})
	if err != nil {
		return Tagging{}, fmt.Errorf("desk: tags: %w", err)
	}
	return all, nil
}

func closedTagging(ctx context.Context, tx *store.Tx, brand hilft.BrandID) (bool, error) {
	var closed int
	err := tx.Row(ctx, `SELECT closed FROM tagging WHERE brand_id = ?`, []any{string(brand)}, &closed)
	if store.IsNoRows(err) {
		err = nil
	}
	return closed == 1, err
}

// TagNames reads the tags of all brands, for whoever shows cases: one that is becoming another is shown as that, and one that goes
// not at all.
func (d *Desk) TagNames(ctx context.Context) (map[hilft.TagID]Tag, error) {
	all := map[hilft.TagID]Tag{}
	err := d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Rows(ctx, tagColumns, nil, func(scan func(into ...any) error) error {
			var t Tag
			err := scanTag(scan, &t)
			all[t.ID] = t
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("desk: tags: %w", err)
	}
	shown := map[hilft.TagID]Tag{}
	for id, t := range all {
		for t.goes && t.into != "" { // never in a circle: what goes is nobody's heir
			t = all[t.into]
		}
		if t.ID != "" && !t.goes {
			shown[id] = t
		}
	}
	return shown, nil
}

// CloseTagging says whether only leads make new tags; a brand's leads may.
func (d *Desk) CloseTagging(ctx context.Context, see access.Sight, brand hilft.BrandID, closed bool) error {
	if err := see.Demand(brand, access.Lead, noSuchBrand); err != nil {
		return err
	}
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO tagging (brand_id, closed) VALUES (?, ?) ON CONFLICT (brand_id) DO UPDATE SET closed = excluded.closed`, string(brand), store.Bit(closed)); err != nil {
			return err
		}
		data := map[string]string{"closed": strconv.FormatBool(closed)}
		if err := audit.Write(ctx, tx, audit.Entry{Brand: brand, Who: see.Agent, What: audit.TaggingSet, About: string(brand), Detail: data}); err != nil {
			return err
		}
		return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventTagsChanged, Brand: brand, Agent: see.Agent, Data: data})
	})
	if err != nil {
		return fmt.Errorf(tagChange, err)
	}
	return nil
}

// Tag gives a case tags by their names, and takes others off it. A name that the brand does not have becomes a tag, unless its leads
// have kept that for themselves: then it is Invalid (tag.closed). Invalid: a name, or there are too many.
func (d *Desk) Tag(ctx context.Context, see access.Sight, id hilft.CaseID, add []string, remove []hilft.TagID) (Acted, error) {
	return d.alter(ctx, see, id, "tag", func(ctx context.Context, tx *store.Tx, c *Case) (*jobs.Event, error) {
		if err := tagsTurn(ctx, tx, c.Brand, false); err != nil {
			return nil, err
		}
		to := slices.DeleteFunc(slices.Clone(c.Tags), func(t hilft.TagID) bool { return slices.Contains(remove, t) })
		var added, removed []string
		for _, name := range add {
			t, err := d.tagFor(ctx, tx, see, c.Brand, name)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(to, t.ID) {
				to = append(to, t.ID)
				added = append(added, t.Name)
			}
		}
		if len(to) > taggedBy {
			return nil, hilft.FailField(hilft.Invalid, "tag.too_many_here", "add", nil)
		}
		for _, t := range c.Tags {
			if !slices.Contains(to, t) {
				var name string
				if err := tx.Row(ctx, `SELECT name FROM tag WHERE id = ?`, []any{string(t)}, &name); err != nil && !store.IsNoRows(err) {
					return nil, err
				}
				removed = append(removed, name)
			}
		}
		if slices.Equal(to, c.Tags) {
			return nil, nil
		}
		e := c.act(hilft.EventCaseTagged, see.Agent, map[string]string{
			"from": strings.Join(texts(c.Tags), " "), "to": strings.Join(texts(to), " "), "added": strings.Join(added, ", "), "removed": strings.Join(removed, ", "),
		})
		c.Tags = to
		return &e, nil
	})
}

// tagFor finds a brand's tag by its name, or makes it.
func (d *Desk) tagFor(ctx context.Context, tx *store.Tx, see access.Sight, brand hilft.BrandID, name string) (Tag, error) {
	kept, folded, err := tagNamed(name)
	if err != nil {
		return Tag{}, fieldIn(err, "add.")
	}
	all, err := store.All(ctx, tx, tagColumns+`WHERE brand_id = ? AND folded = ?`, []any{string(brand), folded}, scanTag)
	if err != nil || len(all) == 1 {
		return append(all, Tag{})[0], err
	}
	closed, err := closedTagging(ctx, tx, brand)
	if err != nil {
		return Tag{}, err
	}
	if closed && !see.May(brand, access.Lead) {
		return Tag{}, hilft.FailField(hilft.Invalid, "tag.closed", "add", nil)
	}
	var many int
	if err := tx.Row(ctx, `SELECT COUNT(*) FROM tag WHERE brand_id = ?`, []any{string(brand)}, &many); err != nil {
		return Tag{}, err
	}
	if many >= tagsMost {
		return Tag{}, hilft.FailField(hilft.Invalid, "tag.too_many", "add", nil)
	}
	// Somebody else may make it at this moment: then it is theirs.
	t := Tag{ID: hilft.TagID(hilft.NewID()), Brand: brand, Name: kept}
	if _, err := tx.Exec(ctx, `INSERT INTO tag (id, brand_id, name, folded, goes, into_id, made_at) VALUES (?, ?, ?, ?, 0, '', ?) ON CONFLICT (brand_id, folded) DO NOTHING`,
		string(t.ID), string(brand), kept, folded, store.Micros(tx.Now())); err != nil {
		return Tag{}, err
	}
	all, err = store.All(ctx, tx, tagColumns+`WHERE brand_id = ? AND folded = ?`, []any{string(brand), folded}, scanTag)
	if err != nil || len(all) == 0 {
		return Tag{}, err
	}
	if all[0].ID != t.ID {
		return all[0], nil
	}
	return t, d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventTagsChanged, Brand: brand, Subject: string(t.ID), Agent: see.Agent, Data: map[string]string{"to": kept}})
}

// changeTag lets a brand's lead change one of its tags.
func (d *Desk) changeTag(ctx context.Context, see access.Sight, id hilft.TagID, what audit.What, fn func(ctx context.Context, tx *store.Tx, t Tag) (map[string]string, error)) error {
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		find := func() (Tag, error) {
			all, err := store.All(ctx, tx, tagColumns+`WHERE id = ? AND goes = 0`, []any{string(id)}, scanTag)
			if err != nil || len(all) == 0 {
				return Tag{}, noSuchTagOr(err)
			}
			return all[0], nil
		}
		t, err := find()
		if err != nil {
			return err
		}
		if err := see.Demand(t.Brand, access.Lead, noSuchTag); err != nil {
			return err
		}
		if err := tagsTurn(ctx, tx, t.Brand, true); err != nil {
			return err
		}
		if t, err = find(); err != nil {
			return err
		}
		data, err := fn(ctx, tx, t)
		if err != nil || data == nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Brand: t.Brand, Who: see.Agent, What: what, About: string(t.ID), Detail: data}); err != nil {
			return err
		}
		return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventTagsChanged, Brand: t.Brand, Subject: string(t.ID), Agent: see.Agent, Data: data})
	})
	if err != nil {
		return fmt.Errorf(tagChange, err)
	}
	return nil
}

func noSuchTagOr(err error) error {
	if err != nil {
		return err
	}
	return noSuchTag
}

// RenameTag calls a tag otherwise, in all cases that have it; a brand's leads may. Conflict (tag.taken): another one is called so.
func (d *Desk) RenameTag(ctx context.Context, see access.Sight, id hilft.TagID, name string) error {
	kept, folded, err := tagNamed(name)
	if err != nil {
		return err
	}
	return d.changeTag(ctx, see, id, audit.TagRenamed, func(ctx context.Context, tx *store.Tx, t Tag) (map[string]string, error) {
		if t.Name == kept {
			return nil, nil
		}
		var one int
		switch err := tx.Row(ctx, `SELECT 1 FROM tag WHERE brand_id = ? AND folded = ? AND id <> ?`, []any{string(t.Brand), folded, string(id)}, &one); {
		case err == nil:
			return nil, hilft.FailField(hilft.Conflict, "tag.taken", "name", nil)
		case !store.IsNoRows(err):
			return nil, err
		}
		_, err := tx.Exec(ctx, `UPDATE tag SET name = ?, folded = ? WHERE id = ?`, kept, folded, string(id))
		return map[string]string{"from": t.Name, "to": kept}, err
	})
}

// RemoveTag takes a tag off all cases that have it, which get another one for it, or none where that is empty; a brand's leads may. It
// shows at once, and is so in all lists within moments. Invalid: the other one is no tag of the brand, or the same.
func (d *Desk) RemoveTag(ctx context.Context, see access.Sight, id, into hilft.TagID) error {
	return d.changeTag(ctx, see, id, audit.TagRemoved, func(ctx context.Context, tx *store.Tx, t Tag) (map[string]string, error) {
		data := map[string]string{"from": t.Name}
		if into != "" {
			heirs, err := store.All(ctx, tx, tagColumns+`WHERE id = ? AND brand_id = ? AND goes = 0 AND id <> ?`, []any{string(into), string(t.Brand), string(id)}, scanTag)
			if err != nil {
				return nil, err
			}
			if len(heirs) == 0 {
				return nil, hilft.FailField(hilft.Invalid, "tag.not_found", "into", nil)
			}
			data["into"] = heirs[0].Name
		}
		// Those that were on their way into this one go on to where it goes.
		if _, err := tx.Exec(ctx, `UPDATE tag SET into_id = ? WHERE into_id = ?`, string(into), string(id)); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, `UPDATE tag SET goes = 1, into_id = ?, folded = id WHERE id = ?`, string(into), string(id)); err != nil {
			return nil, err
		}
		return data, d.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobRetag, Args: retagging{t.Brand, id}})
	})
}

// retagging is a tag that is being taken off its cases.
type retagging struct {
	Brand hilft.BrandID `json:"brand"`
	Tag   hilft.TagID   `json:"tag"`
}

// retag takes a tag that goes off its cases, a few at a time. None gets it any more.
func (d *Desk) retag(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	var r retagging
	if err := j.Read(&r); err != nil {
		return err
	}
	gone, err := store.All(ctx, tx, tagColumns+`WHERE id = ? AND goes = 1`, []any{string(r.Tag)}, scanTag)
	if err != nil || len(gone) == 0 {
		return err
	}
	ids, err := store.All(ctx, tx, `SELECT case_id FROM case_tag WHERE tag_id = ? ORDER BY case_id LIMIT `+strconv.Itoa(tagBatch), []any{string(r.Tag)},
		func(scan func(into ...any) error, id *hilft.CaseID) error { return scan(id) })
	if err != nil {
		return fmt.Errorf(tagChange, err)
	}
	if len(ids) == 0 {
		_, err := tx.Exec(ctx, `DELETE FROM tag WHERE id = ?`, string(r.Tag))
		return err
	}
	var all []Case
	if err := casesForUpdate(ctx, tx, ids, func(c Case) {
		to := slices.DeleteFunc(slices.Clone(c.Tags), func(t hilft.TagID) bool { return t == r.Tag })
		if heir := gone[0].into; heir != "" && !slices.Contains(to, heir) {
			to = append(to, heir)
		}
		c.Tags = to
		all = append(all, c)
	}); err != nil {
		return err
	}
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	if err := saveCases(ctx, tx, all...); err != nil {
		return err
	}
	// What a case that is gone has left behind.
	for _, id := range ids {
		if err := tx.Defer(ctx, `DELETE FROM case_tag WHERE tag_id = ? AND case_id = ?`, string(r.Tag), string(id)); err != nil {
			return fmt.Errorf(tagChange, err)
		}
	}
	return d.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobRetag, Args: r})
}

// dropGone leaves of a case's tags those that there are.
func (d *Desk) dropGone(ctx context.Context, tx *store.Tx, c *Case) error {
	if len(c.Tags) == 0 {
		return nil
	}
	if err := tagsTurn(ctx, tx, c.Brand, false); err != nil {
		return err
	}
	where, list := store.In(tx, "id", texts(c.Tags))
	there, err := store.All(ctx, tx, tagColumns+`WHERE goes = 0 AND `+where, []any{list}, scanTag)
	if err != nil {
		return fmt.Errorf(tagChange, err)
	}
	c.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(id hilft.TagID) bool {
		return !slices.ContainsFunc(there, func(t Tag) bool { return t.ID == id })
	})
	return nil
}

// saveTags writes down where cases stand in the lists of their tags.
func saveTags(ctx context.Context, tx *store.Tx, all []Case) error {
	var rows [][]any
	for _, c := range all {
		for _, id := range c.readTags {
			if !slices.Contains(c.Tags, id) {
				if err := tx.Defer(ctx, `DELETE FROM case_tag WHERE tag_id = ? AND case_id = ?`, string(id), string(c.ID)); err != nil {
					return fmt.Errorf(tagChange, err)
				}
			}
		}
		for _, id := range c.Tags {
			rows = append(rows, []any{string(id), string(c.ID), string(c.State), c.Rank(), store.Micros(c.ChangedAt)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	err := tx.Insert(ctx, `INSERT INTO case_tag (tag_id, case_id, state, rank, changed_at)`, rows,
		`ON CONFLICT (tag_id, case_id) DO UPDATE SET state = excluded.state, rank = excluded.rank, changed_at = excluded.changed_at`)
	if err != nil {
		return fmt.Errorf(tagChange, err)
	}
	return nil
}
