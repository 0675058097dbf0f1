// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/switchboard"
)

// ChatConnector is a connector whose customers speak at sockets of this house itself. It owns the words on the wire;
// the chat owns the sockets and says who speaks.
type ChatConnector interface {
	// Hear makes the delivery of what a visitor says, out of the frame as it came. An error of kind Invalid says with
	// "chat." and a code why it cannot be taken.
	// Files are what the house has taken in for it.
	Hear(visitor string, at time.Time, frame []byte, files ...channel.File) (channel.Raw, error)
	// Shown makes the delivery that tells that letters of the visitor's mailbox stood on their screen.
	Shown(visitor string, at time.Time, letters []int64) (channel.Raw, error)
	// Read tells what the visitor is shown of a message in their mailbox, and which files belong to it.
	Read(body []byte) (visible []byte, files []channel.File)
	// Front tells on which origins an account's chat may stand, as browsers send them, and what everybody may see of
	// its settings, as JSON.
	Front(settings channel.Settings) (origins []string, visible []byte)
	// Hours tells whether somebody answers at a time, else when next, and whether somebody has to be at the desk for that.
	Hours(settings channel.Settings, now time.Time) (open bool, next time.Time, attended bool)
}

// ChatLines is what the chat needs of the switchboard.
type ChatLines interface {
	Account(ctx context.Context, id hilft.AccountID) (switchboard.Account, error)
	AccountKey(id hilft.AccountID, purpose string) []byte
	Receive(ctx context.Context, id hilft.AccountID, raws ...channel.Raw) error
	Collect(ctx context.Context, id hilft.AccountID, thread string, after int64, most int) ([]switchboard.Letter, error)
}

// ChatBus is what the chat needs of the bus.
type ChatBus interface {
	Subscribe(subject string, fn func(subject string, data []byte)) (cancel func())
	Publish(subject string, data []byte)
}

// ChatWord is what a visitor has said before.
type ChatWord struct {
	ID    string // remote id, as the connector gave it
	At    time.Time
	Text  string
	Files []channel.File
}

// ChatDeps is what the chat works with.
type ChatDeps struct {
	Lines      ChatLines
	Bus        ChatBus
	Connectors []channel.Connector // those that are a ChatConnector are served here
	Script     []byte              // the widget; empty: not built
	// Spoken reads the last words of a visitor, at most so many, for the page that is loaded again. Without it a reload
	// shows our messages only.
	Spoken func(ctx context.Context, id hilft.AccountID, thread string, most int) ([]ChatWord, error)
	// Attended tells whether somebody has worked at the desk within a time. Without it somebody always has.
	Attended func(ctx context.Context, within time.Duration) (bool, error)
	// IP tells where a request comes from, behind the proxies that the house trusts. Without it: the connection's own.
	IP      func(r *http.Request) string
	Uploads *Uploads                    // keeps visitors' files; nil: the chat takes none
	Href    func(f channel.File) string // where a browser fetches a file
	Limits  ChatLimits
	Now     func() time.Time // default: time.Now
	Log     *slog.Logger
}

// ChatLimits keep one visitor, and one address that calls itself many visitors, from using up what is meant for all. Zero
// values are replaced by sensible ones.
type ChatLimits struct {
	WordsMinute    int           // words of one visitor
	PlaceMinute    int           // words from one address
	VisitorsMinute int           // new visitors from one address
	TypingMinute   int           // times that one visitor's writing is passed on
	ShownMinute    int           // times that one visitor may say what they have seen
	FilesMinute    int           // files from one address
	FileSize       int64         // bytes of one file
	Uploads        int           // files from one address that are on their way at once
	Sockets        int           // open at once for one visitor
	PlaceSockets   int           // open at once from one address
	Beat           time.Duration // how often a silent socket is tried
	Patience       time.Duration // how long a browser may take for a hello, for a frame, for an answer to a beat
}

func (l ChatLimits) orDefaults() ChatLimits {
	set := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	set(&l.WordsMinute, 20)
	set(&l.VisitorsMinute, 30)
	set(&l.PlaceMinute, 300)
	set(&l.Sockets, 6)
	set(&l.PlaceSockets, 300)
	set(&l.TypingMinute, 30)
	set(&l.ShownMinute, 30)
	set(&l.FilesMinute, 20)
	set(&l.Uploads, 3)
	if l.FileSize == 0 {
		l.FileSize = 10 << 20
	}
	if l.Beat == 0 {
		l.Beat = 30 * time.Second
	}
	if l.Patience == 0 {
		l.Patience = 10 * time.Second
	}
	return l
}

// Chat keeps the visitors' sockets of this node. It promises:
//
//   - A word is acknowledged when it is durably stored, and not before; sent again with the same id it is stored once.
//   - A visitor gets every message that lies in their mailbox, in order; the browser says which one it has last.
//   - Who holds a visitor's token is that visitor. Nobody else reads or writes in their conversation.
//   - A page on another origin than the account's settings allow gets no socket.
type Chat struct {
	ChatDeps
	connectors map[string]ChatConnector // by network
	words      *chatGate
	places     *chatGate
	newcomers  *chatGate
	files      *chatGate
	typing     *chatGate
	shown      *chatGate
	scripts    chatScripts

	life context.Context //nolint:containedctx // the sockets' lifetime: from NewChat to Close
	end  context.CancelFunc
	all  sync.WaitGroup

	mu      sync.Mutex
	rooms   map[hilft.AccountID]*chatRoom
	from    map[string]int // sockets by the address that they come from
	uploads map[string]int // files on their way, by the address that they come from
	turn    []*chatVisitor // those whom the next sweeps look after
}

// NewChat makes the chat. Close ends it.
func NewChat(d ChatDeps) *Chat {
	d.Limits = d.Limits.orDefaults()
	if d.IP == nil {
		d.IP = chatRemoteHost
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	c := &Chat{
		ChatDeps: d, connectors: map[string]ChatConnector{}, rooms: map[hilft.AccountID]*chatRoom{}, from: map[string]int{},
		words: newChatGate(d.Limits.WordsMinute), places: newChatGate(d.Limits.PlaceMinute), newcomers: newChatGate(d.Limits.VisitorsMinute),
		files: newChatGate(d.Limits.FilesMinute), typing: newChatGate(d.Limits.TypingMinute), shown: newChatGate(d.Limits.ShownMinute), uploads: map[string]int{},
	}
	for _, con := range d.Connectors {
		if chats, ok := con.(ChatConnector); ok {
			c.connectors[con.Describe().ID] = chats
		}
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.all.Go(c.sweep)
	return c
}

// Close ends all sockets and waits for them. Browsers connect again, to this node or another.
func (c *Chat) Close() {
	c.mu.Lock()
	c.end()
	c.mu.Unlock()
	c.all.Wait()
}

// Register adds the chat's addresses to a mux.
func (c *Chat) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /chat/{account}/widget.js", c.serveScript)
	mux.HandleFunc("GET /chat/{account}/ws", c.serveSocket)
	mux.HandleFunc("POST /chat/{account}/files", c.serveFiles)
	mux.HandleFunc("OPTIONS /chat/{account}/files", c.serveFiles)
}

// chatFront is what a stranger meets: an account's chat.
type chatFront struct {
	account  hilft.AccountID
	con      ChatConnector
	settings channel.Settings
	origins  []string
	visible  []byte
}

// front finds the chat that a request asks for. NotFound: there is no such account, it is switched off, or it is no
// chat.
func (c *Chat) front(r *http.Request) (chatFront, error) {
	id := r.PathValue("account")
	if !utf8.ValidString(id) || strings.ContainsRune(id, 0) { // no database would take it
		return chatFront{}, hilft.Fail(hilft.NotFound, "account.not_found", nil)
	}
	return c.frontOf(r.Context(), hilft.AccountID(id))
}

func (c *Chat) frontOf(ctx context.Context, id hilft.AccountID) (chatFront, error) {
	acc, err := c.Lines.Account(ctx, id)
	if err != nil {
		return chatFront{}, fmt.Errorf("chat: front: %w", err)
	}
	con, ok := c.connectors[acc.Network]
	if !ok || acc.State == hilft.AccountPaused {
		return chatFront{}, hilft.Fail(hilft.NotFound, "account.no_chat", nil)
	}
	origins, visible := con.Front(acc.Settings)
	if len(origins) == 0 {
		return chatFront{}, hilft.Fail(hilft.NotFound, "account.no_chat", nil)
	}
	return chatFront{account: acc.ID, con: con, settings: acc.Settings, origins: origins, visible: visible}, nil
}

// refuse answers a request that gets no socket and no script. It says nothing about why.
func (c *Chat) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if hilft.KindOf(err) == hilft.NotFound {
		http.NotFound(w, r)
		return
	}
	if hilft.KindOf(err) == hilft.Internal {
		c.Log.Error("chat: front", "err", err)
	}
	w.Header().Set("Retry-After", "5")
	http.Error(w, "not now", http.StatusServiceUnavailable)
}
