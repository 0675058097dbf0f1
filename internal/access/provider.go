// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Provider is somebody else who says who people are: an OpenID provider, by which agents sign in.
type Provider struct {
	ID       string
	Name     string // on the button
	Issuer   string // its address, to the letter as its own description has it
	ClientID string
	Rules    ProviderRules
	MadeAt   time.Time
	OffAt    time.Time // zero: people may sign in by it
	UsedAt   time.Time // when somebody last did; zero: never

	sealed []byte // the client's secret; empty: it has none
}

// HasSecret tells whether a client secret is kept.
func (p Provider) HasSecret() bool { return len(p.sealed) > 0 }

// ProviderRules say whom a provider may let in, and what is believed of what it says. The zero value lets in who has a bond
// or an invitation, and believes nothing that the provider does not say is proved.
type ProviderRules struct {
	// Domains are the only ones whose addresses count; none: all.
	Domains []string `json:"domains,omitempty"`
	// Vouches: every address of those domains counts as proved, said or not. For providers that do not say it, and give
	// addresses to nobody but their owners.
	Vouches bool `json:"vouches,omitempty"`
	// Claim is what of an unknown person's token decides what they become, by Grants, the first that fits.
	Claim  string  `json:"claim,omitempty"`
	Grants []Grant `json:"grants,omitempty"`
	// Otherwise is what unknown people become whom no grant fits; without a role: nothing, and they are sent away.
	Otherwise Grant `json:"otherwise,omitzero"`
	// Second: who did two steps at the provider, by its word, is asked for none here. SecondLevel is the acr that says so,
	// beside the amr "mfa"; empty: none.
	Second      bool   `json:"second,omitempty"`
	SecondLevel string `json:"second_level,omitempty"`
}

// Grant is a role in a brand, for those whose claim has a value.
type Grant struct {
	Value string        `json:"value,omitempty"`
	Role  Role          `json:"role,omitempty"`
	Brand hilft.BrandID `json:"brand,omitempty"`
}

const (
	providersMost = 10
	domainsMost   = 50
	grantsMost    = 50
	providerText  = 500 // of any text about one, in bytes
)

// clean is the provider as it may be kept. plain: a house without https may have one without.
func (p Provider) clean(plain bool) (Provider, error) {
	bad := func(field string) (Provider, error) {
		return p, hilft.FailField(hilft.Invalid, "provider."+field+".invalid", field, nil)
	}
	var err error
	if p.Name, err = checkName(p.Name, "provider.name"); err != nil {
		return p, err
	}
	p.Issuer = strings.TrimSpace(p.Issuer)
	u, err := url.Parse(p.Issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(p.Issuer) > providerText || u.Scheme != "https" && (u.Scheme != "http" || !plain) {
		return bad("issuer")
	}
	if p.ClientID = strings.TrimSpace(p.ClientID); p.ClientID == "" || !isLine(p.ClientID) {
		return bad("client_id")
	}
	r := p.Rules
	r.Domains = slices.Clone(r.Domains)
	for i, d := range r.Domains {
		address, ok := mailAddress("a@" + strings.TrimPrefix(strings.TrimSpace(d), "@"))
		if !ok {
			return bad("domains")
		}
		r.Domains[i] = strings.TrimPrefix(address, "a@")
	}
	slices.Sort(r.Domains)
	r.Domains = slices.Compact(r.Domains)
	if r.Claim = strings.TrimSpace(r.Claim); !isLine(r.Claim) || r.Claim == "" && len(r.Grants) > 0 {
		return bad("claim")
	}
	for i, g := range r.Grants {
		if r.Grants[i].Value = strings.TrimSpace(g.Value); r.Grants[i].Value == "" || !isLine(g.Value) || !slices.Contains(BrandRoles, g.Role) {
			return bad("grants")
		}
	}
	if r.SecondLevel = strings.TrimSpace(r.SecondLevel); !isLine(r.SecondLevel) {
		return bad("second_level")
	}
	if o := r.Otherwise; o.Role != "" && !slices.Contains(BrandRoles, o.Role) {
		return bad("otherwise")
	}
	switch {
	case len(r.Domains) > domainsMost:
		return bad("domains")
	case len(r.Grants) > grantsMost:
		return bad("grants")
	case len(r.Domains) == 0 && (r.Vouches || r.Otherwise.Role != ""): // else the whole world is let in
		return p, hilft.FailField(hilft.Invalid, "provider.domains.needed", "domains", nil)
	}
	p.Rules = r
	return p, nil
}

// isLine tells of a text that it may be kept in a setting.
func isLine(s string) bool {
	return len(s) <= providerText && strings.ToValidUTF8(s, "") == s && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

const providerColumns = `SELECT id, name, issuer, client_id, sealed, rules, made_at, off_at, used_at FROM provider `

func scanProvider(scan func(into ...any) error, p *Provider) error {
	var rules string
	var made, off, used int64
	if err := scan(&p.ID, &p.Name, &p.Issuer, &p.ClientID, &p.sealed, &rules, &made, &off, &used); err != nil {
		return err
	}
	p.MadeAt, p.OffAt, p.UsedAt = store.Time(made), store.Time(off), store.Time(used)
	return json.Unmarshal([]byte(rules), &p.Rules)
}

// providerOf finds one. NotFound: there is none of that id.
func providerOf(ctx context.Context, tx *store.Tx, id string) (p Provider, err error) {
	err = scanProvider(func(into ...any) error { return tx.Row(ctx, providerColumns+`WHERE id = ?`, []any{id}, into...) }, &p)
	if store.IsNoRows(err) {
		err = hilft.Fail(hilft.NotFound, "provider.not_found", nil)
	}
	return p, err
}

func allProviders(ctx context.Context, tx *store.Tx) ([]Provider, error) {
	return store.All(ctx, tx, providerColumns+`ORDER BY made_at, id`, nil, scanProvider)
}

// OwnSignIn says who may sign in with what the house itself knows of them: a password, a passkey.
type OwnSignIn string

const (
	OwnEverybody      OwnSignIn = "everybody"
	OwnAdministrators OwnSignIn = "administrators" // all others by a provider alone; so no house shuts itself in
)

func ownSignIn(ctx context.Context, tx *store.Tx) (own OwnSignIn, err error) {
	err = tx.Row(ctx, `SELECT value FROM house WHERE what = 'own_sign_in'`, nil, &own)
	if store.IsNoRows(err) {
		return OwnEverybody, nil
	}
	return own, err
}

// mayOwn is Forbidden ("session.provider_only") where somebody may sign in by a provider alone.
func mayOwn(ctx context.Context, tx *store.Tx, who Agent) error {
	own, err := ownSignIn(ctx, tx)
	if err == nil && own == OwnAdministrators && who.Role != RoleAdministrator {
		err = hilft.Fail(hilft.Forbidden, "session.provider_only", nil)
	}
	return err
}

// Doors are the ways into the house, as everybody may know them.
type Doors struct {
	Own       OwnSignIn
	Providers []Provider // by which people may sign in now
}

// Doors tells by which ways people come in.
func (a *Access) Doors(ctx context.Context) (d Doors, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if d.Own, err = ownSignIn(ctx, tx); err != nil {
			return err
		}
		d.Providers, err = allProviders(ctx, tx)
		d.Providers = slices.DeleteFunc(d.Providers, func(p Provider) bool { return !p.OffAt.IsZero() })
		return err
	})
	if err != nil {
		return Doors{}, fmt.Errorf("access: doors: %w", err)
	}
	return d, nil
}

// Providers lists all, the oldest first, with the id that the next one will have. Only an administrator may.
func (a *Access) Providers(ctx context.Context) (all []Provider, next string, err error) {
	if _, err := administrator(ctx); err != nil {
		return nil, "", err
	}
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if all, err = allProviders(ctx, tx); err != nil {
			return err
		}
		next, err = nextProvider(ctx, tx)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("access: providers: %w", err)
	}
	return all, next, nil
}

// nextProvider is an id that none had before: addresses of one that went must not lead to another.
func nextProvider(ctx context.Context, tx *store.Tx) (string, error) {
	var last string
	err := tx.Row(ctx, `SELECT value FROM house WHERE what = 'last_provider'`, nil, &last)
	if err != nil && !store.IsNoRows(err) {
		return "", err
	}
	n, _ := strconv.Atoi(last) // nothing kept: none was made
	return strconv.Itoa(n + 1), nil
}

// SetProvider keeps a provider under its id: one that there is, or the next one. secret is its client's; nil: the one that is
// kept, unless the issuer is another now. on switches it off or on. It is asked for its description before: what does not answer, or calls itself otherwise,
// is Invalid ("provider.unreachable", "provider.issuer.other", with the field issuer). Invalid names the field: name, issuer,
// client_id, domains, claim, grants, otherwise, second_level. NotFound: there is no such provider, or brand. Conflict: ten
// are enough. Only an administrator may.
func (a *Access) SetProvider(ctx context.Context, p Provider, secret *string, on bool) (Provider, error) {
	who, err := administrator(ctx)
	if err != nil {
		return Provider{}, err
	}
	if p, err = p.clean(a.plain); err != nil {
		return Provider{}, err
	}
	if secret != nil && !isLine(*secret) {
		return Provider{}, hilft.FailField(hilft.Invalid, "provider.secret.invalid", "secret", nil)
	}
	if on {
		if _, err := a.sites.at(ctx, p.Issuer); err != nil {
			return Provider{}, err
		}
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		for _, g := range append(slices.Clone(p.Rules.Grants), p.Rules.Otherwise) {
			if g.Role == "" {
				continue
			}
			if err := isBrand(ctx, tx, g.Brand); err != nil {
				return err
			}
		}
		was, what, err := a.placeOfProvider(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		p.MadeAt, p.OffAt, p.UsedAt, p.sealed = was.MadeAt, was.OffAt, was.UsedAt, was.sealed
		switch {
		case on:
			p.OffAt = time.Time{}
		case p.OffAt.IsZero():
			p.OffAt = store.Time(store.Micros(tx.Now()))
		}
		if secret == nil && was.Issuer != p.Issuer { // it was for the other one's eyes
			p.sealed = []byte{}
		}
		if secret != nil {
			if p.sealed, err = a.sealSecret(p.ID, *secret); err != nil {
				return err
			}
		}
		if err := keepProvider(ctx, tx, p); err != nil {
			return err
		}
		if err := someDoor(ctx, tx); err != nil {
			return err
		}
		return Trail(ctx, tx, what, "", p.ID, audit.Detail{"on": strconv.FormatBool(on), "issuer": p.Issuer})
	})
	if err != nil {
		return Provider{}, fmt.Errorf("access: set provider: %w", err)
	}
	return p, nil
}

// placeOfProvider is the provider that is kept under an id, or the empty one where that is the next.
func (a *Access) placeOfProvider(ctx context.Context, tx *store.Tx, id string) (Provider, audit.What, error) {
	all, err := allProviders(ctx, tx)
	if err != nil {
		return Provider{}, "", err
	}
	if i := slices.IndexFunc(all, func(p Provider) bool { return p.ID == id }); i >= 0 {
		return all[i], audit.ProviderChanged, nil
	}
	next, err := nextProvider(ctx, tx)
	switch {
	case err != nil:
		return Provider{}, "", err
	case id != next:
		return Provider{}, "", hilft.Fail(hilft.NotFound, "provider.not_found", nil)
	case len(all) >= providersMost:
		return Provider{}, "", hilft.Fail(hilft.Conflict, "provider.too_many", nil)
	}
	return Provider{MadeAt: store.Time(store.Micros(tx.Now())), sealed: []byte{}}, audit.ProviderAdded, setHouse(ctx, tx, "last_provider", id)
}

func keepProvider(ctx context.Context, tx *store.Tx, p Provider) error {
	rules, err := json.Marshal(p.Rules)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO provider (id, name, issuer, client_id, sealed, rules, made_at, off_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, issuer = excluded.issuer, client_id = excluded.client_id, sealed = excluded.sealed, rules = excluded.rules, off_at = excluded.off_at`,
		p.ID, p.Name, p.Issuer, p.ClientID, p.sealed, string(rules), store.Micros(p.MadeAt), store.Micros(p.OffAt), store.Micros(p.UsedAt))
	return err
}

func secretPlace(id string) string { return Where("provider", "sealed", id) }

func (a *Access) sealSecret(id, secret string) ([]byte, error) {
	if secret == "" {
		return []byte{}, nil
	}
	return a.keys.Seal(secretPlace(id), []byte(secret))
}

func (a *Access) secretOf(p Provider) (string, error) {
	if !p.HasSecret() {
		return "", nil
	}
	plain, err := a.keys.Open(secretPlace(p.ID), p.sealed)
	return string(plain), err
}

// RemoveProvider forgets one. Bonds with its issuer stay, for another that has the same. Conflict ("provider.last"): nobody
// but administrators could sign in any more. NotFound: there is none of that id. Only an administrator may.
func (a *Access) RemoveProvider(ctx context.Context, id string) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		p, err := providerOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM provider WHERE id = ?`, id); err != nil {
			return err
		}
		if err := someDoor(ctx, tx); err != nil {
			return err
		}
		return Trail(ctx, tx, audit.ProviderRemoved, "", id, audit.Detail{"issuer": p.Issuer})
	})
	if err != nil {
		return fmt.Errorf("access: remove provider: %w", err)
	}
	return nil
}

// someDoor refuses that all but administrators are shut out.
func someDoor(ctx context.Context, tx *store.Tx) error {
	own, err := ownSignIn(ctx, tx)
	if err != nil || own == OwnEverybody {
		return err
	}
	var open bool
	err = tx.Row(ctx, `SELECT EXISTS (SELECT 1 FROM provider WHERE off_at = 0 AND used_at <> 0)`, nil, &open)
	if err == nil && !open {
		err = hilft.Fail(hilft.Conflict, "provider.last", nil)
	}
	return err
}

// SetOwnSignIn says who may sign in without a provider. Administrators always may: it is their way in when a provider is
// down. Who is signed in stays so. Conflict ("provider.last"): nobody has signed in by a provider yet, so it is not known
// that anybody can. Only an administrator may.
func (a *Access) SetOwnSignIn(ctx context.Context, own OwnSignIn) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	if own != OwnEverybody && own != OwnAdministrators {
		return hilft.FailField(hilft.Invalid, "provider.own.unknown", "own", nil)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		if err := setHouse(ctx, tx, "own_sign_in", string(own)); err != nil {
			return err
		}
		if err := someDoor(ctx, tx); err != nil {
			return err
		}
		return Trail(ctx, tx, audit.OwnSignInSet, "", "", audit.Detail{"who": string(own)})
	})
	if err != nil {
		return fmt.Errorf("access: set own sign-in: %w", err)
	}
	return nil
}

// grantOf is what somebody unknown becomes by what their token says; without a role: nothing.
func (r ProviderRules) grantOf(said claims) Grant {
	values := said.texts(r.Claim)
	for _, g := range r.Grants {
		if slices.Contains(values, g.Value) {
			return g
		}
	}
	return r.Otherwise
}

// addressOf is the address that a token proves, as far as the rules believe it; empty: none. other: it proves one that does
// not count here.
func (r ProviderRules) addressOf(said claims) (address string, other bool) {
	address, ok := mailAddress(said.text("email"))
	if !ok {
		return "", false
	}
	_, domain, _ := strings.Cut(address, "@")
	if len(r.Domains) > 0 && !slices.Contains(r.Domains, domain) {
		return "", true
	}
	if !said.yes("email_verified") && !r.Vouches {
		return "", false
	}
	return address, false
}

// secondBy tells whether the provider says that somebody did two steps there, and is believed.
func (r ProviderRules) secondBy(said claims) bool {
	return r.Second && (slices.Contains(said.texts("amr"), "mfa") || r.SecondLevel != "" && said.text("acr") == r.SecondLevel)
}

// nameOf is what somebody is called by their token.
func nameOf(said claims, address string) string {
	local, _, _ := strings.Cut(address, "@")
	for _, name := range []string{said.text("name"), said.text("given_name") + " " + said.text("family_name")} {
		if clean, err := checkName(name, "agent.name"); err == nil {
			return clean
		}
	}
	return cmp.Or(cleanName(local), address)
}
