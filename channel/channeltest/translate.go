// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hilft/hilft/channel"
)

const anyBytes = "whatever bytes Translate is given, it neither panics nor runs for long"

var translateTests = []test{
	{"is pure", translatePure},
	{"random bytes", translateRandom},
	{"truncated", translateTruncated},
	{"changed bytes", translateChanged},
	{"nonsense", translateNonsense},
}

// heard returns deliveries of the network of every kind that a story has.
func (b *bench) heard(t testing.TB) []channel.Raw {
	t.Helper()
	ears := b.ears(t, b.open(t))
	var raws []channel.Raw
	for _, room := range b.desc.Rooms {
		raws = append(raws, b.story(t, ears, room.Visibility).raws...)
	}
	return raws
}

// kinds returns one delivery of each Kind.
func kinds(raws []channel.Raw) []channel.Raw {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(raws), func(raw channel.Raw) bool {
		known := seen[raw.Kind]
		seen[raw.Kind] = true
		return known
	})
}

func translatePure(t *testing.T, b *bench) {
	raws := b.heard(t)
	first := map[string][]channel.Item{}
	for _, raw := range raws {
		body := slices.Clone(raw.Body)
		first[raw.Key] = b.translate(t, raw)
		if !bytes.Equal(body, raw.Body) {
			broken(t, "Translate is pure", "it changes the bytes of %q", raw.Key)
		}
	}
	slices.Reverse(raws)
	for _, raw := range raws {
		if diff := cmp.Diff(first[raw.Key], b.translate(t, raw)); diff != "" {
			broken(t, "Translate is pure: the same bytes give the same items on every day", "%q reads differently the second time (-first +second):\n%s", raw.Key, diff)
		}
	}
}

func translateRandom(t *testing.T, b *bench) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, raw := range kinds(b.heard(t)) {
		for n := range 200 {
			raw.Body = make([]byte, random.IntN(1<<(n%12)+1)+1)
			for i := range raw.Body {
				raw.Body[i] = byte(random.Uint32())
			}
			b.survives(t, raw, fmt.Sprintf("%d random bytes", len(raw.Body)))
		}
		raw.Body = []byte("\xff\xfe not what \x00 was agreed \xc3\x28")
		items, err := b.survives(t, raw, "bytes that are no message")
		if err == nil && len(items) == 0 && !b.Features().AnyBytesAreText {
			broken(t, "an error means that the bytes cannot be read; they are then kept and shown", "%q has neither items nor an error", raw.Body)
		}
	}
}

func translateTruncated(t *testing.T, b *bench) {
	for _, raw := range kinds(b.heard(t)) {
		whole := raw.Body
		step := max(1, len(whole)/200)
		for n := 0; n < len(whole); n += step {
			raw.Body = slices.Clone(whole[:n])
			b.survives(t, raw, fmt.Sprintf("the first %d of %d bytes", n, len(whole)))
		}
	}
}

func translateChanged(t *testing.T, b *bench) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, raw := range kinds(b.heard(t)) {
		whole := raw.Body
		for range 300 {
			if len(whole) == 0 {
				continue
			}
			raw.Body = slices.Clone(whole)
			i := random.IntN(len(raw.Body))
			raw.Body[i] = byte(random.Uint32())
			if j := min(len(whole), i+random.IntN(16)); random.IntN(2) == 0 {
				raw.Body = slices.Delete(raw.Body, i, j)
			}
			b.survives(t, raw, fmt.Sprintf("a delivery with changed bytes at %d", i))
		}
		for _, less := range poorer(whole) {
			raw.Body = less.bytes
			b.survives(t, raw, less.name)
		}
	}
}

// poorer returns a JSON object without one of its fields, and with null in one of them, each in turn.
func poorer(body []byte) []named {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return nil
	}
	var all []named
	for name, value := range fields {
		delete(fields, name)
		less, _ := json.Marshal(fields) // what was read can be written
		fields[name] = json.RawMessage("null")
		null, _ := json.Marshal(fields)
		fields[name] = value
		all = append(all, named{"a delivery without " + name, less}, named{"a delivery with null as " + name, null})
	}
	return all
}

func translateNonsense(t *testing.T, b *bench) {
	for _, raw := range append(kinds(b.heard(t)), channel.Raw{}, channel.Raw{Key: "k", Kind: "nobody knows this kind"}) {
		for _, body := range nonsense(b.rawMax()) {
			raw.Body = body.bytes
			b.survives(t, raw, body.name)
		}
	}
}

// survives holds Translate to its promise about foreign bytes, and what it makes of them to be whole.
func (b *bench) survives(t *testing.T, raw channel.Raw, what string) ([]channel.Item, error) {
	t.Helper()
	if t.Failed() {
		t.FailNow() // one example is enough
	}
	var items []channel.Item
	var err error
	took := time.Hour
	for try := 0; try < 3 && took > time.Second; try++ { // a busy machine is not the connector's fault
		began := time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			items, err = translate(b.con, b.acc, raw)
		}()
		select {
		case <-done:
			took = time.Since(began)
		case <-time.After(3 * soon):
			t.Fatalf("the contract says: %s\nbut given %s of kind %q it still runs after %s", anyBytes, what, raw.Kind, 3*soon)
		}
	}
	if took > time.Second {
		broken(t, anyBytes, "given %s of kind %q it takes %s", what, raw.Kind, took)
	}
	if errors.Is(err, errPanic) {
		broken(t, anyBytes, "given %s of kind %q %v", what, raw.Kind, err)
	}
	for _, item := range items {
		if lack := wholeItem(item); lack != "" {
			broken(t, "an Item has an ID, and what was said has an author", "given %s of kind %q %s", what, raw.Kind, lack)
		}
	}
	return items, err
}

func (b *bench) rawMax() int {
	if b.desc.Policy.RawMax > 0 {
		return int(b.desc.Policy.RawMax)
	}
	return 1 << 20
}

type named struct {
	name  string
	bytes []byte
}

// nonsense is what no network sends and everybody gets.
func nonsense(largest int) []named {
	const deep = 100_000
	const big = 4 << 20
	largest = min(largest, big)
	nested := func(open, inside, shut string) []byte {
		return []byte(strings.Repeat(open, deep) + inside + strings.Repeat(shut, deep))
	}
	fill := func(s string) []byte { return []byte(strings.Repeat(s, largest/len(s))) }
	return []named{
		{"nothing", nil},
		{"one NUL", []byte{0}},
		{"a blank", []byte(" ")},
		{"JSON null", []byte("null")},
		{"a JSON number", []byte("1e999999")},
		{"an empty JSON object", []byte("{}")},
		{"a JSON list of nulls", []byte("[null,null]")},
		{"an unpaired surrogate", []byte(`{"id":"\ud800","text":"\udc00"}`)},
		{"100,000 nested lists", nested("[", "", "]")},
		{"100,000 nested lists that never end", nested("[", "", "")},
		{"100,000 nested objects", nested(`{"a":`, "1", "}")},
		{"100,000 nested objects with a known name", nested(`{"messages":`, "[]", "}")},
		{"100,000 nested elements", nested("<div>", "x", "</div>")},
		{"invalid UTF-8", fill("\xc3\x28\xa0\xa1")},
		{"NUL bytes", fill("\x00")},
		{"one long word", fill("a")},
		{"one long line of blanks", fill(" ")},
		{"many lines", fill("a: b\r\n")},
		{"many empty lines", fill("\r\n")},
		{"many quotes", fill(`"`)},
		{"many angle brackets", fill("<")},
		{"many ampersands", fill("&")},
		{"marks that change the direction of reading", fill("\u202e\u200b\u2066")},
	}
}
