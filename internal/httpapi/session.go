// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
)

type meJSON struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Initials  string            `json:"initials"`
	Email     string            `json:"email"`
	Runs      bool              `json:"runs" doc:"One is an administrator: one runs the house."`
	Language  string            `json:"language" enum:"de,en"`
	Scheme    string            `json:"scheme" enum:"auto,light,dark"`
	Clash     string            `json:"initials_clash" doc:"The name of a colleague who has the same initials; empty: nobody has."`
	Signature string            `json:"signature" doc:"What stands under one's letters, above the brand's."`
	SignsAs   string            `json:"signs_as" doc:"One's name behind replies that are no letters, where the brand wants names; empty: one's first name."`
	Keys      map[string]string `json:"keys" nullable:"false" doc:"Keys of one's own: a character, or nothing for none, by the desk's name of the act."`
	After     afterJSON         `json:"after"`
	Toured    bool              `json:"toured" doc:"Has been shown around, or has declined."`
	Second    string            `json:"second_step" enum:"nothing,soon,now" doc:"What is asked of somebody who has no second step at sign-in: soon, their role asks for one; now, nothing else is possible before."`
	Brand     workplaceJSON     `json:"brand" doc:"The one that was asked for; without an id: one sees none yet."`
	Brands    []workplaceJSON   `json:"brands" nullable:"false" doc:"All that one sees."`
	Networks  []networkName     `json:"networks" nullable:"false" doc:"What they are called, for lists."`
	Version   string            `json:"version"`
}

type networkName struct {
	ID   string       `json:"id"`
	Name channel.Text `json:"name"`
}

// afterJSON is what the desk shows after an act.
type afterJSON struct {
	Solve     string `json:"solve" enum:"next,stay,list"`
	Send      string `json:"send" enum:"next,stay,list"`
	SendSolve string `json:"send_solve" enum:"next,stay,list"`
}

// BrandJSON is a brand. It is exported because what others contain must be, to stand in the API's description.
type BrandJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language" enum:"de,en"`
	AnswerIn int    `json:"answer_in" doc:"Minutes until a customer's word should be answered."`
}

// workplaceJSON is a brand in which somebody works.
type workplaceJSON struct {
	BrandJSON
	Role   string   `json:"role" enum:"administrator,lead,agent,reviewer,reader," doc:"What one is in it."`
	Rights []string `json:"rights" nullable:"false" enum:"read,note,work,lead" doc:"What one may do in it."`
}

func workplaceOf(see access.Sight, b access.Brand) workplaceJSON {
	role := see.Role(b.ID)
	out := workplaceJSON{brandOf(b), string(role), []string{}}
	for _, r := range role.Rights() {
		out.Rights = append(out.Rights, string(r))
	}
	return out
}

func brandOf(b access.Brand) BrandJSON {
	return BrandJSON{string(b.ID), b.Name, b.Language, b.AnswerIn}
}

// clash is the name of a colleague who has somebody's initials; empty: nobody has.
func (n *names) clash(me access.Agent) string {
	for _, g := range n.agents {
		if g.ID != me.ID && g.ClosedAt.IsZero() && g.Initials == me.Initials {
			return g.Name
		}
	}
	return ""
}

// sign is what stands behind somebody's replies in a brand. Where there are subjects there are letters, which have signatures.
func (n *names) sign(b hilft.BrandID, me access.Agent, seen hilft.Visibility, l channel.Limits) string {
	for _, brand := range n.brands {
		if brand.ID == b && !l.Subject {
			return brand.Sign(me, seen, n.clash(me) == "")
		}
	}
	return ""
}

// me is who somebody is in a brand. Who asks for one that they do not see is told of the first that they do: they may have
// been in it a moment ago.
func (a *API) me(ctx context.Context, me access.Agent, in InBrand) (*bodyOf[meJSON], error) {
	n, err := a.known.look(ctx)
	if err != nil {
		return nil, err
	}
	see := me.Sight()
	b, err := n.brand(see, in, access.Read)
	if err != nil {
		b, err = n.brand(see, InBrand{}, access.Read)
	}
	if err != nil {
		b, see = access.Brand{Language: me.Language}, access.Sight{}
	}
	asked, err := a.asked(ctx, me)
	if err != nil {
		return nil, err
	}
	keys := me.Keys
	if keys == nil {
		keys = access.Shortcuts{}
	}
	out := meJSON{
		ID: string(me.ID), Name: me.Name, Initials: me.Initials, Email: me.Email, Runs: me.Role == access.RoleAdministrator, Language: me.Language,
		Scheme: string(me.Scheme), Signature: me.Signature, SignsAs: me.SignsAs, Clash: n.clash(me), Second: string(asked), Keys: keys, After: afterJSON{string(me.After.Solve), string(me.After.Send), string(me.After.SendSolve)},
		Toured: !me.TouredAt.IsZero(), Brand: workplaceOf(see, b), Brands: []workplaceJSON{}, Networks: []networkName{}, Version: a.Version,
	}
	for _, d := range a.Switchboard.Networks() {
		out.Networks = append(out.Networks, networkName{d.ID, d.Name})
	}
	for _, b := range n.brands {
		if see.May(b.ID, access.Read) {
			out.Brands = append(out.Brands, workplaceOf(see, b))
		}
	}
	return &bodyOf[meJSON]{out}, nil
}

type setupJSON struct {
	Needed    bool       `json:"needed"`
	Demo      *Demo      `json:"demo"`
	Passkeys  bool       `json:"passkeys" doc:"Browsers make passkeys for this house."`
	Providers []DoorJSON `json:"providers" nullable:"false" doc:"By whose word people sign in."`
	Own       string     `json:"own" enum:"everybody,administrators" doc:"Who may sign in without one of those."`
}

type setupRequest struct {
	Body struct {
		Code  string `json:"code" maxLength:"64" doc:"What hilft serve prints at the start of a house that is not set up."`
		Brand struct {
			Name     string `json:"name" maxLength:"200"`
			Language string `json:"language" enum:"de,en"`
		} `json:"brand"`
		Administrator struct {
			Name     string `json:"name" maxLength:"200"`
			Email    string `json:"email" maxLength:"254"`
			Password string `json:"password" maxLength:"256"`
		} `json:"administrator"`
	}
}

func (a *API) setupOperations() {
	operation(a, anybody, http.MethodGet, "/api/setup", "get-setup", "Whether the house has been set up", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[setupJSON], error) {
			needed, err := a.Access.NeedsSetUp(ctx)
			if err != nil {
				return nil, err
			}
			d, err := a.Access.Doors(ctx)
			return &bodyOf[setupJSON]{setupJSON{needed, a.Demo, a.Access.PasskeysPossible(), doors(d), string(d.Own)}}, err
		})
	operation(a, anybody, http.MethodPost, "/api/setup", "set-up", "Make the first brand and administrator, and sign in", 201,
		func(ctx context.Context, in *setupRequest) (*bodyOf[meJSON], error) {
			if !a.Keys.IsSetUpCode(in.Body.Code) {
				return nil, hilft.FailField(hilft.Forbidden, "setup.code.wrong", "code", nil)
			}
			b, ad := in.Body.Brand, in.Body.Administrator
			me, err := a.Access.SetUp(ctx, access.Brand{Name: b.Name, Language: b.Language},
				access.Administrator{Name: ad.Name, Email: ad.Email, Password: ad.Password, Language: b.Language})
			if err != nil {
				return nil, placedIn(err, "administrator.", "brand.name", "brand.language", "brand.answer_in")
			}
			a.known.forget()
			return a.enter(ctx, me)
		})
}

type signInRequest struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"256"`
	}
}

// enter begins a session of its own for an agent: with a new token, so that nobody who knew the old one is in it.
func (a *API) enter(ctx context.Context, me access.Agent) (*bodyOf[meJSON], error) {
	return a.enterAfter(ctx, me, false)
}

// enterAfter is enter, for somebody who may have done two steps elsewhere, by the word of a provider that is believed.
func (a *API) enterAfter(ctx context.Context, me access.Agent, strong bool) (*bodyOf[meJSON], error) {
	if err := a.sessions.RenewToken(ctx); err != nil {
		return nil, err
	}
	a.sessions.Remove(ctx, sessionHalf)
	a.sessions.Remove(ctx, sessionAsked)
	a.sessions.Remove(ctx, sessionLed)
	a.sessions.Remove(ctx, sessionAway)
	a.sessions.Put(ctx, sessionStrong, strong)
	if err := a.lead(ctx, me); err != nil {
		return nil, err
	}
	a.sessions.Put(ctx, sessionProven, a.DB.Now().Unix())
	a.sessions.Put(ctx, access.SessionAgent, string(me.ID))
	a.sessions.Put(ctx, access.SessionBrowser, browserFrom(ctx))
	a.sessions.Put(ctx, access.SessionPlace, access.NearPlace(placeFrom(ctx)))
	return a.me(ctx, me, InBrand{})
}

func (a *API) sessionOperations() {
	operation(a, anybody, http.MethodPost, "/api/session", "sign-in", "Sign in", 200,
		func(ctx context.Context, in *signInRequest) (*bodyOf[meJSON], error) {
			me, err := a.Access.SignIn(ctx, in.Body.Email, in.Body.Password, placeFrom(ctx))
			if half, ok := errors.AsType[*access.Half](err); ok {
				if failed := a.half(ctx, *half); failed != nil {
					return nil, failed
				}
			}
			if err != nil {
				return nil, err
			}
			return a.enter(ctx, me)
		})
	operation(a, anybody, http.MethodDelete, "/api/session", "sign-out", "Sign out", 204,
		func(ctx context.Context, _ *nothing) (*nothing, error) {
			if err := a.Push.Forget(ctx, a.sessions.Token(ctx)); err != nil {
				return nil, err
			}
			return nil, a.sessions.Destroy(access.SigningOut(ctx))
		})
	operation(a, agents, http.MethodGet, "/api/me", "get-me", "Who is signed in", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[meJSON], error) {
			return a.me(ctx, access.Actor(ctx), *in)
		})
	operation(a, agents, http.MethodPatch, "/api/me", "change-me", "Change one's own settings", 200,
		func(ctx context.Context, in *struct {
			InBrand
			Body struct {
				Language  *string           `json:"language,omitempty" enum:"de,en"`
				Scheme    *string           `json:"scheme,omitempty" enum:"auto,light,dark"`
				Name      *string           `json:"name,omitempty" maxLength:"200"`
				Initials  *string           `json:"initials,omitempty" maxLength:"10"`
				Signature *string           `json:"signature,omitempty" maxLength:"4000"`
				SignsAs   *string           `json:"signs_as,omitempty"`
				Keys      map[string]string `json:"keys,omitempty" maxProperties:"200" doc:"All keys of one's own from now on, in place of those before: one character, or nothing for none, by the desk's name of the act. No key may stand for two."`
				After     *afterJSON        `json:"after,omitempty"`
				Toured    bool              `json:"toured,omitempty" doc:"Has been shown around now, or has declined; stays so."`
			}
		},
		) (*bodyOf[meJSON], error) {
			c := access.Changes{
				Name: in.Body.Name, Initials: in.Body.Initials, Language: in.Body.Language, Signature: in.Body.Signature, SignsAs: in.Body.SignsAs,
				Keys: in.Body.Keys, Toured: in.Body.Toured,
			}
			if after := in.Body.After; after != nil {
				c.After = &access.After{Solve: access.Then(after.Solve), Send: access.Then(after.Send), SendSolve: access.Then(after.SendSolve)}
			}
			if in.Body.Scheme != nil {
				s := access.Scheme(*in.Body.Scheme)
				c.Scheme = &s
			}
			me, err := a.Access.Change(ctx, c)
			if err != nil {
				return nil, err
			}
			a.known.forget()
			return a.me(ctx, me, in.InBrand)
		})
}

type lettersJSON struct {
	Signature string `json:"signature" maxLength:"4000" doc:"Under every letter, below the author's own lines; {agent} and {brand} stand for the names."`
	ReceiptDE string `json:"receipt_de" maxLength:"4000" doc:"What says that somebody's first word in a case has arrived; {number} stands for the case's, {brand} for the brand's name. Empty: the other language's is said, if there is one."`
	ReceiptEN string `json:"receipt_en" maxLength:"4000"`

	SignsPublic  string `json:"signs_public,omitempty" enum:"off,initials,name" default:"off" doc:"What stands behind replies that everybody can read: nothing, ^LM or ^Lena."`
	SignsPrivate string `json:"signs_private,omitempty" enum:"off,initials,name" default:"off" doc:"The same for private ones that are no letters."`
}

func (a *API) letterOperations() {
	operation(a, leads, http.MethodGet, "/api/brand/letters", "get-letters", "What the brand puts around its letters", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[lettersJSON], error) {
			b, err := a.known.brand(ctx, *in, access.Lead)
			if err == nil {
				b, err = a.Access.Brand(ctx, b.ID)
			}
			return &bodyOf[lettersJSON]{lettersJSON(b.Letters)}, err
		})
	operation(a, leads, http.MethodPut, "/api/brand/letters", "set-letters", "Change what the brand puts around its letters", 200,
		func(ctx context.Context, in *struct {
			InBrand
			Body lettersJSON
		},
		) (*bodyOf[lettersJSON], error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err == nil {
				err = a.Access.SetLetters(ctx, b.ID, access.Letters(in.Body))
			}
			if err != nil {
				return nil, err
			}
			a.known.forget()
			b, err = a.Access.Brand(ctx, b.ID)
			return &bodyOf[lettersJSON]{lettersJSON(b.Letters)}, err
		})
}

// AgentJSON is somebody who works here, as lists name them. It is exported because what others contain must be, to
// stand in the API's description.
type AgentJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Initials string `json:"initials"`
}

type colleagueJSON struct {
	AgentJSON
	Role  string `json:"role" enum:"administrator,lead,agent,reviewer,reader" doc:"What they are in the brand."`
	Works bool   `json:"works" doc:"Whether cases can be given to them."`
	Email string `json:"email"`
}

type agentList struct {
	Agents []colleagueJSON `json:"agents" nullable:"false"`
}

func colleague(g access.Agent, in hilft.BrandID) colleagueJSON {
	see := g.Sight()
	return colleagueJSON{AgentJSON{string(g.ID), g.Name, g.Initials}, string(see.Role(in)), see.May(in, access.Work), g.Email}
}

func (a *API) agentOperations() {
	operation(a, readers, http.MethodGet, "/api/agents", "list-agents", "Who works in a brand", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[agentList], error) {
			b, err := a.known.brand(ctx, *in, access.Read)
			if err != nil {
				return nil, err
			}
			all, err := a.Access.Agents(ctx)
			out := &bodyOf[agentList]{agentList{[]colleagueJSON{}}}
			for _, g := range all {
				if g.Sight().May(b.ID, access.Read) {
					out.Body.Agents = append(out.Body.Agents, colleague(g, b.ID))
				}
			}
			return out, err
		})
	operation(a, administrators, http.MethodPost, "/api/agents", "add-agent", "Add somebody who works in a brand", 201,
		func(ctx context.Context, in *struct {
			InBrand
			Body struct {
				Name     string `json:"name" maxLength:"200"`
				Email    string `json:"email" maxLength:"254"`
				Password string `json:"password" maxLength:"256"`
				Role     string `json:"role,omitempty" enum:"administrator,lead,agent,reviewer,reader" doc:"What they are in the brand, or administrator of the house; empty: agent."`
				Language string `json:"language,omitempty" enum:"de,en"`
			}
		},
		) (*bodyOf[colleagueJSON], error) {
			of, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			b := in.Body
			g, err := a.Access.AddAgent(ctx, access.Newcomer{Name: b.Name, Email: b.Email, Password: b.Password, Role: access.Role(b.Role), Brand: of.ID, Language: b.Language})
			if err != nil {
				return nil, err
			}
			a.known.forget()
			return &bodyOf[colleagueJSON]{colleague(g, of.ID)}, nil
		})
	a.brandOperations()
}

// sightOf is what an agent sees who works here; of the empty id, nobody's.
func (a *API) sightOf(ctx context.Context, id string) (access.Sight, error) {
	if id == "" {
		return access.Sight{}, nil
	}
	g, err := a.Access.Agent(ctx, hilft.AgentID(id))
	if hilft.KindOf(err) == hilft.NotFound || err == nil && !g.ClosedAt.IsZero() {
		err = hilft.FailField(hilft.Invalid, "agent.not_found", "agent_id", nil)
	}
	return g.Sight(), err
}
