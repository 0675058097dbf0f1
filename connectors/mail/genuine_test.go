// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

func TestOnlyOurOwnServerSaysWhoIsGenuine(t *testing.T) {
	t.Parallel()
	const mx = "mx.nordnetz.example"
	for _, c := range []struct {
		results string
		want    channel.Genuine
		proofs  string
	}{
		{mx + "; spf=pass smtp.mailfrom=mira@example.org; dkim=pass header.d=example.org; dmarc=pass (p=reject; x) header.from=example.org", channel.Confirmed, "spf=pass dkim=pass dmarc=pass"},
		{"MX.Nordnetz.example 1; dkim=pass (2048-bit key; unprotected) header.i=@mail.example.org", channel.Confirmed, "dkim=pass"},
		{mx + "; spf=pass smtp.mailfrom=bounces@mail.example.org", channel.Confirmed, "spf=pass"},
		{mx + "; spf=pass smtp.mailfrom=thief.example; dkim=pass header.d=thief.example", channel.NotSaid, "spf=pass dkim=pass"},
		{mx + "; spf=pass smtp.mailfrom=example.org; dmarc=fail header.from=example.org", channel.Doubtful, "spf=pass dmarc=fail"},
		{mx + "; dkim=fail header.d=example.org", channel.Doubtful, "dkim=fail"},
		{mx + "; spf=softfail smtp.mailfrom=example.org", channel.NotSaid, "spf=softfail"},
		{mx + "; dmarc=pass header.from=thief.example", channel.NotSaid, "dmarc=pass"}, // two senders in one mail, and another was looked at
		{mx + "; dmarc=pass header.from=mail.example.org", channel.Confirmed, "dmarc=pass"},
		{mx + "; none", channel.NotSaid, ""},
		{mx + `; spf=fail (a comment \) ; dmarc=pass) smtp.mailfrom="x; dmarc=pass"@example.org`, channel.Doubtful, "spf=fail"},
		{"mx.thief.example; dmarc=pass header.from=example.org", "", ""},
		{"spf=pass; dmarc=pass header.from=example.org", "", ""},
		{mx + ".thief.example; dmarc=pass", "", ""},
		{"", "", ""},
	} {
		from := acc
		from.Settings = channel.Settings{setAddress: ownAddress, setServers: mx}
		read := func(lines ...string) channel.Item {
			items, err := Connector{}.Translate(from, channel.Raw{Kind: kindMail, Body: []byte(plainMail(append(lines, "Message-ID: <1@x>")...))})
			require.NoError(t, err)
			return items[0]
		}
		got := read("Authentication-Results: " + c.results)
		require.Equal(t, []any{c.want, c.proofs}, []any{got.Genuine, got.Proofs}, c.results)
		if c.want != "" { // what a sender has put below it changes nothing
			got = read("Authentication-Results: "+c.results, "Authentication-Results: "+mx+"; dmarc=pass header.from=example.org")
			require.Equal(t, c.want, got.Genuine, c.results)
		}
		require.Empty(t, translate(t, plainMail("Authentication-Results: "+c.results)).Genuine, "nobody has said whose word counts")
	}
	require.True(t, sameOrganisation("a.example.co.uk", "example.co.uk"))
	require.False(t, sameOrganisation("a.co.uk", "b.co.uk"))
	require.False(t, sameOrganisation("", ""))
}

func FuzzResults(f *testing.F) {
	f.Add("mx; spf=pass (a) smtp.mailfrom=x; dkim=fail")
	f.Fuzz(func(t *testing.T, value string) {
		_, all := readResults(value)
		require.LessOrEqual(t, len(inShort(all)), 300)
	})
}
