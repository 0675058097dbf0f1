// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/switchboard"
)

func TestWhatNeedsAPerson(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	old := now.Add(-time.Hour)
	account := func(is hilft.AccountState, at time.Time) state {
		return state1(brandState{id: "b", accounts: []switchboard.Account{{ID: "a", Name: "Shop", State: is, StateAt: at}}})
	}
	disk := func(free int64, seen time.Time) state {
		return state{nodes: []Node{{Name: "n", Seen: seen, Data: blob.Space{Free: free, Total: 1 << 40}}, {Name: "n", Seen: seen, Data: blob.Space{Free: free, Total: 1 << 40}}}}
	}
	canary := func(c switchboard.Canary, s hilft.AccountState) state {
		return state1(brandState{id: "b", accounts: []switchboard.Account{{ID: "a", State: s, StateAt: now}}, canaries: map[hilft.AccountID]switchboard.Canary{"a": c}})
	}
	backup := func(at time.Time) state { return state{backup: &at} }
	l := usual
	l.BackupHours = 24
	for name, c := range map[string]struct {
		s    state
		want []Finding
	}{
		"nothing":                       {state{}, nil},
		"an account that is well":       {account(hilft.AccountOK, old), nil},
		"an account in trouble":         {account(hilft.AccountTrouble, old), []Finding{{Brand: "b", Condition: AccountDown, Subject: "a", Name: "Shop", State: "trouble", Seconds: 3600}}},
		"for a moment":                  {account(hilft.AccountTrouble, now), nil},
		"an account to sign in to":      {account(hilft.AccountSignIn, old), []Finding{{Brand: "b", Condition: AccountDown, Subject: "a", Name: "Shop", State: "sign_in", Seconds: 3600}}},
		"a paused account":              {account(hilft.AccountPaused, old), nil},
		"stuck":                         {state1(brandState{id: "b", stuck: 3}), []Finding{{Brand: "b", Condition: Stuck, Count: 3}}},
		"undecided":                     {state1(brandState{id: "b", undecided: 2}), []Finding{{Brand: "b", Condition: Undecided, Count: 2}}},
		"dead":                          {state{queues: []jobs.State{{Kind: "deliver", Dead: 1}}}, []Finding{{Condition: Dead, Subject: "deliver", Name: "deliver", Count: 1}}},
		"late":                          {state{queues: []jobs.State{{Kind: "intake", Waiting: 9, Oldest: time.Hour}}}, []Finding{{Condition: Lag, Subject: "intake", Name: "intake", Count: 9, Seconds: 3600}}},
		"busy":                          {state{queues: []jobs.State{{Kind: "intake", Waiting: 9, Oldest: time.Minute}}}, nil},
		"a disk, once for its machine":  {disk(1<<30, now), []Finding{{Condition: Disk, Subject: "n data", Name: "n data", Bytes: 1 << 30}}},
		"a disk with room":              {disk(1<<35, now), nil},
		"a disk of a node that is gone": {disk(1<<30, old), nil},
		"a canary lost":                 {canary(switchboard.Canary{Every: time.Hour, WaitsFor: old}, hilft.AccountOK), []Finding{{Brand: "b", Condition: CanaryLost, Subject: "a", Seconds: 3600}}},
		"a canary under way":            {canary(switchboard.Canary{Every: time.Hour, WaitsFor: now.Add(-time.Minute)}, hilft.AccountOK), nil},
		"no canary any more":            {canary(switchboard.Canary{WaitsFor: old}, hilft.AccountOK), nil},
		"a canary of a paused account":  {canary(switchboard.Canary{Every: time.Hour, WaitsFor: old}, hilft.AccountPaused), nil},
		"an old backup":                 {backup(now.Add(-48 * time.Hour)), []Finding{{Condition: NoBackup, Seconds: 48 * 3600}}},
		"a backup of today":             {backup(old), nil},
		"no backup ever":                {backup(time.Time{}), []Finding{{Condition: NoBackup}}},
	} {
		require.Equal(t, c.want, findings(c.s, l, now), name)
	}
	require.Empty(t, findings(backup(old.Add(-1000*time.Hour)), usual, now), "backups are watched when somebody wants that")
}

func state1(b brandState) state { return state{brands: []brandState{b}} }

func TestWhatComesAndGoesIsOneAlert(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	f := Finding{Condition: Dead, Subject: "x", Count: 2}
	open := func(told, gone time.Time) []Alert {
		return []Alert{{ID: "1", Finding: Finding{Condition: Dead, Subject: "x", Count: 1}, ToldAt: told, GoneAt: gone}}
	}
	never := time.Time{}
	for name, c := range map[string]struct {
		found []Finding
		open  []Alert
		want  step
	}{
		"new":                    {[]Finding{f}, nil, raised},
		"as it was":              {[]Finding{f}, open(now, never), ""},
		"more of it, just now":   {[]Finding{f}, open(now.Add(-time.Minute), never), ""},
		"more of it, in a while": {[]Finding{f}, open(now.Add(-worseAfter), never), reminded},
		"as much, in a while":    {[]Finding{{Condition: Dead, Subject: "x", Count: 1}}, open(now.Add(-worseAfter), never), ""},
		"a day later":            {[]Finding{f}, open(now.Add(-remindAfter), never), reminded},
		"told tomorrow":          {[]Finding{f}, open(now.Add(24*time.Hour), never), reminded},
		"gone tomorrow":          {nil, open(now, now.Add(24*time.Hour)), resolved},
		"not found any more":     {nil, open(now, never), went},
		"just gone":              {nil, open(now, now.Add(-time.Minute)), ""},
		"gone for a while":       {nil, open(now, now.Add(-calm)), resolved},
		"back":                   {[]Finding{f}, open(now, now.Add(-time.Minute)), came},
		"another of another one": {[]Finding{{Brand: "b", Condition: Dead, Subject: "x"}}, nil, raised},
	} {
		got := changes(c.found, c.open, now)
		if c.want == "" {
			require.Empty(t, got, name)
			continue
		}
		require.Len(t, got, 1, name)
		require.Equal(t, c.want, got[0].step, name)
		if len(c.found) > 0 {
			require.Equal(t, c.found[0], got[0].Finding, "%s: it says how it is now", name)
		}
	}
}

func TestEveryAlertHasWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"de", "en"} {
		for _, c := range []Condition{AccountDown, Dead, Stuck, Undecided, Lag, Disk, CanaryLost, NoBackup} {
			for _, s := range []step{raised, reminded, resolved, tried} {
				title, text := words(language, s, Finding{Condition: c, Name: "a\r\nBcc: x", Count: 2, Seconds: 7200, Bytes: 5 << 20})
				require.NotEmpty(t, title)
				require.NotEmpty(t, text)
				require.NotContains(t, title+text, "{")
				require.NotContains(t, title, "\n", "a subject is one line")
			}
		}
	}
	title, _ := words("de", reminded, Finding{Condition: AccountDown, Name: "Shop", Seconds: 7200})
	require.Equal(t, "Immer noch: Konto Shop ist seit 2 h gestört", title)
	title, _ = words("fr", raised, Finding{Condition: NoBackup})
	require.Equal(t, "There is no backup yet", title)
}
