// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/hilft/hilft"
)

// Connector is our translator for one network. Its methods may be called at any time, by many goroutines at once.
type Connector interface {
	// Describe returns what this network is and can do. It does no I/O and always returns the same.
	Describe() Description

	// Check proves the settings of an account against the network and tells who we are there. It is called when an
	// administrator connects or changes an account, within 30 seconds. ErrSignIn: the network does not accept our
	// credentials. A *Rejected names in Field the setting that is wrong.
	Check(ctx context.Context, acc Account, env Env) (Self, error)

	// Open opens the account's line. It should do no more than it must: no reading ahead, no sending. The context ends
	// with the call, not with the line.
	Open(ctx context.Context, acc Account, env Env) (Line, error)

	// Translate reads one raw delivery. It is pure: no I/O, no clock, no randomness, and whatever bytes it is given it
	// neither panics nor runs for long. Deliveries that mean nothing to a service desk give no items and no error. An
	// error means that the bytes cannot be read; they are then kept and shown to an administrator as they are.
	Translate(acc Account, raw Raw) ([]Item, error)
}

// Line is one open account. Send and ReadBack may be called while a Poll or Stream runs.
type Line interface {
	// Send delivers one message. It returns a Receipt only when the network has taken the message and named it.
	// Errors, by meaning: ErrUnknownOutcome when the message may have gone out (every time-out after the first byte of
	// the request); *RateLimited; *Rejected; ErrSignIn; ErrGone. Any other error promises that the message did not go
	// out, and Send will be called again with the same Key.
	Send(ctx context.Context, out Outgoing) (Receipt, error)

	// Close ends the line and all it has open. It may be called twice.
	Close() error
}

// Hooker is a Connector whose network calls us. Description.Can.Hook says so.
type Hooker interface {
	// Hook verifies one request and splits it into raw deliveries, or answers a challenge. It is pure but for
	// req.Now. ErrSignature: the request does not prove that it comes from the network, or is too old; nothing of it
	// is stored. *Rejected with ReasonBadMessage: it is theirs, and makes no sense; Detail tells their programmer why.
	// The deliveries are stored before the network gets its answer.
	Hook(acc Account, req HookRequest) (HookAnswer, error)
}

// SignInStarter is a Connector whose accounts are connected by signing in at the network (OAuth): all of them where
// Description.Can.SignIn is full; those for which a Choice that says so was made, where it is partial.
type SignInStarter interface {
	// SignInStart returns the address to which the administrator's browser goes. Keep is added to the account's
	// settings, sealed, before it goes there; state comes back with the answer.
	SignInStart(ctx context.Context, settings Settings, env Env, callback, state string) (SignInStep, error)
	// SignInFinish turns the network's answer into settings that are added to the account's.
	SignInFinish(ctx context.Context, settings Settings, env Env, callback string, answer url.Values) (Settings, error)
}

// Poller is a Line that can be asked for what is new. Description.Can.Poll says so.
type Poller interface {
	// Poll returns what came after the cursor, oldest first, and the cursor behind it. Batch and cursor are stored in
	// one transaction. The empty cursor is the account's first read: what is not older than Account.Since. More asks
	// to be called again at once. A Poll may return what a Stream or Hook has delivered before: the same Key says so.
	Poll(ctx context.Context, cursor string) (Batch, error)
}

// Streamer is a Line that hears what is new as it happens. Description.Can.Stream says so.
type Streamer interface {
	// Stream runs until the context ends or the connection breaks; the switchboard polls and calls it again, with
	// backoff. It returns nil only when the context has ended.
	Stream(ctx context.Context, to Receiver) error
}

// Receiver is where a Stream puts what it hears.
type Receiver interface {
	// Take stores deliveries durably before it returns. After an error nothing of the call is stored.
	Take(ctx context.Context, raws ...Raw) error
	// PollNow asks for a Poll soon, for streams that tell that there is something but not what.
	PollNow()
}

// ReadBacker is a Line that can find out whether a message went out. Description.Can.ReadBack says so.
type ReadBacker interface {
	// ReadBack looks for a message that Send was called for. ErrNotThere promises that it has not arrived and will not
	// any more; every other error leaves the outcome unknown.
	ReadBack(ctx context.Context, out Outgoing) (Receipt, error)
}

// LookMost is how many messages a Look is asked about at the most.
const LookMost = 20

// Looker is a Line that can be asked how messages stand at the network. Description.Can.Look says so.
type Looker interface {
	// Look asks after messages that the house has, and returns deliveries that tell of those that stand otherwise at the
	// network: edited since, gone, or further spread. Gone is only what the network surely has no more; of what it is
	// silent about, nothing is told. After an error nothing of the call is stored.
	Look(ctx context.Context, have []Standing) ([]Raw, error)
}

// Standing is how the house has a message.
type Standing struct {
	ID     string    `json:"id"`                 // remote id
	Edited time.Time `json:"edited_at,omitzero"` // when it was last edited, by the network's clock; zero: never
	Reach  Reach     `json:"reach"`
}

// Limiter is a Line whose limits depend on the account (an instance that allows longer posts).
type Limiter interface {
	Limits(ctx context.Context) (Limits, error)
}

// CanarySender is a Line that can send a sign of life to its own account, the way that customers' words come. Its
// Connector is a CanaryReader. Description.Can.Canary says so.
type CanarySender interface {
	// SendCanary sends one that bears the mark. Its errors are those of Send.
	SendCanary(ctx context.Context, mark string) error
}

// CanaryReader is a Connector that knows signs of life when they come back.
type CanaryReader interface {
	// CanaryIn returns the mark that a delivery bears, or nothing where it is no sign of life. It is asked for every
	// delivery before that is stored, so it must be quick; it is pure. Whether the mark is one of ours is for the
	// switchboard to tell: one that is not is stored and translated, to no items.
	CanaryIn(raw Raw) (mark string)
}

// Account is one presence of a brand on a network, as its connector sees it.
type Account struct {
	ID       hilft.AccountID
	Settings Settings  // complete, secrets in the clear
	Self     Self      // as Check told it; empty before
	Since    time.Time // nothing older is wanted on the first read
	Key      []byte    // 32 bytes of the account's own, for signing what comes back to us
}

// Settings are what an administrator or a sign-in entered, by Field.Key.
type Settings map[string]string

// Self is who we are on the network.
type Self struct {
	ID     string `json:"id"`     // remote id, never shown
	Handle string `json:"handle"` // "@brand", an address, a number
	Name   string `json:"name"`
	URL    string `json:"url"`
}

// Env is all of the house that a connector may touch.
type Env struct {
	Log       *slog.Logger
	HTTP      *http.Client // guarded against private addresses, with time and size limits; use no other
	Dial      Dial         // the same guard, for protocols that are not HTTP
	Now       func() time.Time
	PublicURL string  // where the world finds this house, without a slash at the end
	Mailbox   Mailbox // for networks that collect their messages from us

	// Renew asks a network anew for what a sign-in gave us, where that holds for a while only. It calls with the
	// settings as they are kept now, one caller at a time for the account on all nodes; what that returns is added to
	// them, sealed. Nothing: what is kept is good. It returns the settings as they are then. The account's lines may be
	// opened anew after it.
	Renew func(ctx context.Context, with Renewal) (Settings, error)
}

// Renewal asks a network for what is to be added to an account's settings. ErrSignIn: somebody must sign in again.
type Renewal func(ctx context.Context, kept Settings) (Settings, error)

// Dial connects to host:port. Addresses that the administrator has not allowed are refused.
type Dial func(ctx context.Context, network, address string) (Conn, error)

// Mailbox keeps messages that the other side collects from us: *sent* means stored here.
type Mailbox interface {
	// Put stores a message for a thread and returns its id. The same key gives the same id, once stored.
	Put(ctx context.Context, thread, key string, body []byte) (id string, err error)
}

// Raw is one delivery of a network, unread. Body is what was signed or sent, byte for byte.
type Raw struct {
	Key  string // unique in the account, at most 512 bytes, the same when the network delivers the same thing again by whatever way
	Kind string // the connector's own word for what this is
	Lane string // deliveries of one lane are read in the order in which they came; empty: the account's lane
	Body []byte
}

// Batch is what a Poll brought.
type Batch struct {
	Raws   []Raw
	Cursor string
	More   bool
}

// HookRequest is one request of a network to us.
type HookRequest struct {
	Method string
	Query  url.Values
	Header http.Header
	Body   []byte
	Now    time.Time
}

// HookAnswer is what Hook made of it. Without a Type and Body the network gets an empty 200 when all is stored.
type HookAnswer struct {
	Raws []Raw
	Type string
	Body []byte
}

// SignInStep sends the administrator's browser to the network.
type SignInStep struct {
	URL  string
	Keep Settings
}
