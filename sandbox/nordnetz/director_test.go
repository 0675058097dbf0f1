// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hilft/hilft/sandbox/mail"
	"github.com/hilft/hilft/sandbox/mastodon"
	"github.com/hilft/hilft/sandbox/nordnetz"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is the two stand-ins, with nobody at the desk.
func stage(t *testing.T) nordnetz.Stage {
	t.Helper()
	s := nordnetz.Stage{
		Mail:     mail.New(mail.Options{Mailboxes: []mail.Box{{Address: nordnetz.Address, Password: "x"}}}),
		Mastodon: mastodon.New(mastodon.Options{Domain: nordnetz.Domain}), Origin: "http://127.0.0.1:1",
	}
	_, err := s.Mastodon.CreateAccount(mastodon.Profile{Name: nordnetz.Account})
	require.NoError(t, err)
	return s
}

func told(t *testing.T, ctx context.Context, s nordnetz.Stage, o nordnetz.Options) (end func()) {
	t.Helper()
	o.Seed = 1
	d, err := nordnetz.NewDirector(s, o)
	require.NoError(t, err)
	require.NoError(t, d.Past(ctx))
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { d.Run(ctx, "ws://127.0.0.1:1/closed") })
	return func() { cancel(); wg.Wait() }
}

func TestWhoIsAnsweredSaysOneThingMoreOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := stage(t)
	var kept nordnetz.Progress
	end := told(t, ctx, s, nordnetz.Options{Quiet: true, Tempo: 0.001, Keep: func(p nordnetz.Progress) { kept = p }})

	first := len(s.Mail.Mailbox(nordnetz.Address))
	require.Equal(t, 7, first)
	for _, text := range []string{"Wir schauen nach.", "Der Verteiler ist ausgefallen."} {
		require.NoError(t, s.Mail.Deliver(nordnetz.Address, "birte.hansen@foerde-post.example",
			mail.Mail{From: nordnetz.Address, To: "birte.hansen@foerde-post.example", Subject: "Re: Kein Internet", Text: text, MessageID: text[:3] + "@nordnetz.example"}.Bytes()))
	}
	m, err := s.Mail.Await(ctx, nordnetz.Address, func(m mail.Message) bool {
		return strings.Contains(string(m.Raw), "In-Reply-To: <Wir@nordnetz.example>")
	})
	require.NoError(t, err)
	require.Equal(t, "birte.hansen@foerde-post.example", m.From)

	var jule mastodon.Post
	for _, p := range s.Mastodon.State().Posts {
		if p.Author == "@jule@"+nordnetz.Domain {
			jule = p
		}
	}
	answer, err := s.Mastodon.Post(nordnetz.Account, "@jule Wir sind dran.", mastodon.Unlisted, jule.ID)
	require.NoError(t, err)
	require.NoError(t, s.Mastodon.Wait(ctx, func(st mastodon.State) bool {
		for _, p := range st.Posts {
			if p.InReplyTo == answer.ID && p.Author == jule.Author && p.Visibility == mastodon.Unlisted {
				return true
			}
		}
		return false
	}))
	end()
	require.Len(t, s.Mail.Mailbox(nordnetz.Address), first+1, "two answers, one thanks")
	require.True(t, kept.Past)
	require.True(t, kept.Thanked["birte"])
}

func TestTheStoryGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := stage(t)
	plan := nordnetz.Plan(1)
	last := plan[len(plan)-1].Word
	require.Equal(t, nordnetz.Mail, last.On)
	end := told(t, ctx, s, nordnetz.Options{Tempo: 0.001, Progress: nordnetz.Progress{Past: true, Told: len(plan) - 1}})
	_, err := s.Mail.Await(ctx, nordnetz.Address, func(m mail.Message) bool { return strings.Contains(string(m.Raw), last.Subject) })
	require.NoError(t, err)
	end()
	require.Len(t, s.Mail.Mailbox(nordnetz.Address), 1, "what has been told is not told again")
}

func TestWhatIsDeletedIsGoneAndWhatIsEditedReadsDifferently(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := stage(t)
	end := told(t, ctx, s, nordnetz.Options{Tempo: 0.0005})
	defer end()
	require.NoError(t, s.Mastodon.Wait(ctx, func(st mastodon.State) bool {
		edited, gone, direct := false, true, false
		for _, p := range st.Posts {
			edited = edited || !p.Edited.IsZero() && strings.HasPrefix(p.Author, "@ole_p@")
			if strings.HasPrefix(p.Author, "@nele_c@") {
				gone = gone && p.Visibility == mastodon.Direct
				direct = direct || p.Visibility == mastodon.Direct
			}
		}
		return edited && gone && direct
	}))
}
