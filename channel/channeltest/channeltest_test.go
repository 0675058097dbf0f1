// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel/channeltest"
)

func TestWellBehavedConnectorPasses(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, openPlaza(""))
}

// mutants are connectors that do one thing wrong, and the sentence of the contract that they break.
var mutants = map[string]string{
	"describes itself anew each time":      "describe/is constant",
	"has no German":                        "describe/texts in German and English",
	"has an upper case id":                 "describe/names",
	"has the same setting twice":           "describe/names",
	"has no room":                          "describe/rooms",
	"claims what it cannot do":             "describe/abilities agree with the interfaces",
	"checks nothing":                       "check/wrong credentials",
	"hears no warning":                     "receive/warnings",
	"reads the warning out":                "receive/warnings",
	"takes everybody for one":              "receive/authors are told apart",
	"takes the private for public":         "receive/what was said",
	"forgets what is answered":             "receive/an answer joins its conversation",
	"has a key for every way":              "receive/same key by every way",
	"has keys without end":                 "receive/same key by every way",
	"takes an edit for a new word":         "receive/any order ends the same",
	"loses the time of an edit":            "receive/any order ends the same",
	"does not hear deletions":              "receive/deletions",
	"makes up keys":                        "hook/delivered again",
	"takes a missing signature":            "hook/signature missing",
	"takes any signature":                  "hook/signature wrong",
	"takes the signature of anybody":       "hook/signature of somebody else",
	"does not look at the end of the body": "hook/changed byte",
	"takes what is old":                    "hook/too old",
	"reads all there ever was":             "poll/since",
	"keeps its cursor":                     "poll/nothing missed, nothing twice",
	"skips one":                            "poll/nothing missed, nothing twice",
	"reads one page":                       "poll/more than a page",
	"takes garbage for silence":            "poll/garbage",
	"hides the limit":                      "poll/rate limited",
	"ignores its context":                  "poll/gives up with its caller",
	"streams for ever":                     "stream/ends with its context",
	"hides a broken stream":                "stream/ends when the connection breaks",
	"goes on when nothing is stored":       "stream/ends when nothing can be stored",
	"reads the clock":                      "translate/is pure",
	"panics on garbage":                    "translate/nonsense",
	"is slow on long bytes":                "translate/nonsense",
	"swallows what it cannot read":         "translate/random bytes",
	"makes half items":                     "translate/changed bytes",
	"makes up receipts":                    "send/answer in every room",
	"answers nothing":                      "send/answer in every room",
	"answers in public":                    "send/move private",
	"escapes the text":                     "send/text as it was written",
	"forgets the files":                    "send/files",
	"does not say what files show":         "send/files",
	"drops the warning":                    "send/warning",
	"writes the warning into the text":     "send/warning",
	"forgets its key":                      "send/same key again",
	"waits until yesterday":                "send/rate limited",
	"hides the sign-in":                    "send/sign-in expired",
	"calls everything unknown":             "send/network down",
	"calls a lost answer a failure":        "send/answer lost",
	"calls garbage a failure":              "send/garbage",
	"finds nothing":                        "read back/finds what went out",
	"reads back by the words":              "read back/the same words before",
	"takes a failure for absence":          "read back/network down",
	"sees no edit":                         "look/what was edited unheard",
	"tells the same edit again":            "look/what was edited unheard",
	"sees no deletion":                     "look/what is gone unheard",
	"takes silence for a deletion":         "look/what stands",
	"counts nobody":                        "look/how far it has come",
	"counts only up":                       "look/how far it has come",
	"takes a failure for a deletion":       "look/network down",
	"closes but once":                      "line/closes twice",
	"leaves a goroutine":                   "line/leaves nothing behind",
	"clings to the context of Open":        "line/outlives the context of Open",
}

const mutantName = "CHANNELTEST_MUTANT"

// TestMutant is what TestMutantsFail runs in a process of its own: it fails, so it cannot be part of this one.
func TestMutant(t *testing.T) {
	t.Parallel()
	wrong := os.Getenv(mutantName)
	if wrong == "" {
		t.Skip("run by TestMutantsFail")
	}
	channeltest.Run(t, openPlaza(wrong))
}

func TestMutantsFail(t *testing.T) {
	t.Parallel()
	if os.Getenv(mutantName) != "" {
		t.Skip("a mutant is running")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for wrong, where := range mutants {
		t.Run(wrong, func(t *testing.T) {
			t.Parallel()
			where = strings.ReplaceAll(where, " ", "_")
			group, name, _ := strings.Cut(where, "/")
			cmd := exec.CommandContext(t.Context(), self, "-test.v", "-test.run=^TestMutant$/^"+group+"$/^"+name+"$")
			cmd.Env = append(os.Environ(), mutantName+"="+wrong)
			out, _ := cmd.CombinedOutput() // how it ended is in the output
			require.Contains(t, string(out), "--- FAIL: TestMutant/"+where, "a connector that %s passes, or fails elsewhere:\n%s", wrong, out)
			require.Contains(t, string(out), "the contract says: ", "the failure does not say which sentence is broken")
		})
	}
}
