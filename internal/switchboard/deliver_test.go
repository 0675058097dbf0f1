// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

func refuses(err error) func(channel.Outgoing) (channel.Receipt, error) {
	return func(channel.Outgoing) (channel.Receipt, error) { return channel.Receipt{}, err }
}

func TestAMessageIsDeliveredOnceAndInOrder(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.says(a, "c1", "1", "2", "3")
		for i := 1; i <= 3; i++ {
			r := h.hears(fmt.Sprint(i), hilft.Sent, "")
			require.Equal(t, fmt.Sprint("remote ", i), r.Receipt.ID)
			require.Equal(t, []hilft.Delivery{hilft.Sending, hilft.Sent}, h.at(fmt.Sprint(i)))
		}
		require.Equal(t, []string{"1", "2", "3"}, h.net.calls())
		require.Equal(t, h.clock.Now(), h.account(a.ID).SentAt)
		require.Zero(t, h.count(`SELECT COUNT(*) FROM job WHERE kind = 'deliver'`))
	})
}

func TestWhatFailsForTheMomentIsTriedAgain(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.net.sends(refuses(errors.New("connection refused \x00\xff")))
		h.says(a, "c1", "1", "2")
		r := h.hears("1", hilft.Queued, channel.ReasonTemporary)
		require.Contains(t, r.Detail, "refused")
		require.True(t, r.RetryAt.After(h.clock.Now()))
		h.net.sends(nil)
		h.forward(10 * time.Minute)
		h.hears("1", hilft.Sent, "")
		h.hears("2", hilft.Sent, "")
		require.Equal(t, []string{"1", "1", "2"}, h.net.calls(), "the second waits for the first")
	})
}

func TestWhatNeverWorksIsGivenUp(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.net.sends(refuses(errors.New("connection refused")))
		h.says(a, "", "1")
		h.hears("1", hilft.Queued, channel.ReasonTemporary)
		h.forward(25 * time.Hour)
		h.hears("1", hilft.Failed, channel.ReasonGaveUp)
	})
}

func TestTheNetworksNoIsFinal(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.net.sends(func(out channel.Outgoing) (channel.Receipt, error) {
			if out.Key == "gone" {
				return channel.Receipt{}, fmt.Errorf("404: %w", channel.ErrGone)
			}
			return channel.Receipt{}, fmt.Errorf("422: %w", &channel.Rejected{Reason: channel.ReasonTooLong, Detail: "500 at most\x00"})
		})
		h.says(a, "", "long", "gone")
		require.Equal(t, "500 at most", h.hears("long", hilft.Failed, channel.ReasonTooLong).Detail)
		h.hears("gone", hilft.Failed, channel.ReasonGone)
		// A person shortens nothing but tries again.
		h.net.sends(nil)
		h.dispatch(a, "", true, "long")
		h.hears("long", hilft.Sent, "")
		require.Equal(t, []hilft.Delivery{hilft.Sending, hilft.Failed, hilft.Sending, hilft.Sent}, h.at("long"))
	})
}

func TestARateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		until := h.clock.Now().Add(40 * time.Minute)
		h.net.sends(refuses(&channel.RateLimited{Until: until}))
		h.says(a, "", "1")
		require.Equal(t, until, h.hears("1", hilft.Queued, channel.ReasonRateLimit).RetryAt)
		h.net.sends(nil)
		h.forward(39 * time.Minute)
		h.says(a, "", "2")
		h.hears("2", hilft.Sent, "")
		require.Equal(t, []string{"1", "2"}, h.net.calls())
		h.forward(time.Minute)
		h.hears("1", hilft.Sent, "")
	})
}

// Some networks say that there is a limit, but not until when, or until yesterday, or for ever.
func TestARateLimitThatMakesNoSenseIsNoLoop(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.net.sends(func(out channel.Outgoing) (channel.Receipt, error) {
			return channel.Receipt{}, &channel.RateLimited{Until: map[string]time.Time{"past": h.clock.Now().Add(-time.Hour), "ever": h.clock.Now().AddDate(9000, 0, 0)}[out.Key]}
		})
		h.says(a, "", "none", "past", "ever")
		for _, id := range []string{"none", "past", "ever"} {
			r := h.hears(id, hilft.Queued, channel.ReasonRateLimit)
			require.True(t, r.RetryAt.After(h.clock.Now()) && !r.RetryAt.After(h.clock.Now().Add(limitMost)), "%v", r.RetryAt)
		}
		require.Len(t, h.net.calls(), 3)
	})
}

func TestAMessageWaitsForASignIn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.net.sends(refuses(fmt.Errorf("401: %w", channel.ErrSignIn)))
		h.says(a, "", "1")
		h.hears("1", hilft.Queued, channel.ReasonSignIn)
		h.stands(a, hilft.AccountSignIn)
		h.says(a, "", "2")
		h.hears("2", hilft.Queued, channel.ReasonSignIn)
		require.Len(t, h.net.calls(), 1, "what cannot be sent is not tried")
		h.net.sends(nil)
		_, err := h.Change(t.Context(), brand, a.ID, "", channel.Settings{"password": "new"})
		require.NoError(t, err)
		h.hears("1", hilft.Sent, "") // at once: the clock stands still
		h.hears("2", hilft.Sent, "")
		require.Equal(t, "new", h.net.opened[len(h.net.opened)-1].Settings["password"])
	})
}

// A network that asks for a new sign-in again, right after one, has not taken the message: it stands as it did before.
func TestAMessageThatIsRefusedASecondTimeWaitsAgain(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.net.sends(refuses(channel.ErrSignIn))
		h.says(a, "", "1")
		h.hears("1", hilft.Queued, channel.ReasonSignIn)
		for n := 2; n <= 3; n++ {
			_, err := h.Change(t.Context(), brand, a.ID, "", channel.Settings{"password": fmt.Sprint("new", n)})
			require.NoError(t, err)
			h.see("it is tried", func() bool { return len(h.net.calls()) == n })
			h.stands(a, hilft.AccountSignIn)
			h.see("it waits again", func() bool {
				return h.count(`SELECT COUNT(*) FROM delivery WHERE state = 'queued' AND reason = 'sign_in'`) == 1
			})
			h.hears("1", hilft.Queued, channel.ReasonSignIn)
		}
	})
}

func TestALateRefusalOfOldCredentialsDoesNotLockOutTheNewOnes(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		calling, answer := make(chan struct{}), make(chan struct{})
		h.net.sends(func(channel.Outgoing) (channel.Receipt, error) {
			close(calling)
			<-answer
			return channel.Receipt{}, channel.ErrSignIn
		})
		h.says(a, "", "1")
		h.await(calling)
		changed, err := h.Change(t.Context(), brand, a.ID, "", channel.Settings{"password": "new"})
		require.NoError(t, err)
		h.net.sends(nil)
		close(answer)
		h.hears("1", hilft.Queued, channel.ReasonSignIn)
		require.Equal(t, changed.State, h.account(a.ID).State)
		h.forward(2 * time.Minute)
		h.hears("1", hilft.Sent, "")
	})
}

func TestAPausedAccountSendsWhenItIsResumed(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		_, err := h.Pause(t.Context(), brand, a.ID)
		require.NoError(t, err)
		h.says(a, "c1", "1", "2", "3")
		h.hears("1", hilft.Queued, channel.ReasonPaused)
		require.Empty(t, h.net.calls())
		_, err = h.Resume(t.Context(), brand, a.ID)
		require.NoError(t, err)
		h.hears("3", hilft.Sent, "") // at once: the clock stands still
		require.Equal(t, []string{"1", "2", "3"}, h.net.calls())
	})
}

// What a node knows of an account is old for a moment, and a reply that it lets wait waits no longer than that.
func TestANodeThatDoesNotKnowYetThatAnAccountWorksAgain(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		late := h.another().works()
		old := h.account(a.ID)
		old.State = hilft.AccountPaused
		late.Switchboard.mu.Lock()
		late.accounts[a.ID] = &entry{acc: old, read: time.Now().Add(time.Hour)}
		late.Switchboard.mu.Unlock()
		h.says(a, "c1", "1")
		late.hears("1", hilft.Queued, channel.ReasonPaused)
		late.forward(backoffLeast)
		late.hears("1", hilft.Sent, "")
	})
}

func TestOurOwnPaceIsKept(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.net.lim.SendMinute = 20 // two at once, then one every three seconds
		h = h.another()           // what a connector says of itself is read at the start
		a := h.works().connect("a")
		h.says(a, "", "1", "2", "3", "4")
		h.see("two are sent", func() bool { return h.count(`SELECT COUNT(*) FROM delivery WHERE state = 'sent'`) == 2 })
		h.see("two wait", func() bool { return h.count(`SELECT COUNT(*) FROM delivery WHERE reason = 'rate_limit'`) == 2 })
		require.Len(t, h.net.calls(), 2)
		for n := 3; n <= 4; n++ {
			h.forward(3 * time.Second)
			h.see("one more", func() bool { return h.count(`SELECT COUNT(*) FROM delivery WHERE state = 'sent'`) == n })
			require.Len(t, h.net.calls(), n)
		}
	})
}

func TestARemovedAccountDeliversNothing(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("a")
		h.says(a, "", "1")
		require.NoError(t, h.Remove(t.Context(), brand, a.ID))
		h.works().hears("1", hilft.Failed, channel.ReasonRemoved)
		require.Empty(t, h.net.calls())
	})
}

func TestAnUnknownOutcomeIsReadBack(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.net.can.ReadBack = channel.Full
		a := h.works().connect("a")
		for name, c := range map[string]struct {
			finds []any // what each look finds: a receipt's id, or an error
			want  hilft.Delivery
			calls int
		}{
			"found":              {[]any{"42"}, hilft.Sent, 1},
			"found at last":      {[]any{errors.New("slow"), "42"}, hilft.Sent, 1},
			"not there":          {[]any{channel.ErrNotThere}, hilft.Sent, 2},
			"never found":        {[]any{errors.New("slow")}, hilft.Unknown, 1},
			"found without name": {[]any{""}, hilft.Unknown, 1},
			"limited, and found": {[]any{&channel.RateLimited{}, &channel.RateLimited{}, &channel.RateLimited{}, &channel.RateLimited{}, "42"}, hilft.Sent, 1},
		} {
			var looks atomic.Int32
			h.net.on(func(w *wire) {
				w.took = nil
				w.send = refuses(fmt.Errorf("%w: time-out", channel.ErrUnknownOutcome))
				w.back = func(out channel.Outgoing) (channel.Receipt, error) {
					if out.First.IsZero() {
						return channel.Receipt{}, errors.New("it is not said since when to look")
					}
					switch v := c.finds[min(int(looks.Add(1)), len(c.finds))-1].(type) {
					case string:
						return channel.Receipt{ID: v}, nil
					case error:
						return channel.Receipt{}, v
					}
					return channel.Receipt{}, nil
				}
			})
			h.says(a, name, name)
			h.hears(name, hilft.Sending, channel.ReasonUnknown)
			h.net.sends(nil)
			h.see(name+" ends", func() bool {
				h.later(50 * time.Second) // less than a lease
				w := h.word(name).Delivery
				return w == hilft.Sent || w == hilft.Unknown
			})
			require.Equal(t, c.want, h.word(name).Delivery, name)
			require.Len(t, h.net.calls(), c.calls, name)
			if c.want == hilft.Sent && c.calls == 1 {
				require.Equal(t, "42", h.word(name).Receipt.ID, name)
			}
		}
	})
}

func TestWhereNothingCanBeReadBackAPersonDecides(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		h.net.sends(refuses(channel.ErrUnknownOutcome))
		h.says(a, "c1", "1")
		h.hears("1", hilft.Unknown, channel.ReasonUnknown)
		h.net.sends(func(channel.Outgoing) (channel.Receipt, error) { panic("nil response") })
		h.says(a, "c1", "2")
		h.hears("2", hilft.Unknown, channel.ReasonUnknown)
		h.net.sends(func(channel.Outgoing) (channel.Receipt, error) { return channel.Receipt{}, nil })
		h.says(a, "c1", "3")
		h.hears("3", hilft.Unknown, channel.ReasonUnknown)
		h.forward(48 * time.Hour)
		require.Equal(t, []string{"1", "2", "3"}, h.net.calls(), "nothing is sent again on a guess")
		h.net.sends(nil)
		h.dispatch(a, "c1", true, "1")
		h.hears("1", hilft.Sent, "")
		require.Equal(t, []string{"1", "2", "3", "1"}, h.net.calls())
	})
}

// The node dies when the network has the message and we have not written it down.
func TestACrashWhileSendingNeverSendsTwice(t *testing.T) {
	t.Parallel()
	for can, cases := range map[channel.Level]map[string]func(h *house, a Account){
		channel.Full: {"it can be read back": nil},
		channel.No: {
			"nothing can be read back": nil,
			"the account was paused meanwhile": func(h *house, a Account) {
				_, err := h.Pause(h.t.Context(), brand, a.ID)
				require.NoError(h.t, err)
			},
			"the network cannot be reached meanwhile": func(h *house, _ Account) {
				n := 0
				h.net.on(func(w *wire) {
					w.open = func(channel.Account) error {
						if n++; n < 3 {
							return errors.New("no route")
						}
						return nil
					}
				})
			},
			"the account was removed meanwhile": func(h *house, a Account) { require.NoError(h.t, h.Remove(h.t.Context(), brand, a.ID)) },
		},
	} {
		t.Run("read back: "+string(can), func(t *testing.T) {
			t.Parallel()
			inHouse(t, func(t *testing.T, h *house) {
				h.net.can.ReadBack = can
				h.works()
				other := h.another().works()
				for name, meanwhile := range cases {
					crash(h, other, name, meanwhile, map[channel.Level]hilft.Delivery{channel.Full: hilft.Sent, channel.No: hilft.Unknown}[can])
				}
			})
		})
	}
}

// crash lets a node fall asleep in the middle of a Send, and another take over.
func crash(h, other *house, name string, meanwhile func(h *house, a Account), want hilft.Delivery) {
	calling, answer := make(chan struct{}), make(chan struct{})
	wake := sync.OnceFunc(func() { close(answer) })
	h.t.Cleanup(wake)
	h.net.on(func(w *wire) {
		w.took, w.open = nil, nil
		w.back = func(channel.Outgoing) (channel.Receipt, error) { return channel.Receipt{ID: "remote"}, nil }
		w.send = func(channel.Outgoing) (channel.Receipt, error) {
			close(calling)
			<-answer
			return channel.Receipt{ID: "late"}, nil
		}
	})
	a := h.connect(name)
	h.says(a, name, name)
	h.await(calling)
	if meanwhile != nil {
		meanwhile(h, a)
	}
	stands := func(d hilft.Delivery) bool {
		return h.count(`SELECT COUNT(*) FROM delivery WHERE message_id = ? AND state = ?`, name, string(d)) == 1
	}
	h.see(name+": somebody decides", func() bool {
		h.forward(3 * time.Minute) // the lease ends
		other.forward(0)
		if h.word(name).Reason == channel.ReasonPaused || other.word(name).Reason == channel.ReasonPaused {
			_, err := h.Resume(h.t.Context(), brand, a.ID)
			require.NoError(h.t, err)
		}
		return stands(hilft.Sent) || stands(hilft.Unknown) || stands(hilft.Failed)
	})
	require.True(h.t, stands(want), name)
	wake() // the first node comes back: what it writes does not count
	h.forward(time.Hour)
	require.Len(h.t, h.net.calls(), 1, name)
	require.True(h.t, stands(want), name)
}

func TestALineInUseIsNotClosedUnderItsUser(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.works().connect("a")
		calling, answer := make(chan struct{}), make(chan struct{})
		h.net.sends(func(out channel.Outgoing) (channel.Receipt, error) {
			if out.Key == "1" {
				close(calling)
				<-answer
			}
			return channel.Receipt{ID: out.Key}, nil
		})
		h.says(a, "", "1")
		h.await(calling)
		_, err := h.Change(t.Context(), brand, a.ID, "", channel.Settings{"password": "new"})
		require.NoError(t, err)
		h.says(a, "", "2")
		h.hears("2", hilft.Sent, "")
		h.net.on(func(w *wire) { require.Zero(t, w.closed) })
		close(answer)
		h.hears("1", hilft.Sent, "")
		h.see("the old line is closed", func() bool { h.net.mu.Lock(); defer h.net.mu.Unlock(); return h.net.closed == 1 })
	})
}

// A large file on a slow line is not broken off, and no message holds a worker for ever.
func TestWhatIsLargeMayTakeLonger(t *testing.T) {
	t.Parallel()
	of := func(mib ...int) time.Duration {
		var out channel.Outgoing
		for _, n := range mib {
			out.Files = append(out.Files, channel.File{Size: int64(n) << 20})
		}
		return sendTime(out)
	}
	require.Equal(t, []time.Duration{sendFor, sendFor + 320*time.Second, sendFor + 640*time.Second, sendMost}, []time.Duration{of(), of(20), of(20, 20), of(60, 60)})
}
