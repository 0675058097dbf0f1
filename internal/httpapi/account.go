// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/switchboard"
)

type networkJSON struct {
	ID       string            `json:"id"`
	Name     channel.Text      `json:"name"`
	About    channel.Text      `json:"about"`
	Guide    []channel.Text    `json:"guide" nullable:"false"`
	Settings []channel.Field   `json:"settings" nullable:"false"`
	Rooms    []channel.Room    `json:"rooms" nullable:"false"`
	Can      channel.Abilities `json:"can"`
	Limits   channel.Limits    `json:"limits"`
}

type networkList struct {
	Networks []networkJSON `json:"networks" nullable:"false"`
}

func networkOf(d channel.Description) networkJSON {
	n := networkJSON{ID: d.ID, Name: d.Name, About: d.About, Guide: d.Guide, Settings: []channel.Field{}, Rooms: d.Rooms, Can: d.Can, Limits: d.Limits}
	for _, f := range d.Settings {
		if !f.Hidden {
			n.Settings = append(n.Settings, f)
		}
	}
	if n.Guide == nil {
		n.Guide = []channel.Text{}
	}
	return n
}

type accountJSON struct {
	ID       string           `json:"id"`
	Network  string           `json:"network"`
	Name     string           `json:"name"`
	Self     selfJSON         `json:"self"`
	Settings channel.Settings `json:"settings" doc:"Without secrets."`
	Set      []string         `json:"set" nullable:"false" doc:"The secrets that are set."`
	HoldS    int              `json:"hold_s" doc:"For how many seconds a reply waits, in which it can be taken back; 0: it goes out at once."`
	State    string           `json:"state" enum:"ok,starting,trouble,sign_in,paused"`
	Reason   string           `json:"reason"`
	StateAt  *time.Time       `json:"state_at"`
	HeardAt  *time.Time       `json:"heard_at"`
	PolledAt *time.Time       `json:"polled_at"`
	SentAt   *time.Time       `json:"sent_at"`
	Refused  int              `json:"refused" doc:"Calls that could not prove to be the network's."`
	HookURL  string           `json:"hook_url" doc:"Where the network calls us; empty: it does not."`
	Snippet  string           `json:"snippet" doc:"HTML to paste into a website; empty: none."`
}

type accountList struct {
	Accounts []accountJSON `json:"accounts" nullable:"false"`
}

type signInAt struct {
	URL string `json:"url" doc:"Where the browser goes."`
}

type selfJSON struct {
	Handle string `json:"handle"`
	Name   string `json:"name"`
	URL    string `json:"url"`
}

func (a *API) accountOf(d channel.Description, acc switchboard.Account) accountJSON {
	out := accountJSON{
		ID: string(acc.ID), Network: acc.Network, Name: acc.Name, Self: selfJSON{acc.Self.Handle, acc.Self.Name, webURL(acc.Self.URL)},
		Settings: channel.Settings{}, Set: []string{}, HoldS: int(acc.Hold / time.Second), State: string(acc.State), Reason: acc.Reason, StateAt: when(acc.StateAt), HeardAt: when(acc.HeardAt),
		PolledAt: when(acc.PolledAt), SentAt: when(acc.SentAt), Refused: acc.Refused,
	}
	for _, f := range d.Settings {
		switch {
		case f.Hidden:
		case f.Kind != channel.FieldSecret:
			out.Settings[f.Key] = acc.Settings[f.Key]
		case slices.Contains(acc.Set, f.Key):
			out.Set = append(out.Set, f.Key)
		}
	}
	if d.Can.Hook != channel.No {
		out.HookURL = a.PublicURL + "/hooks/" + string(acc.ID)
	}
	if a.chats(acc.Network) {
		out.Snippet = `<script async src="` + a.PublicURL + `/chat/` + string(acc.ID) + `/widget.js"></script>`
	}
	return out
}

// chats tells whether a network's customers speak at sockets of this house.
func (a *API) chats(network string) bool {
	for _, c := range a.Connectors {
		if _, ok := c.(ChatConnector); ok && c.Describe().ID == network {
			return true
		}
	}
	return false
}

func (a *API) accounts(ctx context.Context, n *names, brand hilft.BrandID) ([]accountJSON, error) {
	all, err := a.Switchboard.Accounts(ctx, brand)
	if err != nil {
		return nil, err
	}
	out := make([]accountJSON, 0, len(all))
	for _, acc := range all {
		out = append(out, a.accountOf(n.networks[acc.Network], acc))
	}
	return out, nil
}

// accountAct registers an administrator's operation that answers with the account as it is then.
func accountAct[I any, P interface {
	*I
	inBrand() InBrand
}](a *API, method, path, id, summary string, status int, act func(ctx context.Context, brand hilft.BrandID, in *I) (switchboard.Account, error)) {
	operation(a, administrators, method, path, id, summary, status, func(ctx context.Context, in *I) (*bodyOf[accountJSON], error) {
		n, err := a.known.look(ctx)
		if err != nil {
			return nil, err
		}
		b, err := n.brand(sight(ctx), P(in).inBrand(), access.Lead)
		if err != nil {
			return nil, err
		}
		acc, err := act(ctx, b.ID, in)
		if err != nil {
			return nil, settingsProblem(err)
		}
		a.known.forget()
		return &bodyOf[accountJSON]{a.accountOf(n.networks[acc.Network], acc)}, nil
	})
}

// settingsProblem places an error about a setting at the setting's input.
func settingsProblem(err error) error { return placedIn(err, "settings.", "name", "network") }

type connectRequest struct {
	InBrand
	Body struct {
		Network  string           `json:"network" maxLength:"64"`
		Name     string           `json:"name" maxLength:"200" doc:"How the house calls it; empty: as the network does."`
		Settings channel.Settings `json:"settings"`
		HoldS    int              `json:"hold_s,omitempty" minimum:"0" maximum:"120" doc:"For how many seconds replies wait; see hold-replies."`
	}
}

type signInStartRequest struct {
	InBrand
	Body struct {
		Network   string           `json:"network" maxLength:"64"`
		Name      string           `json:"name,omitempty" maxLength:"200"`
		Settings  channel.Settings `json:"settings"`
		AccountID string           `json:"account_id,omitempty" maxLength:"64" doc:"An account that needs to sign in again."`
	}
}

func (a *API) accountOperations() {
	operation(a, readers, http.MethodGet, "/api/networks", "list-networks", "The networks that can be connected", 200,
		func(context.Context, *nothing) (*bodyOf[networkList], error) {
			out := &bodyOf[networkList]{}
			for _, d := range a.Switchboard.Networks() {
				out.Body.Networks = append(out.Body.Networks, networkOf(d))
			}
			return out, nil
		})
	operation(a, readers, http.MethodGet, "/api/accounts", "list-accounts", "The accounts that are connected", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[accountList], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, err := n.brand(sight(ctx), *in, access.Read)
			if err != nil {
				return nil, err
			}
			all, err := a.accounts(ctx, n, b.ID)
			if err != nil {
				return nil, err
			}
			return &bodyOf[accountList]{accountList{all}}, nil
		})
	accountAct(a, http.MethodPost, "/api/accounts", "connect-account", "Connect an account; its settings are proved first", 201,
		func(ctx context.Context, brand hilft.BrandID, in *connectRequest) (switchboard.Account, error) {
			acc, err := a.Switchboard.Connect(ctx, brand, in.Body.Network, in.Body.Name, in.Body.Settings)
			if err != nil || in.Body.HoldS == 0 {
				return acc, err
			}
			return a.Switchboard.Hold(ctx, brand, acc.ID, time.Duration(in.Body.HoldS)*time.Second)
		})
	accountAct(a, http.MethodPatch, "/api/accounts/{id}", "change-account", "Change an account's name or settings", 200,
		func(ctx context.Context, brand hilft.BrandID, in *struct {
			InBrand
			ByID
			Body struct {
				Name     string           `json:"name,omitempty" maxLength:"200"`
				Settings channel.Settings `json:"settings,omitempty"`
			}
		},
		) (switchboard.Account, error) {
			return a.Switchboard.Change(ctx, brand, hilft.AccountID(in.ID), in.Body.Name, in.Body.Settings)
		})
	accountAct(a, http.MethodPut, "/api/accounts/{id}/hold", "hold-replies", "Say for how long an account holds a reply, in which it can be taken back", 200,
		func(ctx context.Context, brand hilft.BrandID, in *struct {
			InBrandByID
			Body struct {
				Seconds int `json:"seconds" minimum:"0" maximum:"120" doc:"0: replies go out at once."`
			}
		},
		) (switchboard.Account, error) {
			return a.Switchboard.Hold(ctx, brand, hilft.AccountID(in.ID), time.Duration(in.Body.Seconds)*time.Second)
		})
	accountAct(a, http.MethodPost, "/api/accounts/{id}/pause", "pause-account", "Stop listening to an account and sending from it", 200,
		func(ctx context.Context, brand hilft.BrandID, in *InBrandByID) (switchboard.Account, error) {
			return a.Switchboard.Pause(ctx, brand, hilft.AccountID(in.ID))
		})
	accountAct(a, http.MethodPost, "/api/accounts/{id}/resume", "resume-account", "Go on with a paused account", 200,
		func(ctx context.Context, brand hilft.BrandID, in *InBrandByID) (switchboard.Account, error) {
			return a.Switchboard.Resume(ctx, brand, hilft.AccountID(in.ID))
		})
	operation(a, administrators, http.MethodDelete, "/api/accounts/{id}", "remove-account", "End an account; what was said stays", 204,
		func(ctx context.Context, in *InBrandByID) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err == nil {
				err = a.Switchboard.Remove(ctx, b.ID, hilft.AccountID(in.ID))
			}
			a.known.forget()
			return nil, err
		})
	operation(a, administrators, http.MethodPost, "/api/accounts/sign-in", "start-sign-in", "Begin to connect an account by signing in at its network", 200,
		func(ctx context.Context, in *signInStartRequest) (*bodyOf[signInAt], error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			if in.Body.Settings == nil {
				in.Body.Settings = channel.Settings{}
			}
			to, err := a.Switchboard.StartSignIn(ctx, b.ID, in.Body.Network, in.Body.Name, in.Body.Settings, hilft.AccountID(in.Body.AccountID), a.callback(), a.browser(ctx))
			if err != nil {
				return nil, settingsProblem(err)
			}
			a.known.forget()
			return &bodyOf[signInAt]{signInAt{to}}, nil
		})
}

func (a *API) callback() string { return a.PublicURL + "/api/sign-in/callback" }

// browser names the session that asks, without giving its token away: a network's answer must come back to it.
func (a *API) browser(ctx context.Context) string {
	sum := sha256.Sum256([]byte("sign-in\x00" + a.sessions.Token(ctx)))
	return hex.EncodeToString(sum[:])
}

// signInCallback takes the network's answer and sends the browser back to the channels.
func (a *API) signInCallback(w http.ResponseWriter, r *http.Request) {
	to := url.Values{}
	acc, err := a.finishSignIn(r.Context(), r.URL.Query())
	if err != nil {
		to.Set("error", a.problem(r.Context(), err).Code)
	} else {
		a.known.forget()
		to.Set("connected", string(acc.ID))
	}
	http.Redirect(w, r, "/channels?"+to.Encode(), http.StatusSeeOther)
}

func (a *API) finishSignIn(ctx context.Context, answer url.Values) (switchboard.Account, error) {
	if err := allowed(ctx, administrators); err != nil {
		return switchboard.Account{}, err
	}
	return a.Switchboard.FinishSignIn(ctx, answer, a.callback(), a.browser(ctx))
}
