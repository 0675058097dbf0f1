// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

var describeTests = []test{
	{"is constant", describeConstant},
	{"texts in German and English", describeTexts},
	{"names", describeNames},
	{"settings", describeSettings},
	{"rooms", describeRooms},
	{"limits and policy", describeLimits},
	{"abilities agree with the interfaces", describeAbilities},
}

func describeConstant(t *testing.T, b *bench) {
	if diff := cmp.Diff(b.desc, b.con.Describe()); diff != "" {
		broken(t, "Describe always returns the same", "the second differs (-first +second):\n%s", diff)
	}
}

func describeTexts(t *testing.T, b *bench) {
	whole := func(where string, text channel.Text) {
		for _, language := range []string{"de", "en"} {
			if strings.TrimSpace(text[language]) == "" {
				broken(t, `in every Text "de" and "en" are always there`, "%s lacks %q", where, language)
			}
		}
	}
	maybe := func(where string, text channel.Text) {
		if len(text) > 0 {
			whole(where, text)
		}
	}
	whole("Name", b.desc.Name)
	whole("About", b.desc.About)
	for i, step := range b.desc.Guide {
		whole(fmt.Sprintf("Guide[%d]", i), step)
	}
	for _, f := range b.desc.Settings {
		maybe("the help of setting "+f.Key, f.Help)
		if f.Hidden {
			maybe("the label of setting "+f.Key, f.Label)
		} else {
			whole("the label of setting "+f.Key, f.Label)
		}
		for _, c := range f.Choices {
			whole("choice "+c.Value+" of setting "+f.Key, c.Label)
		}
	}
	for i, r := range b.desc.Rooms {
		whole(fmt.Sprintf("the name of Rooms[%d]", i), r.Name)
		maybe(fmt.Sprintf("the caution of Rooms[%d]", i), r.Caution)
	}
}

var lowerCase = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func describeNames(t *testing.T, b *bench) {
	if !lowerCase.MatchString(b.desc.ID) {
		broken(t, "Description.ID is lower case", "it is %q", b.desc.ID)
	}
	seen := map[string]bool{}
	for _, f := range b.desc.Settings {
		if !lowerCase.MatchString(f.Key) {
			broken(t, "the key of a setting is lower case", "one is %q", f.Key)
		}
		if seen[f.Key] {
			broken(t, "Settings are found by Field.Key", "%q is there twice", f.Key)
		}
		seen[f.Key] = true
	}
}

func describeSettings(t *testing.T, b *bench) {
	kinds := []channel.FieldKind{
		channel.FieldText, channel.FieldSecret, channel.FieldURL, channel.FieldHost, channel.FieldPort, channel.FieldEmail,
		channel.FieldBool, channel.FieldChoice, channel.FieldList,
	}
	for _, f := range b.desc.Settings {
		if !slices.Contains(kinds, f.Kind) {
			broken(t, "FieldKind is how a setting is entered, checked and kept", "setting %s is of the unknown kind %q", f.Key, f.Kind)
		}
		if f.Kind == channel.FieldSecret && (f.Default != "" || f.Example != "") {
			broken(t, "a FieldSecret is never shown", "setting %s has a default or an example", f.Key)
		}
		if f.Kind == channel.FieldBool && !slices.Contains([]string{"", "true", "false"}, f.Default) {
			broken(t, `a FieldBool is "true" or "false"`, "setting %s begins as %q", f.Key, f.Default)
		}
		if f.Kind != channel.FieldChoice {
			if len(f.Choices) > 0 {
				broken(t, "a Choice is one value of a FieldChoice", "setting %s has choices and is %q", f.Key, f.Kind)
			}
			continue
		}
		values := map[string]bool{}
		for _, c := range f.Choices {
			if values[c.Value] {
				broken(t, "a Choice is one value of a FieldChoice", "setting %s has %q twice", f.Key, c.Value)
			}
			values[c.Value] = true
		}
		if f.Default != "" && !values[f.Default] || len(values) == 0 {
			broken(t, "a Choice is one value of a FieldChoice", "setting %s begins as %q, which is no choice", f.Key, f.Default)
		}
	}
	for key := range b.acc.Settings {
		if !slices.ContainsFunc(b.desc.Settings, func(f channel.Field) bool { return f.Key == key }) {
			broken(t, "Settings are found by Field.Key", "the account of the stand-in has a setting %q that is not described", key)
		}
	}
}

func describeRooms(t *testing.T, b *bench) {
	if len(b.desc.Rooms) == 0 {
		broken(t, "there is at least one Room", "there is none")
	}
	seen := map[hilft.Visibility]bool{}
	for _, r := range b.desc.Rooms {
		if r.Visibility != hilft.Public && r.Visibility != hilft.Private {
			broken(t, "a Room is public or private", "one is %q", r.Visibility)
		}
		if seen[r.Visibility] {
			broken(t, "Outgoing.Visibility says in which Room to speak", "there are two rooms that are %s", r.Visibility)
		}
		seen[r.Visibility] = true
	}
	if b.desc.Can.MovePrivate != channel.No && (!seen[hilft.Public] || !seen[hilft.Private]) {
		broken(t, "Can.MovePrivate: a public message can be answered in private", "there are not both rooms")
	}
}

func describeLimits(t *testing.T, b *bench) {
	l, p := b.desc.Limits, b.desc.Policy
	for name, n := range map[string]int64{
		"TextMax": int64(l.TextMax), "URLLength": int64(l.URLLength), "FilesMax": int64(l.FilesMax), "FileSize": l.FileSize, "FilesSize": l.FilesSize,
		"PerMinute": int64(l.PerMinute), "SendMinute": int64(l.SendMinute),
		"PollEvery": int64(p.PollEvery), "Backfill": int64(p.Backfill), "RawMax": p.RawMax,
	} {
		if n < 0 {
			broken(t, "Limits are what the network takes", "%s is %d", name, n)
		}
	}
	if !slices.Contains([]channel.Count{"", channel.CountRunes, channel.CountGraphemes, channel.CountUTF16}, l.Counting) {
		broken(t, "Counting is what the network counts as one character", "it is %q", l.Counting)
	}
	if b.desc.Can.Files == channel.No && l.FilesMax > 0 {
		broken(t, "Can.Files: we can send files", "it is not set, and FilesMax is %d", l.FilesMax)
	}
	if b.desc.Can.Poll != channel.No && p.PollEvery == 0 {
		broken(t, "PollEvery says how often to ask", "the connector can be polled and does not say how often")
	}
}

func describeAbilities(t *testing.T, b *bench) {
	line := b.open(t)
	has := func(name string, level channel.Level, there bool) {
		if !slices.Contains([]channel.Level{channel.No, channel.Partial, channel.Full}, level) {
			broken(t, "a Level is no, partial or full", "Can.%s is %q", name, level)
		}
		if there != (level != channel.No) {
			broken(t, "Abilities say which optional interfaces a connector and its lines have", "Can.%s is %q, and the interface is there: %t", name, level, there)
		}
	}
	_, hooks := b.con.(channel.Hooker)
	_, signs := b.con.(channel.SignInStarter)
	_, polls := line.(channel.Poller)
	_, streams := line.(channel.Streamer)
	_, reads := line.(channel.ReadBacker)
	reader, knows := b.con.(channel.CanaryReader)
	_, sings := line.(channel.CanarySender)
	if knows != sings {
		broken(t, "the Connector of a CanarySender is a CanaryReader", "it is one: %t, and its line sends: %t", knows, sings)
	}
	if knows && reader.CanaryIn(channel.Raw{Kind: "?", Body: []byte("{\x00")}) != "" {
		broken(t, "CanaryIn returns nothing where a delivery is no sign of life", "it found one in what is nothing")
	}
	has("Canary", b.desc.Can.Canary, knows)
	_, looks := line.(channel.Looker)
	has("Hook", b.desc.Can.Hook, hooks)
	has("SignIn", b.desc.Can.SignIn, signs)
	has("Poll", b.desc.Can.Poll, polls)
	has("Stream", b.desc.Can.Stream, streams)
	has("ReadBack", b.desc.Can.ReadBack, reads)
	has("Look", b.desc.Can.Look, looks)
	if _, pushed := b.Network.(Pushing); !hooks && !polls && !streams && !pushed {
		broken(t, "what a network reports is received by Hook, Poll or Stream", "there is none of them")
	}
}
