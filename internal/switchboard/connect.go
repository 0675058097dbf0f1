// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// checkFor is how long a network may take to prove settings.
const checkFor = 30 * time.Second

// Connect connects an account: its settings are checked against the network, then kept, secrets sealed. Its line opens
// at once, and its first read goes back as far as the network's policy says. Invalid, with the setting's key as Field:
// a setting is wrong. Conflict: the brand has connected this account before.
func (s *Switchboard) Connect(ctx context.Context, brand hilft.BrandID, network, name string, settings channel.Settings) (Account, error) {
	con, err := s.connector(network)
	if err != nil {
		return Account{}, err
	}
	a := s.newAccount(brand, con.Describe(), name)
	if a, err = s.prove(ctx, con, a, settings); err != nil {
		return Account{}, fmt.Errorf("switchboard: connect: %w", err)
	}
	if err := s.insert(ctx, a); err != nil {
		return Account{}, fmt.Errorf("switchboard: connect: %w", err)
	}
	return s.Account(ctx, a.ID)
}

func (s *Switchboard) newAccount(brand hilft.BrandID, d channel.Description, name string) Account {
	now := s.DB.Now()
	return Account{
		ID: hilft.AccountID(hilft.NewID()), Brand: brand, Network: d.ID, Name: strings.TrimSpace(name), Limits: d.Limits,
		Since: now.Add(-d.Policy.Backfill), State: atFirst(d), StateAt: now, MadeAt: now,
	}
}

// atFirst is the state of an account of which nothing is known yet. Where we listen to nothing, nothing can fail.
func atFirst(d channel.Description) hilft.AccountState {
	if listens(d) || d.Can.Hook != channel.No {
		return hilft.AccountStarting
	}
	return hilft.AccountOK
}

// prove checks settings by their description and then by the network.
func (s *Switchboard) prove(ctx context.Context, con channel.Connector, a Account, settings channel.Settings) (Account, error) {
	var err error
	if a.Settings, a.secrets, err = sort(con.Describe(), settings, a.secrets); err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, checkFor)
	defer cancel()
	var self channel.Self
	env := s.env(a)
	env.Renew = func(ctx context.Context, with channel.Renewal) (channel.Settings, error) { // these settings are kept later, or never
		more, err := with(ctx, s.channel(a).Settings)
		s.keep(con.Describe(), &a, more)
		return s.channel(a).Settings, err
	}
	err = s.guard(a, "Check", func() (err error) {
		self, err = con.Check(ctx, s.channel(a), env)
		return err
	})
	if err != nil {
		return a, badSettings(err)
	}
	if a.Self = self; a.Name == "" {
		a.Name = self.Handle
	}
	if a.Name == "" {
		a.Name = con.Describe().Name["en"]
	}
	return a, nil
}

// badSettings is what an error of a Check means to the administrator who entered the settings.
func badSettings(err error) error {
	if r, ok := errors.AsType[*channel.Rejected](err); ok {
		return hilft.FailField(hilft.Invalid, "account.settings."+r.Reason, r.Field, err)
	}
	if errors.Is(err, channel.ErrSignIn) {
		return hilft.Fail(hilft.Invalid, "account.settings.sign_in", err)
	}
	return hilft.Fail(hilft.Invalid, "account.settings.unreachable", err)
}

// sort checks settings against their description and parts the secrets from the rest. A secret left empty keeps the
// value it had.
func sort(d channel.Description, in, had channel.Settings) (open, secret channel.Settings, err error) {
	open, secret = channel.Settings{}, channel.Settings{}
	for k := range in {
		if !slices.ContainsFunc(d.Settings, func(f channel.Field) bool { return f.Key == k }) {
			return nil, nil, hilft.FailField(hilft.Invalid, "account.settings.no_such", k, nil)
		}
	}
	for _, f := range d.Settings {
		v := strings.TrimSpace(in[f.Key])
		if f.Kind == channel.FieldSecret {
			if v = in[f.Key]; v == "" {
				v = had[f.Key]
			}
		}
		if v == "" {
			v = f.Default
		}
		if v == "" && f.Required && !f.Hidden {
			return nil, nil, hilft.FailField(hilft.Invalid, "account.settings.required", f.Key, nil)
		}
		if v != "" {
			if v, err = checkField(f, v); err != nil {
				return nil, nil, err
			}
		}
		if f.Kind == channel.FieldSecret {
			secret[f.Key] = v
		} else {
			open[f.Key] = v
		}
	}
	return open, secret, nil
}

func checkField(f channel.Field, v string) (string, error) {
	bad := func() (string, error) {
		return "", hilft.FailField(hilft.Invalid, "account.settings.bad_"+string(f.Kind), f.Key, nil)
	}
	if len(v) > 8192 || f.Kind != channel.FieldList && f.Kind != channel.FieldText && strings.ContainsFunc(v, unicode.IsControl) || strings.ContainsRune(v, 0) {
		return bad()
	}
	switch f.Kind {
	case channel.FieldURL:
		u, err := url.Parse(v)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return bad()
		}
		return strings.TrimRight(v, "/"), nil
	case channel.FieldHost:
		if strings.ContainsAny(v, "/ :@?#[]") {
			return bad()
		}
	case channel.FieldPort:
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 65535 {
			return bad()
		}
		return strconv.Itoa(n), nil
	case channel.FieldEmail:
		if at := strings.LastIndexByte(v, '@'); at < 1 || at == len(v)-1 || strings.ContainsAny(v, " ,;<>\"") {
			return bad()
		}
	case channel.FieldBool:
		if v != "true" && v != "false" {
			return bad()
		}
	case channel.FieldChoice:
		if !slices.ContainsFunc(f.Choices, func(c channel.Choice) bool { return c.Value == v }) {
			return bad()
		}
	case channel.FieldText, channel.FieldSecret, channel.FieldList:
	}
	return v, nil
}

// columns are what of an account its administrator changes.
func (s *Switchboard) columns(a Account) (self, settings string, sealed []byte, err error) {
	text := func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err }
	var secrets string
	for _, c := range []struct {
		into *string
		v    any
	}{{&self, a.Self}, {&settings, a.Settings}, {&secrets, a.secrets}} {
		if *c.into, err = text(c.v); err != nil {
			return "", "", nil, err
		}
	}
	sealed, err = s.Keys.Seal(access.Where("account", "sealed", string(a.ID)), []byte(secrets))
	return self, settings, sealed, err
}

func (s *Switchboard) insert(ctx context.Context, a Account) error {
	self, settings, sealed, err := s.columns(a)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.alone(ctx, tx, a); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO account (id, brand_id, network, name, self, settings, sealed, limits, since, cursor, state, reason, state_at,
				heard_at, polled_at, sent_at, refused, line_node, line_until, line_fence, made_at, removed_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, '{}', ?, '', ?, '', ?, 0, 0, 0, 0, '', 0, 0, ?, 0)`,
			string(a.ID), string(a.Brand), a.Network, a.Name, self, settings, sealed, store.Micros(a.Since), string(a.State),
			store.Micros(a.StateAt), store.Micros(a.MadeAt))
		if err == nil {
			err = access.Trail(ctx, tx, audit.AccountConnected, a.Brand, string(a.ID), audit.Detail{"network": a.Network})
		}
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, a.ID)
	})
}

// alone keeps a brand from listening to one account twice, and two accounts from having one name.
func (s *Switchboard) alone(ctx context.Context, tx *store.Tx, a Account) error {
	if tx.Dialect() == store.Postgres { // two administrators at once
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended(?, 0))`, "accounts:"+string(a.Brand)); err != nil {
			return err
		}
	}
	others, err := store.All(ctx, tx, accountColumns+`WHERE brand_id = ? AND removed_at = 0 AND id <> ?`, []any{string(a.Brand), string(a.ID)}, s.scanAccount)
	if err != nil {
		return err
	}
	same := func(o Account) bool { return o.Network == a.Network && o.Self.ID == a.Self.ID && a.Self.ID != "" }
	if slices.ContainsFunc(others, same) { // first: another name would not help
		return hilft.Fail(hilft.Conflict, "account.already_connected", nil)
	}
	if slices.ContainsFunc(others, func(o Account) bool { return o.Name == a.Name }) {
		return hilft.FailField(hilft.Conflict, "account.name_taken", "name", nil)
	}
	return nil
}

// Change gives an account another name or other settings; secrets left empty stay. What is given is checked like new.
func (s *Switchboard) Change(ctx context.Context, brand hilft.BrandID, id hilft.AccountID, name string, settings channel.Settings) (Account, error) {
	a, con, err := s.own(ctx, brand, id)
	if err != nil {
		return Account{}, err
	}
	if name = strings.TrimSpace(name); name != "" {
		a.Name = name
	}
	if settings != nil {
		settings = maps.Clone(settings)
		for _, f := range con.Describe().Settings {
			if _, given := settings[f.Key]; !given && f.Kind != channel.FieldSecret {
				settings[f.Key] = a.Settings[f.Key]
			}
		}
		if a, err = s.prove(ctx, con, a, settings); err != nil {
			return Account{}, fmt.Errorf("switchboard: change: %w", err)
		}
		if a.State != hilft.AccountPaused {
			a.State, a.Reason = atFirst(con.Describe()), ""
		}
	}
	if err := s.update(ctx, a); err != nil {
		return Account{}, fmt.Errorf("switchboard: change: %w", err)
	}
	return s.Account(ctx, id)
}

// update writes an account as an administrator changed it. It took the network a while to prove that: when another
// administrator was quicker, theirs counts, and an account that was paused meanwhile stays paused.
func (s *Switchboard) update(ctx context.Context, a Account) error {
	self, settings, sealed, err := s.columns(a)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.alone(ctx, tx, a); err != nil {
			return err
		}
		before, err := store.All(ctx, tx, accountColumns+`WHERE id = ?`+tx.Lock(), []any{string(a.ID)}, s.scanAccount)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE account SET name = ?, self = ?, settings = ?, sealed = ? WHERE id = ? AND sealed = ? AND removed_at = 0`,
			a.Name, self, settings, sealed, string(a.ID), a.sealed)
		if err != nil {
			return err
		}
		if n == 0 {
			return hilft.Fail(hilft.Conflict, "account.changed_meanwhile", nil)
		}
		if moved(s.connectors[a.Network].Describe(), before[0], a) {
			if _, err := tx.Exec(ctx, `UPDATE account SET moved_at = ? WHERE id = ?`, store.Micros(tx.Now()), string(a.ID)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE account SET state = ?, reason = ?, state_at = ? WHERE id = ? AND state NOT IN (?, ?)`,
			string(a.State), a.Reason, store.Micros(tx.Now()), string(a.ID), string(hilft.AccountPaused), string(a.State)); err != nil {
			return err
		}
		if err := access.Trail(ctx, tx, audit.AccountChanged, a.Brand, string(a.ID), changesOf(before[0], a)); err != nil {
			return err
		}
		return s.changedByPeople(ctx, tx, a.ID)
	})
}

// changesOf names the settings that differ; of secrets it tells that one was changed, and of nothing what it is.
func changesOf(before, now Account) audit.Detail {
	var names []string
	for _, key := range slices.Sorted(maps.Keys(now.Settings)) {
		if before.Settings[key] != now.Settings[key] {
			names = append(names, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(now.secrets)) {
		if before.secrets[key] != now.secrets[key] {
			names = append(names, key)
		}
	}
	if before.Name != now.Name {
		names = append(names, "name")
	}
	return audit.Detail{"changed": strings.Join(names, " ")}
}

// moved tells whether an account is another one from now on, or at another place.
func moved(d channel.Description, before, now Account) bool {
	return before.Self.ID != now.Self.ID || slices.ContainsFunc(d.Settings, func(f channel.Field) bool {
		return (f.Kind == channel.FieldURL || f.Kind == channel.FieldHost) && before.Settings[f.Key] != now.Settings[f.Key]
	})
}

// changedByPeople is changed for what an administrator did, after which replies that wait may be able to go out.
func (s *Switchboard) changedByPeople(ctx context.Context, tx *store.Tx, id hilft.AccountID) error {
	barred, err := isBarred(ctx, tx, id)
	if err == nil && !barred {
		err = s.hurry(ctx, tx, id)
	}
	if err != nil {
		return err
	}
	return s.changed(ctx, tx, id)
}

func (s *Switchboard) own(ctx context.Context, brand hilft.BrandID, id hilft.AccountID) (Account, channel.Connector, error) {
	a, err := s.Account(ctx, id)
	if err != nil {
		return Account{}, nil, err
	}
	if a.Brand != brand {
		return Account{}, nil, hilft.Fail(hilft.NotFound, "account.not_found", nil)
	}
	a.Settings, a.secrets = maps.Clone(a.Settings), maps.Clone(a.secrets) // others read them
	con, err := s.connector(a.Network)
	return a, con, err
}

// Pause stops listening to an account and sending from it; what is to be sent waits. Resume goes on.
func (s *Switchboard) Pause(ctx context.Context, brand hilft.BrandID, id hilft.AccountID) (Account, error) {
	return s.switchTo(ctx, brand, id, hilft.AccountPaused)
}

// Resume listens to a paused account again, from where it stopped.
func (s *Switchboard) Resume(ctx context.Context, brand hilft.BrandID, id hilft.AccountID) (Account, error) {
	_, con, err := s.own(ctx, brand, id)
	if err != nil {
		return Account{}, err
	}
	return s.switchTo(ctx, brand, id, atFirst(con.Describe()))
}

// holdMost is how long an account may hold replies: who waits for an answer waits for that, too.
const holdMost = 2 * time.Minute

// Hold says for how long an account holds replies from now on, in whole seconds; 0: they go out at once. Invalid
// (account.hold): less than that, or more than two minutes.
func (s *Switchboard) Hold(ctx context.Context, brand hilft.BrandID, id hilft.AccountID, hold time.Duration) (Account, error) {
	if hold < 0 || hold > holdMost {
		return Account{}, hilft.FailField(hilft.Invalid, "account.hold", "seconds", nil)
	}
	if _, _, err := s.own(ctx, brand, id); err != nil {
		return Account{}, err
	}
	err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE account SET hold_s = ? WHERE id = ? AND removed_at = 0`, int64(hold/time.Second), string(id)); err != nil {
			return err
		}
		return s.changed(ctx, tx, id)
	})
	if err != nil {
		return Account{}, fmt.Errorf("switchboard: hold: %w", err)
	}
	return s.Account(ctx, id)
}

func (s *Switchboard) switchTo(ctx context.Context, brand hilft.BrandID, id hilft.AccountID, state hilft.AccountState) (Account, error) {
	if _, _, err := s.own(ctx, brand, id); err != nil {
		return Account{}, err
	}
	err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE account SET state = ?, reason = '', state_at = ? WHERE id = ? AND removed_at = 0 AND state <> ?`,
			string(state), store.Micros(tx.Now()), string(id), string(state)); err != nil {
			return err
		}
		what := audit.AccountResumed
		if state == hilft.AccountPaused {
			what = audit.AccountPaused
		}
		if err := access.Trail(ctx, tx, what, brand, string(id), nil); err != nil {
			return err
		}
		return s.changedByPeople(ctx, tx, id)
	})
	if err != nil {
		return Account{}, fmt.Errorf("switchboard: %s: %w", state, err)
	}
	return s.Account(ctx, id)
}

// Remove ends an account: its line closes and its secrets are destroyed. What was said stays with its cases.
func (s *Switchboard) Remove(ctx context.Context, brand hilft.BrandID, id hilft.AccountID) error {
	if _, _, err := s.own(ctx, brand, id); err != nil {
		return err
	}
	empty, err := s.Keys.Seal(access.Where("account", "sealed", string(id)), []byte("{}"))
	if err == nil {
		err = s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE account SET state = ?, removed_at = ?, sealed = ? WHERE id = ? AND removed_at = 0`,
				string(hilft.AccountPaused), store.Micros(tx.Now()), empty, string(id)); err != nil {
				return err
			}
			if err := access.Trail(ctx, tx, audit.AccountRemoved, brand, string(id), nil); err != nil {
				return err
			}
			return s.changedByPeople(ctx, tx, id)
		})
	}
	if err != nil {
		return fmt.Errorf("switchboard: remove: %w", err)
	}
	return nil
}
