// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
)

// The cases that testdata/filters.json speaks of, in its order; filter.test.ts in the browser app has the same.
var filtered = []struct {
	name string
	standing
}{
	{"bare", standing{state: hilft.Open, priority: hilft.Normal, network: "plaza", account: "a1", visibility: hilft.Public}},
	{"mine", standing{state: hilft.Waiting, agent: ada, trouble: true, priority: hilft.Low, network: "plaza", account: "a1", visibility: hilft.Public}},
	{"late", standing{state: hilft.Open, agent: ben, priority: hilft.High, network: "mail", account: "a2", visibility: hilft.Public, late: Late, tags: []hilft.TagID{"t3"}}},
	{"private", standing{state: hilft.Solved, priority: hilft.Urgent, network: "chat", account: "a2", visibility: hilft.Private, late: Escalated}},
	{"tagged", standing{state: hilft.Open, agent: ada, priority: hilft.Normal, network: "plaza", account: "a1", visibility: hilft.Private, late: Soon, tags: []hilft.TagID{"t2", "t1"}}},
}

func TestAFilterHasWhatItNames(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/filters.json")
	require.NoError(t, err)
	var all []struct {
		Says   string
		Filter Filter
		Cases  []string
	}
	require.NoError(t, json.Unmarshal(b, &all))
	for _, one := range all {
		require.True(t, one.Filter.sound(), one.Says)
		var has []string
		for _, c := range filtered {
			if one.Filter.has(&c.standing, ada) {
				has = append(has, c.name)
			}
		}
		require.Equal(t, one.Cases, has, one.Says)
	}
	require.False(t, (&Filter{Owner: OwnerMe}).has(&filtered[0].standing, ""), "who is nobody has no cases")
}

func TestAFilterNamesOnlyWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, bad := range []Filter{
		{States: []hilft.CaseState{"gone"}},
		{Owner: "everybody"},
		{Owner: OwnerAgent},
		{Priorities: []hilft.Priority{"' OR 1=1"}},
		{Visibility: "secret"},
		{Due: "never"},
		{Tags: []hilft.TagID{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}},
	} {
		require.False(t, bad.sound(), "%+v", bad)
	}
	f := Filter{Tags: []hilft.TagID{"b", "a", "b"}, Agent: ben, AllTags: true}
	require.True(t, f.sound())
	require.Equal(t, Filter{Tags: []hilft.TagID{"a", "b"}, AllTags: true}, f)
}
