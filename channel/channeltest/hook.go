// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

const onlyProven = "ErrSignature: the request does not prove that it comes from the network; nothing of it is stored"

var hookTests = []test{
	{"is pure", hookPure},
	{"delivered again", hookAgain},
	{"signature missing", hookUnsigned},
	{"signature wrong", hookForged},
	{"signature of somebody else", hookStranger},
	{"changed byte", hookChanged},
	{"too old", hookOld},
	{"nonsense", hookNonsense},
}

// called lets a customer speak, and returns the requests with which the network then called us.
func (b *bench) called(t testing.TB) (channel.Hooker, []channel.HookRequest) {
	t.Helper()
	if b.desc.Can.Hook == channel.No {
		t.Skip("this network does not call us")
	}
	hooker, ok := b.con.(channel.Hooker)
	require.True(t, ok, "Can.Hook is set, but the connector is no Hooker")
	b.connect(t)
	b.Say(t, b.speech("mira", b.room()))
	reqs := b.Hooks(t)
	require.NotEmpty(t, reqs, "a customer spoke, and the stand-in did not call us")
	proof := b.Features().HookProof
	for _, req := range reqs {
		require.True(t, req.Header.Get(proof) != "" || req.Query.Get(proof) != "", "the stand-in's HookProof, %q, is not in its request", proof)
	}
	return hooker, reqs
}

// hook calls Hook, and makes an error of a panic.
func hook(hooker channel.Hooker, acc channel.Account, req channel.HookRequest) (answer channel.HookAnswer, err error) {
	defer recovered(&err)
	return hooker.Hook(acc, req)
}

func hookPure(t *testing.T, b *bench) {
	hooker, reqs := b.called(t)
	for _, req := range reqs {
		first, err := hook(hooker, b.acc, copyOf(req))
		require.NoError(t, err, "Hook refuses what the network signed")
		given := copyOf(req)
		second, err := hook(hooker, b.acc, given)
		require.NoError(t, err, "Hook refuses the same request the second time; the house absorbs it by its keys")
		if diff := cmp.Diff(first, second); diff != "" {
			broken(t, "Hook is pure but for req.Now", "the second answer differs (-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(req, given); diff != "" {
			broken(t, "Hook is pure but for req.Now", "it changes the request (-before +after):\n%s", diff)
		}
		for _, raw := range first.Raws {
			wholeRaw(t, raw)
		}
	}
}

func hookAgain(t *testing.T, b *bench) {
	hooker, reqs := b.called(t)
	for _, req := range reqs {
		first, err := hook(hooker, b.acc, copyOf(req))
		require.NoError(t, err, "Hook refuses what the network signed")
		req.Now = req.Now.Add(time.Second)
		second, err := hook(hooker, b.acc, copyOf(req))
		if errors.Is(err, channel.ErrSignature) {
			continue // it is known by then: nothing of it is stored twice
		}
		require.NoError(t, err)
		if diff := cmp.Diff(keysOf(first.Raws), keysOf(second.Raws)); diff != "" {
			broken(t, "Raw.Key is the same when the network delivers the same thing again", "a replay has other keys (-first +second):\n%s", diff)
		}
	}
}

func hookUnsigned(t *testing.T, b *bench) {
	hooker, reqs := b.called(t)
	for _, req := range reqs {
		bare := copyOf(req)
		proof := b.Features().HookProof
		bare.Header.Del(proof)
		bare.Query.Del(proof)
		b.unproven(t, hooker, bare, "without its signature")
		bare.Header, bare.Query = http.Header{}, url.Values{}
		b.unproven(t, hooker, bare, "without any header or query")
		for name := range req.Header {
			without := copyOf(req)
			without.Header.Del(name)
			b.changed(t, hooker, req, without, name, "without the header "+name)
		}
		for name := range req.Query {
			without := copyOf(req)
			without.Query.Del(name)
			b.changed(t, hooker, req, without, name, "without the query "+name)
		}
	}
}

func hookForged(t *testing.T, b *bench) {
	hooker, reqs := b.called(t)
	for _, req := range reqs {
		for name, values := range req.Header {
			forged := copyOf(req)
			forged.Header.Set(name, flipped(values[0]))
			b.changed(t, hooker, req, forged, name, "with another header "+name)
		}
		for name, values := range req.Query {
			forged := copyOf(req)
			forged.Query.Set(name, flipped(values[0]))
			b.changed(t, hooker, req, forged, name, "with another query "+name)
		}
	}
}

func hookStranger(t *testing.T, b *bench) {
	hooker, reqs := b.called(t)
	acc, ok := b.Stranger(t)
	if !ok {
		t.Skip("nothing proves to this network who we are")
	}
	for _, req := range reqs {
		if _, err := hook(hooker, acc, copyOf(req)); !errors.Is(err, channel.ErrSignature) {
			broken(t, onlyProven, "a request signed for one account passes at another: %v", err)
		}
	}
}

func hookChanged(t *testing.T, b *bench) {
	hooker, reqs := b.called(t)
	if b.Features().HookBodyOpen {
		t.Skip("the proof of this network does not cover the body")
	}
	for _, req := range reqs {
		step := max(1, len(req.Body)/64)
		for i := 0; i < len(req.Body); i += step {
			changed := copyOf(req)
			changed.Body[i] ^= 1
			b.unproven(t, hooker, changed, "with one bit of the body changed")
		}
		longer := copyOf(req)
		longer.Body = append(longer.Body, ' ')
		b.unproven(t, hooker, longer, "with a blank behind the body")
	}
}

func hookOld(t *testing.T, b *bench) {
	hooker, reqs := b.called(t)
	window := b.Features().HookWindow
	if window == 0 {
		t.Skip("the signature of this network has no time")
	}
	for _, req := range reqs {
		late := copyOf(req)
		late.Now = req.Now.Add(window - 2*time.Second)
		if _, err := hook(hooker, b.acc, late); err != nil {
			broken(t, "ErrSignature: the request is too old", "it is refused within its window of %s: %v", window, err)
		}
		late.Now = req.Now.Add(window + 2*time.Second)
		b.unproven(t, hooker, late, "after its window")
	}
}

func hookNonsense(t *testing.T, b *bench) {
	hooker, reqs := b.called(t)
	for _, body := range nonsense(b.rawMax()) {
		req := copyOf(reqs[0])
		req.Body = body.bytes
		if b.Features().HookBodyOpen {
			if _, err := hook(hooker, b.acc, req); errors.Is(err, errPanic) {
				broken(t, "a connector does not panic on foreign bytes", "given %s, %v", body.name, err)
			}
			continue
		}
		b.unproven(t, hooker, req, "given "+body.name)
	}
	b.unproven(t, hooker, channel.HookRequest{Now: reqs[0].Now}, "given nothing at all")
}

// unproven holds Hook to refuse a request.
func (b *bench) unproven(t testing.TB, hooker channel.Hooker, req channel.HookRequest, how string) {
	t.Helper()
	answer, err := hook(hooker, b.acc, req)
	if !errors.Is(err, channel.ErrSignature) || len(answer.Raws) > 0 {
		broken(t, onlyProven, "%s, it answers %d deliveries and %v", how, len(answer.Raws), err)
	}
}

// changed holds Hook to refuse a request of which the header or query name was changed, or to make of it what it makes
// of the true one, where name does not carry the signature.
func (b *bench) changed(t testing.TB, hooker channel.Hooker, genuine, changed channel.HookRequest, name, how string) {
	t.Helper()
	if name == b.Features().HookProof {
		b.unproven(t, hooker, changed, how)
		return
	}
	want, err := hook(hooker, b.acc, copyOf(genuine))
	require.NoError(t, err, "Hook refuses what the network signed")
	got, err := hook(hooker, b.acc, changed)
	if err == nil && cmp.Equal(want, got) || errors.Is(err, channel.ErrSignature) && len(got.Raws) == 0 {
		return
	}
	broken(t, onlyProven, "%s, it answers %d deliveries and %v", how, len(got.Raws), err)
}

func copyOf(req channel.HookRequest) channel.HookRequest {
	req.Header = req.Header.Clone()
	req.Query = url.Values(http.Header(req.Query).Clone())
	req.Body = slices.Clone(req.Body)
	return req
}

func flipped(s string) string {
	if s == "" {
		return "x"
	}
	last := s[len(s)-1] ^ 1
	return s[:len(s)-1] + string(rune(last))
}

func keysOf(raws []channel.Raw) []string {
	keys := make([]string, 0, len(raws))
	for _, raw := range raws {
		keys = append(keys, raw.Key)
	}
	return keys
}
