// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package hilft_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
)

func TestAPanicDoesNotRepeatWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	said := func(f func()) (s string) {
		defer func() { s = hilft.Panicked(recover()) }()
		f()
		return ""
	}
	var none []int
	require.Equal(t, "runtime error: index out of range [3] with length 0", said(func() { none[len("abc")]++ }))
	require.Equal(t, "string", said(func() { panic("Mira's words") }))
	require.Equal(t, "*errors.errorString", said(func() { panic(errors.New("Mira's words")) }))
}
