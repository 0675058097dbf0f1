// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

var checkTests = []test{
	{"tells who we are", checkTellsSelf},
	{"wrong credentials", checkStranger},
	{"missing settings", checkMissing},
	{"network down", checkDown},
	{"garbage", checkGarbage},
	{"gives up with its caller", checkCancelled},
}

func checkTellsSelf(t *testing.T, b *bench) {
	first, err := b.con.Check(within(t, soon), b.acc, b.env)
	require.NoError(t, err, "Check fails with the stand-in's own account")
	if first.ID == "" || first.Handle == "" {
		broken(t, "Check tells who we are there", "it told %+v", first)
	}
	second, err := b.con.Check(within(t, soon), b.acc, b.env)
	require.NoError(t, err, "Check fails the second time")
	if first != second {
		broken(t, "Check tells who we are there", "it told %+v, then %+v", first, second)
	}
}

func checkStranger(t *testing.T, b *bench) {
	acc, ok := b.Stranger(t)
	if !ok {
		t.Skip("nothing proves to this network who we are")
	}
	if _, err := b.con.Check(within(t, soon), acc, b.env); !errors.Is(err, channel.ErrSignIn) {
		broken(t, "Check, ErrSignIn: the network does not accept our credentials", "with a stranger's it answers %v", err)
	}
}

func checkMissing(t *testing.T, b *bench) {
	for _, f := range b.desc.Settings {
		if !f.Required || f.Default != "" {
			continue
		}
		acc := b.acc
		acc.Settings = maps.Clone(acc.Settings)
		delete(acc.Settings, f.Key)
		_, err := b.con.Check(within(t, soon), acc, b.env)
		if err == nil {
			broken(t, "Check proves the settings of an account", "it succeeds without the required setting %s", f.Key)
		}
		b.namesSetting(t, err)
	}
	acc := b.acc
	acc.Settings = nil
	_, err := b.con.Check(within(t, soon), acc, b.env) // must not panic
	b.namesSetting(t, err)
}

func checkDown(t *testing.T, b *bench) {
	b.fault(t, Down)
	_, err := b.con.Check(within(t, soon), b.acc, b.env)
	if err == nil {
		broken(t, "Check proves the settings of an account against the network", "it succeeds while the network is down")
	}
	if errors.Is(err, channel.ErrSignIn) {
		broken(t, "Check, ErrSignIn: the network does not accept our credentials", "the network is down, and Check answers %v", err)
	}
	b.namesSetting(t, err)
}

func checkGarbage(t *testing.T, b *bench) {
	b.fault(t, Garbage)
	_, err := b.con.Check(within(t, soon), b.acc, b.env)
	if err == nil {
		broken(t, "Check proves the settings of an account against the network", "it succeeds when the network answers garbage")
	}
	b.namesSetting(t, err)
}

func checkCancelled(t *testing.T, b *bench) {
	b.fault(t, Slow)
	quick(t, "Check", func() {
		if _, err := b.con.Check(within(t, brief), b.acc, b.env); err == nil {
			broken(t, "Check proves the settings of an account against the network", "it succeeds without an answer")
		}
	})
}

// namesSetting holds a *Rejected of Check to the settings that there are.
func (b *bench) namesSetting(t *testing.T, err error) {
	t.Helper()
	rejected, ok := errors.AsType[*channel.Rejected](err)
	if !ok {
		return
	}
	if rejected.Reason == "" {
		broken(t, "Rejected.Reason is a message key of the shared list", "it is empty: %v", err)
	}
	known := func(f channel.Field) bool { return f.Key == rejected.Field }
	if rejected.Field != "" && !slices.ContainsFunc(b.desc.Settings, known) {
		broken(t, "a *Rejected names in Field the setting that is wrong", "there is no setting %q", rejected.Field)
	}
}
