// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/push"
	"github.com/hilft/hilft/internal/search"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/internal/watch"
	"github.com/hilft/hilft/internal/webhook"
)

// Deps is what the room works with.
type Deps struct {
	DB          *store.DB
	Trail       *audit.Trail
	Webhooks    *webhook.Webhooks
	Push        *push.Push
	Bus         *bus.Bus
	Jobs        *jobs.Jobs
	Access      *access.Access
	Keys        *access.Keys
	Blobs       *blob.Folder
	Desk        *desk.Desk
	Search      *search.Search
	Switchboard *switchboard.Switchboard
	Watch       *watch.Watch
	Connectors  []channel.Connector
	Pages       fs.FS  // the browser app
	Widget      []byte // the chat's script; empty: not built
	PublicURL   string // without a slash at the end
	MediaURL    string // another origin for media; empty: our own, sandboxed
	// TrustedProxies are those whose word counts when they say where a request comes from.
	TrustedProxies []netip.Prefix
	MetricsFrom    []netip.Prefix // who may read the figures
	Pace           Pace
	Rates          Rates
	Version        string
	Demo           *Demo
	Log            *slog.Logger
	Tracer         trace.Tracer // nil: nobody looks
}

// Demo is the sign-in of a demonstration, which its page fills in by itself.
type Demo struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// API is the room.
type API struct {
	Deps
	made     time.Time
	sessions *scs.SessionManager
	store    *access.SessionStore
	relay    *relay
	presence *presence
	chat     *Chat
	uploads  *Uploads
	known    directory
	metrics  *metrics
	rates    *rater
	leaving  atomic.Bool
	handler  http.Handler
	api      huma.API
}

const bodyMost = 1 << 20

// errorsOnce: huma keeps how errors look in one place for the whole program.
var errorsOnce sync.Once

// New makes the room. Run must run for live events to flow.
func New(d Deps) *API {
	errorsOnce.Do(func() { huma.NewError = newProblem })
	d.Pace = d.Pace.orDefaults()
	if d.Tracer == nil {
		d.Tracer = noop.NewTracerProvider().Tracer("")
	}
	a := &API{Deps: d, made: d.DB.Now(), relay: newRelay(d.Jobs, d.Bus, d.Log), presence: newPresence(d.Bus, d.Pace.Present)}
	a.rates = newRater(d.DB.Now)
	a.store = d.Access.Sessions()
	a.sessions = a.sessionManager()
	a.known.api = a
	a.uploads = NewUploads(d.DB, d.Blobs)
	a.chat = NewChat(ChatDeps{Lines: d.Switchboard, Bus: d.Bus, Connectors: d.Connectors, Script: d.Widget, Spoken: a.spoken, Attended: a.store.InUse, IP: a.place, Uploads: a.uploads, Href: a.visitorHref, Now: d.DB.Now, Log: d.Log})
	a.metrics = newMetrics(a)
	mux := http.NewServeMux()
	a.api = humago.New(mux, a.config())
	a.api.UseMiddleware(a.scoped)
	a.operations()
	a.plain(mux)
	a.handler = a.around(mux)
	return a
}

func (a *API) sessionManager() *scs.SessionManager {
	m := scs.New()
	m.Store = a.store
	m.Lifetime = access.SessionLongest
	m.Cookie.Name = "hilft"
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.HttpOnly = true
	if strings.HasPrefix(a.PublicURL, "https://") {
		m.Cookie.Name, m.Cookie.Secure = "__Host-hilft", true
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { a.fail(w, r, err) }
	return m
}

func (a *API) config() huma.Config {
	c := huma.DefaultConfig("hilft", "1")
	c.Info.Description = "The JSON API of hilft, the social customer service desk. The browser app uses nothing else. " +
		"Writes take an Idempotency-Key; errors are application/problem+json with a message key in code."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/openapi", "", ""
	c.CreateHooks = nil // no $schema links in answers
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", func(t reflect.Type, hint string) string {
		return strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "JSON")
	})
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"session": {Type: "apiKey", In: "cookie", Name: a.sessions.Cookie.Name}}
	return c
}

// operations registers the JSON API, one file per thing that is done.
func (a *API) operations() {
	a.setupOperations()
	a.sessionOperations()
	a.letterOperations()
	a.agentOperations()
	a.endingOperations()
	a.sessionListOperations()
	a.secondOperations()
	a.passkeyOperations()
	a.providerOperations()
	a.pushOperations()
	a.linkOperations()
	a.tokenOperations()
	a.trailOperations()
	a.webhookOperations()
	a.inboxOperations()
	a.searchOperations()
	a.caseOperations()
	a.carryOperations()
	a.personOperations()
	a.viewOperations()
	a.togetherOperations()
	a.sleepOperations()
	a.partOperations()
	a.draftOperations()
	a.messageOperations()
	a.typingOperation()
	a.presenceOperation()
	a.queueOperations()
	a.accountOperations()
	a.healthOperations()
	a.watchOperations()
	a.serviceOperations()
	a.eventOperations()
	a.nullable()
	a.describeTokens()
}

// nullable says in the description which things may be missing: huma says it of plain values only.
func (a *API) nullable() {
	for schema, properties := range map[string][]string{
		"Case": {"agent", "reserved"}, "CaseRow": {"agent", "reserved"}, "Acted": {"agent", "reserved"}, "Message": {"agent", "author", "onward"}, "Event": {"agent"}, "TrailEntry": {"agent", "brand"}, "Draft": {"agent"}, "Served": {"case"}, "Way": {"caution", "limits"}, "Setup": {"demo"},
	} {
		all := a.api.OpenAPI().Components.Schemas.Map()[schema].Properties
		for _, name := range properties {
			was := all[name]
			all[name] = &huma.Schema{Description: was.Description, AnyOf: []*huma.Schema{{Ref: was.Ref, Type: was.Type, AdditionalProperties: was.AdditionalProperties}, {Type: "null"}}}
		}
	}
}

// plain registers what is no JSON.
func (a *API) plain(mux *http.ServeMux) {
	mux.HandleFunc("/hooks/{account}", a.hook)
	mux.HandleFunc("GET /media/{token}/{name}", a.media)
	mux.HandleFunc("POST "+uploadPath, a.only(workers, uploadFile, a.upload))
	mux.HandleFunc("GET /api/messages/{id}/html", a.only(readers, messageHTML, a.messageHTML))
	mux.HandleFunc("GET /api/stuck/{id}/raw", a.only(leads, stuckRaw, a.stuckRaw))
	mux.HandleFunc("GET /api/sign-in/callback", a.only(agents, cameBack, a.signInCallback))
	mux.HandleFunc("GET "+access.CameBack+"{id}", a.arrived)
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("GET /metrics", a.from(a.MetricsFrom, a.metrics.handler()))
	a.chat.Register(mux)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, notFound("api.not_found")) })
	mux.Handle("/", pages(a.Pages, a.mediaOrigin()))
}

// mediaOrigin is the origin that pages may show media of, beside their own.
func (a *API) mediaOrigin() string {
	if u, err := url.Parse(a.MediaURL); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	return ""
}

// around is what happens to every request.
func (a *API) around(next http.Handler) http.Handler {
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, forbidden("request.cross_origin")) }))
	// Networks and visitors of other sites have no session to misuse, and prove who they are in their own way.
	csrf.AddInsecureBypassPattern("/hooks/")
	csrf.AddInsecureBypassPattern("/chat/")
	// A proxy may show us another host than browsers see, so that their own origin looks like a foreign one.
	if err := csrf.AddTrustedOrigin(a.PublicURL); err != nil {
		a.Log.Warn("the public address is no origin", "err", err)
	}
	bySession := func(next http.Handler) http.Handler { return a.sessions.LoadAndSave(a.actor(a.paced(a.led(next)))) }
	api := a.sound(a.placed(a.byToken(a.once(next), unattended(bySession(a.once(next))))))
	files := a.placed(a.byToken(next, bySession(next))) // read by whoever keeps them, not into memory
	smaller := compressing()(api)
	doors := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/events":
			api.ServeHTTP(w, r) // written word by word
		case r.URL.Path == uploadPath:
			files.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/api/"):
			smaller.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
	return a.metrics.measure(a.recovered(inTime(a.headers(a.soundPath(a.apart(csrf.Handler(doors)))))))
}

// compressing makes answers smaller where that is worth it, and their size say less about what is in them. It packs quickly:
// to pack a page of the inbox as well as usual took a fifth of what the whole page costs.
func compressing() func(http.Handler) http.HandlerFunc {
	zip, err := gzhttp.NewWrapper(gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.MinSize(1024), gzhttp.RandomJitter(32, 0, false), gzhttp.ContentTypes([]string{"application/json", "application/problem+json"}))
	if err != nil {
		panic("httpapi: " + err.Error()) // the options are constants
	}
	return zip
}

func (a *API) headers(next http.Handler) http.Handler {
	secure := strings.HasPrefix(a.PublicURL, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP serves everything.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// OpenAPI is the API's description.
func (a *API) OpenAPI() *huma.OpenAPI { return a.api.OpenAPI() }

// Run carries live events to browsers until the context ends, and sweeps up after requests that are long over.
func (a *API) Run(ctx context.Context) {
	a.forgetUnanswered(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { a.relay.run(ctx) })
	wg.Go(func() { a.sweep(ctx) })
	wg.Go(func() { a.hearsWriting(ctx) })
	wg.Go(func() { a.presence.run(ctx) })
	wg.Go(func() { a.endsReservations(ctx) })
	<-ctx.Done()
	a.chat.Close()
	wg.Wait()
}

const sweepEvery = time.Hour

func (a *API) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if _, err := a.Access.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("sweeping sessions", "err", err)
		}
		if err := a.Push.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("sweeping subscriptions", "err", err)
		}
		if err := a.forgetRequests(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("sweeping requests", "err", err)
		}
		if err := a.Desk.ForgetDrafts(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("sweeping drafts", "err", err)
		}
		if err := a.uploads.sweep(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("sweeping uploads", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
