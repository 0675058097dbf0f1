// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/internal/watch"
	"github.com/hilft/hilft/internal/webhook"
)

// scene is a house in which something of everything has happened, and the same once more for another brand.
type scene struct {
	*house
	shop                 *shop
	own, other           things
	anonymous, ben, rosa *browser
	// What they are in the own brand, once they are called: ben is an agent there. none is nothing anywhere.
	lead, reviewer, reader, none *browser
	asking                       string // the address of whoever makes the next request; empty: nobody knows them
}

// things are what a brand has.
type things struct {
	account switchboard.Account
	message hilft.MessageID // of a customer
	reply   string          // of ours, where there is none; see replyThat
	caseID  string
	talk    string // conversation
	person  string
	stuck   int64
	dead    int64
}

func openScene(t *testing.T, db *store.DB) *scene {
	t.Helper()
	return openSceneWith(t, db)
}

func openSceneWith(t *testing.T, db *store.DB, otherwise ...func(d *httpapi.Deps)) *scene {
	t.Helper()
	s := &scene{house: openHouseOn(t, db, otherwise...), shop: openShop(t)}
	s.anonymous, s.rosa = s.browser(t), s.administrator(t)
	s.ben = s.agent(t, s.rosa)
	s.own, s.other = s.things(t, s.brand(t), "own"), s.things(t, s.otherBrand(t), "other")
	return s
}

// callMembers has one of each role come.
func (s *scene) callMembers(t *testing.T) {
	t.Helper()
	own := s.own.account.Brand
	s.lead, s.reviewer, s.reader, s.none = s.member(t, own, access.RoleLead), s.member(t, own, access.RoleReviewer), s.member(t, own, access.RoleReader), s.member(t, own, "")
}

// mailOf is under which address somebody signs in who is something in a brand.
func mailOf(b hilft.BrandID, role access.Role) string {
	return "x" + string(role) + "@" + strings.ToLower(string(b)) + ".example"
}

// member is somebody, signed in, who is something in a brand, and nothing in all others.
func (s *scene) member(t *testing.T, b hilft.BrandID, role access.Role) *browser {
	t.Helper()
	g, err := s.access.AddAgent(s.asRosa(t), access.Newcomer{Name: "Jan", Email: mailOf(b, role), Password: password, Role: access.RoleReader, Brand: b})
	require.NoError(t, err)
	_, err = s.access.SetRole(s.asRosa(t), g.ID, b, role)
	require.NoError(t, err)
	at := s.browser(t)
	a := at.say(http.MethodPost, "/api/session", m{"email": mailOf(b, role), "password": password})
	require.Equal(t, http.StatusOK, a.status, a.body)
	return at
}

func (s *scene) things(t *testing.T, brand hilft.BrandID, name string) things {
	t.Helper()
	k := things{account: s.connect(t, brand, name, s.shop)}
	k.message = s.posts(t, k.account, m{"id": name + "-1", "thread": name, "text": "Mein Internet geht nicht", "html": "<p>Mein <b>Internet</b> geht nicht</p>"})
	k.caseID = s.caseOf(t, k.message)
	require.NoError(t, s.db.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		now := store.Micros(tx.Now())
		if err := tx.Row(ctx, `SELECT conversation_id FROM message WHERE id = ?`, []any{string(k.message)}, &k.talk); err != nil {
			return err
		}
		if err := tx.Row(ctx, `SELECT person_id FROM cases WHERE id = ?`, []any{k.caseID}, &k.person); err != nil {
			return err
		}
		if err := tx.Row(ctx, `INSERT INTO inbox (account_id, key, kind, body, blob, received_at, state, error) VALUES (?, 'odd', 'message', ?, '', ?, 'stuck', 'odd') RETURNING id`,
			[]any{string(k.account.ID), []byte(`{"id":`), now}, &k.stuck); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hopeless})
	}))
	s.until(t, func() bool {
		letters, err := s.jobs.Letters(context.Background(), 1)
		if err != nil || len(letters) == 0 {
			return false
		}
		k.dead = letters[0].ID
		return true
	})
	return k
}

// replied is a reply to a message, as it stands with its network.
const replied = `INSERT INTO message (id, brand_id, conversation_id, case_id, account_id, network, remote_id, direction, visibility, identity_id, agent_id,
	in_reply_to, subject, body, quoted, html, url, files, auto, at, made_at, edited_at, deleted_at, delivery, reason, detail, retry_at, request)
	SELECT ?, brand_id, conversation_id, case_id, account_id, network, '', 'outbound', visibility, '', 'x', remote_id, '', 'Ist unterwegs', '', '', '', '[]', 0, at, made_at, 0, 0,
	?, '', '', 0, '' FROM message WHERE id = ?`

// replyThat is one more reply that stands so: of one that is sent again, its worker says how it stands.
func (s *scene) replyThat(stands hilft.Delivery, k things) string {
	if k.reply != "" {
		return k.reply
	}
	id := hilft.NewID()
	s.change(s.rosa.t, replied, id, string(stands), string(k.message))
	return id
}

// newest is the last that was said in a case, as whoever has it before them sees it.
func (s *scene) newest(k things) (id string) {
	id = string(k.message)
	if k.caseID == s.own.caseID {
		for _, m := range s.rosa.opens(k.caseID).Messages {
			id = max(id, m.ID)
		}
	}
	return id
}

// call is one request that makes sense, about the things of a brand.
type call struct {
	path string
	body any
}

// entry says of an operation who may call it, and how.
type entry struct {
	may   string // anybody; agents: who is signed in; what needs a right: read, note, work, lead; administrators
	token string // the scope that a program's token needs; empty: it is for no program
	right func(s *scene, k things) call
	// ids: a thing is named in its path; another brand's is not there, whoever asks.
	ids bool
	// shared: what it is about belongs to no brand.
	shared bool
}

func at(path string) func(*scene, things) call {
	return func(*scene, things) call { return call{path, nil} }
}

// matrix has an entry for every operation of the API's description, and for what is no JSON: an operation without one
// fails the test.
var matrix = map[string]entry{
	"get-setup": {may: "anybody", right: at("/api/setup")},
	"set-up": {may: "anybody", right: func(s *scene, _ things) call {
		return call{"/api/setup", m{"code": s.keys.SetUpCode(), "brand": m{"name": "A", "language": "de"}, "administrator": m{"name": "A", "email": "a@b.example", "password": password}}}
	}},
	"sign-in":  {may: "anybody", right: func(*scene, things) call { return call{"/api/session", m{"email": ben, "password": password}} }},
	"sign-out": {may: "anybody", right: at("/api/session")},
	"get-me":   {may: "agents", token: "read", right: at("/api/me")},
	"change-me": {may: "agents", right: func(*scene, things) call {
		return call{"/api/me", m{"language": "en", "keys": m{"assign": "w"}, "after": m{"solve": "stay", "send": "next", "send_solve": "list"}, "toured": true}}
	}},
	"list-agents": {may: "read", token: "read", right: at("/api/agents")},
	"list-inbox":  {may: "read", token: "read", right: at("/api/inbox?view=open&limit=10")},
	"search":      {may: "read", token: "read", right: at("/api/search?q=hallo")},
	"list-rows":   {may: "read", token: "read", right: func(_ *scene, k things) call { return call{"/api/rows?ids=" + k.caseID, nil} }},
	"list-naps":   {may: "read", token: "read", ids: true, right: func(_ *scene, k things) call { return call{"/api/cases/" + k.caseID + "/naps", nil} }},
	"sleep-case": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/sleep", m{"until": s.db.Now().Add(time.Hour), "seen": s.newest(k)}}
	}},
	"merge-case": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/merge", m{"into": s.own.caseID}}
	}},
	"split-case": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/split", m{"messages": []string{}}}
	}},
	"continue-case": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/continue", m{}}
	}},
	"wake-case":   {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call { return call{"/api/cases/" + k.caseID + "/sleep", nil} }},
	"list-tags":   {may: "read", token: "read", right: at("/api/tags")},
	"set-tagging": {may: "lead", token: "administer", right: func(*scene, things) call { return call{"/api/tags", m{"closed": false}} }},
	"rename-tag": {may: "lead", token: "administer", ids: true, right: func(s *scene, k things) call {
		return call{"/api/tags/" + s.tag(k), m{"name": hilft.NewID()}}
	}},
	"remove-tag":  {may: "lead", token: "administer", ids: true, right: func(s *scene, k things) call { return call{"/api/tags/" + s.tag(k), nil} }},
	"list-views":  {may: "read", token: "read", right: at("/api/views")},
	"save-view":   {may: "work", token: "work", right: func(s *scene, _ things) call { s.noViews(); return call{"/api/views", ownView} }},
	"order-views": {may: "work", token: "work", right: func(*scene, things) call { return call{"/api/views", m{"ids": []string{}}} }},
	"change-view": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call { return call{"/api/views/" + s.view(k), ownView} }},
	"remove-view": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call { return call{"/api/views/" + s.view(k), nil} }},
	"do-together": {may: "work", token: "work", right: func(_ *scene, k things) call {
		return call{"/api/acts", m{"act": "priority", "priority": "high", "cases": []m{{"id": k.caseID, "seen_at": time.Now()}}}}
	}},
	"undo-together": {may: "work", token: "work", right: func(_ *scene, k things) call {
		return call{"/api/acts/undo", m{"acts": []m{{"id": k.caseID, "act": 1}}}}
	}},
	"set-priority": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/priority", m{"priority": "high"}}
	}},
	"name-case": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/title", m{"title": "Internet fort"}}
	}},
	"tag-case": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/tags", m{"add": []string{"Störung"}, "remove": []string{}}}
	}},
	"list-drafts": {may: "read", token: "read", ids: true, right: func(_ *scene, k things) call { return call{"/api/cases/" + k.caseID + "/drafts", nil} }},
	"keep-draft": {may: "note", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/drafts/note", m{"known": "", "text": "Fragt Tom"}}
	}},
	"take-draft": {may: "note", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/drafts/note/take", m{"agent_id": "x", "version": s.draftOfX(k)}}
	}},
	"be-present": {may: "read", right: func(_ *scene, k things) call {
		return call{"/api/presence", m{"tab": "t", "case_id": k.caseID, "doing": "reads"}}
	}},
	"serve-case":    {may: "work", token: "work", right: func(*scene, things) call { return call{"/api/queue/next", m{"view": "open", "tab": "t"}} }},
	"release-case":  {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call { return call{"/api/cases/" + k.caseID + "/reservation?tab=t", nil} }},
	"list-networks": {may: "read", token: "read", right: at("/api/networks")},
	"list-accounts": {may: "read", token: "read", right: at("/api/accounts")},
	"get-health":    {may: "read", token: "read", right: at("/api/health")},
	"stream-events": {may: "read", token: "read", right: at("/api/events")},
	"add-agent": {may: "administrators", right: func(*scene, things) call {
		return call{"/api/agents", m{"name": "Neu", "email": "neu" + hilft.NewID() + "@nordnetz.example", "password": password}}
	}},
	"list-staff": {may: "administrators", token: "administer", right: at("/api/house/agents")},
	"set-role": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/agents/" + s.colleague(k) + "/role", m{"role": "reader"}}
	}},
	"add-brand": {may: "administrators", token: "administer", right: func(*scene, things) call {
		return call{"/api/brands", m{"name": "Westnetz", "language": "de"}}
	}},
	"change-brand": {may: "administrators", token: "administer", ids: true, shared: true, right: func(_ *scene, k things) call {
		id := string(k.account.Brand)
		if id == "" {
			id = k.person
		}
		return call{"/api/brands/" + id, m{"name": "Nordnetz", "language": "de"}}
	}},
	"get-letters": {may: "lead", token: "administer", right: at("/api/brand/letters")},
	"set-letters": {may: "lead", token: "administer", right: func(*scene, things) call {
		return call{"/api/brand/letters", m{"signature": "{agent}", "receipt_de": "", "receipt_en": ""}}
	}},
	"get-service":     {may: "lead", token: "administer", right: at("/api/service")},
	"set-service":     {may: "lead", token: "administer", right: func(*scene, things) call { return call{"/api/service", officeHours} }},
	"foresee-service": {may: "lead", token: "administer", right: func(*scene, things) call { return call{"/api/service/outlook", officeHours} }},
	"change-password": {may: "agents", right: func(*scene, things) call {
		return call{"/api/me/password", m{"old": password, "password": password}}
	}},
	"sign-out-everywhere": {may: "agents", right: at("/api/me/sessions")},
	"list-sessions":       {may: "agents", right: at("/api/me/sessions")},
	"end-session":         {may: "agents", ids: true, shared: true, right: func(s *scene, k things) call { return call{"/api/me/sessions/" + s.elsewhere(k), nil} }},
	"end-other-sessions":  {may: "agents", right: at("/api/me/other-sessions")},
	"get-session-limits":  {may: "administrators", right: at("/api/house/session-limits")},
	"set-session-limits": {may: "administrators", right: func(*scene, things) call {
		return call{"/api/house/session-limits", m{"idle_minutes": 600, "longest_minutes": 1440}}
	}},
	"get-sign-in":     {may: "anybody", right: at("/api/session")},
	"sign-in-by-code": {may: "anybody", right: func(*scene, things) call { return call{"/api/session/code", m{"code": "123456"}} }},
	"prove":           {may: "agents", right: func(*scene, things) call { return call{"/api/me/proof", m{"password": password}} }},
	"get-second-step": {may: "agents", right: at("/api/me/second-step")},
	"begin-totp":      {may: "agents", right: at("/api/me/totp")},
	"confirm-totp": {may: "agents", right: func(s *scene, _ things) call {
		return call{"/api/me/totp/confirm", m{"code": s.code()}}
	}},
	"remove-totp":    {may: "agents", right: at("/api/me/totp")},
	"renew-recovery": {may: "agents", right: func(s *scene, _ things) call { s.withApp(); return call{"/api/me/recovery", nil} }},
	"remove-second-step": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/agents/" + s.colleague(k) + "/second-step", nil}
	}},
	"list-passkeys": {may: "agents", right: at("/api/me/passkeys")},
	"begin-passkey": {may: "agents", right: at("/api/me/passkeys/begin")},
	"add-passkey": {may: "agents", right: func(*scene, things) call {
		return call{"/api/me/passkeys", m{"name": "Telefon", "credential": m{}}}
	}},
	"rename-passkey": {may: "agents", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/me/passkeys/" + s.passkey(k), m{"name": "Telefon"}}
	}},
	"remove-passkey": {may: "agents", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/me/passkeys/" + s.passkey(k), nil}
	}},
	"begin-sign-in-by-passkey": {may: "anybody", right: at("/api/session/passkey/begin")},
	"sign-in-by-passkey":       {may: "anybody", right: func(*scene, things) call { return call{"/api/session/passkey", m{"credential": m{}}} }},
	"begin-sign-in-by-provider": {may: "anybody", right: func(*scene, things) call {
		return call{"/api/session/provider", m{"provider": "99"}}
	}},
	"begin-proof-by-provider": {may: "agents", right: func(*scene, things) call {
		return call{"/api/me/proof/provider", m{"provider": "99"}}
	}},
	"get-push": {may: "agents", right: at("/api/me/push")},
	"subscribe": {may: "agents", right: func(*scene, things) call {
		return call{"/api/me/push", m{"endpoint": "https://push.example/" + hilft.NewID(), "p256dh": rfcPublic, "auth": rfcAuth}}
	}},
	"unsubscribe": {may: "agents", right: at("/api/me/push")},
	"choose-push": {may: "agents", right: func(*scene, things) call { return call{"/api/me/push/kinds", m{"kinds": []string{"late"}}} }},
	"list-bonds":  {may: "agents", right: at("/api/me/bonds")},
	"begin-bond":  {may: "agents", right: func(*scene, things) call { return call{"/api/me/bonds", m{"provider": "99"}} }},
	"end-bond": {may: "agents", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/me/bonds/" + s.bond(k), nil}
	}},
	"list-providers": {may: "administrators", right: at("/api/providers")},
	"set-provider": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/providers/" + s.nextProvider(k), offProvider}
	}},
	"remove-provider": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/providers/" + s.provider(k), nil}
	}},
	"set-own-sign-in": {may: "administrators", right: func(*scene, things) call {
		return call{"/api/house/own-sign-in", m{"own": "everybody"}}
	}},
	"list-invitations": {may: "administrators", right: at("/api/invitations")},
	"invite": {may: "administrators", right: func(*scene, things) call {
		return call{"/api/invitations", m{"name": "Neu", "email": hilft.NewID() + "@nordnetz.example"}}
	}},
	"link-invitation": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/invitations/" + s.invitation(k) + "/link", nil}
	}},
	"withdraw-invitation": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/invitations/" + s.invitation(k), nil}
	}},
	"link-password": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/agents/" + s.colleague(k) + "/link", nil}
	}},
	"forget-password": {may: "anybody", right: func(*scene, things) call {
		return call{"/api/session/forgotten", m{"email": hilft.NewID() + "@nordnetz.example"}}
	}},
	"look-at-link": {may: "anybody", right: func(*scene, things) call { return call{"/api/links/look", m{"token": hilft.NewID()}} }},
	"join": {may: "anybody", right: func(*scene, things) call {
		return call{"/api/links/join", m{"token": hilft.NewID(), "password": password}}
	}},
	"reset-password": {may: "anybody", right: func(*scene, things) call {
		return call{"/api/links/reset", m{"token": hilft.NewID(), "password": password}}
	}},
	"list-tokens": {may: "agents", right: at("/api/me/tokens")},
	"make-token": {may: "agents", right: func(*scene, things) call {
		return call{"/api/me/tokens", m{"name": "Auswertung", "scopes": []string{"read"}, "days": 30}}
	}},
	"end-token": {may: "agents", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/me/tokens/" + s.token(k), nil}
	}},
	"list-trail":    {may: "lead", token: "administer", right: at("/api/trail?limit=5")},
	"check-trail":   {may: "administrators", token: "administer", right: at("/api/trail/check")},
	"list-webhooks": {may: "administrators", token: "administer", right: at("/api/webhooks")},
	"add-webhook": {may: "administrators", token: "administer", right: func(*scene, things) call {
		return call{"/api/webhooks", m{"url": "https://erp.example/" + hilft.NewID(), "types": []string{"case.opened"}}}
	}},
	"change-webhook": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call {
		return call{"/api/webhooks/" + s.webhook(k), m{"url": "https://erp.example/x", "types": []string{"case.solved"}, "on": true}}
	}},
	"remove-webhook": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call { return call{"/api/webhooks/" + s.webhook(k), nil} }},
	"renew-webhook": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call {
		return call{"/api/webhooks/" + s.webhook(k) + "/secret", nil}
	}},
	"test-webhook": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call { return call{"/api/webhooks/" + s.webhook(k) + "/test", nil} }},
	"list-deliveries": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call {
		return call{"/api/webhooks/" + s.webhook(k) + "/deliveries", nil}
	}},
	"replay-delivery": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call {
		hook := s.webhook(k)
		return call{"/api/webhooks/" + hook + "/deliveries/" + s.posted(hook) + "/replay", nil}
	}},
	"get-second-step-roles": {may: "administrators", right: at("/api/house/second-step")},
	"set-second-step-roles": {may: "administrators", right: func(*scene, things) call { return call{"/api/house/second-step", m{"roles": []string{}}} }},
	"close-agent": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/agents/" + s.colleague(k), nil}
	}},
	"give-password": {may: "administrators", ids: true, shared: true, right: func(s *scene, k things) call {
		return call{"/api/agents/" + s.colleague(k) + "/password", m{"password": "zwölf Möwen auf dem Deich"}}
	}},
	"get-case":  {may: "read", token: "read", ids: true, right: func(_ *scene, k things) call { return call{"/api/cases/" + k.caseID, nil} }},
	"find-case": {may: "read", token: "read", ids: true, right: func(s *scene, k things) call { return call{"/api/numbers/" + s.number(k), nil} }},
	"undo-person": {may: "note", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/people/" + k.person + "/undo", m{"act": 1}}
	}},
	"link-people": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/people/" + k.person + "/links", m{"with": s.somebody(k), "reason": "am Telefon gefragt"}}
	}},
	"accept-link":  {may: "work", token: "work", ids: true, right: func(s *scene, k things) call { return call{"/api/links/" + s.linked(k, "proposed") + "/accept", nil} }},
	"dismiss-link": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call { return call{"/api/links/" + s.linked(k, "proposed") + "/dismiss", nil} }},
	"part-link":    {may: "work", token: "work", ids: true, right: func(s *scene, k things) call { return call{"/api/links/" + s.linked(k, "linked"), nil} }},
	"ask-code": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/codes", m{"conversation_id": k.talk}}
	}},
	"note-person": {may: "note", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/people/" + k.person + "/notes", m{"text": "Bitte siezen"}}
	}},
	"change-person-note": {may: "note", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/person-notes/" + s.personNote(k), m{"text": "Bitte duzen", "version": 1}}
	}},
	"remove-person-note": {may: "note", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/person-notes/" + s.personNote(k) + "?version=1", nil}
	}},
	"list-consents": {may: "read", token: "read", ids: true, right: func(_ *scene, k things) call { return call{"/api/people/" + k.person + "/consents", nil} }},
	"add-consent": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/people/" + k.person + "/consents", m{"identity_id": s.identity(k), "purpose": "service", "given": true, "how": "call"}}
	}},
	"employ": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/people/" + k.person + "/company", m{"name": "Meyer & Söhne", "number": "K-17"}}
	}},
	"list-companies": {may: "read", token: "read", right: at("/api/companies?q=M")},
	"get-company":    {may: "read", token: "read", ids: true, right: func(s *scene, k things) call { return call{"/api/companies/" + s.company(k), nil} }},
	"name-company": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/companies/" + s.company(k), m{"name": hilft.NewID(), "number": ""}}
	}},
	"get-person": {may: "read", token: "read", ids: true, right: func(_ *scene, k things) call { return call{"/api/people/" + k.person, nil} }},
	"assign-case": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/agent", m{"agent_id": s.agentID(s.rosa.t, ben)}}
	}},
	"look-case": {may: "read", token: "read", ids: true, right: func(_ *scene, k things) call { return call{"/api/cases/" + k.caseID + "/look", nil} }},
	"typing": {may: "work", token: "reply", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/typing", m{"conversation_id": k.talk}}
	}},
	"solve-case": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/solve", m{"seen": s.newest(k)}}
	}},
	"undo": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/undo", m{"act": 1}}
	}},
	"reopen-case": {may: "work", token: "work", ids: true, right: func(_ *scene, k things) call { return call{"/api/cases/" + k.caseID + "/reopen", nil} }},
	"reply": {may: "work", token: "reply", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/replies", m{"conversation_id": k.talk, "visibility": "private", "text": "Wir sehen nach.", "seen": k.message, "anyway": true}}
	}},
	"write-note": {may: "note", token: "work", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/cases/" + k.caseID + "/notes", m{"text": "Störung bekannt"}}
	}},
	"retry-message": {may: "work", token: "reply", ids: true, right: func(s *scene, k things) call {
		return call{"/api/messages/" + s.replyThat(hilft.Failed, k) + "/retry", nil}
	}},
	"withdraw-reply": {may: "work", token: "reply", ids: true, right: func(s *scene, k things) call {
		return call{"/api/messages/" + s.replyThat(hilft.Held, k) + "/withdraw", nil}
	}},
	"message-arrived": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/messages/" + s.replyThat(hilft.Unknown, k) + "/arrived", nil}
	}},
	"let-message-go": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		return call{"/api/messages/" + s.replyThat(hilft.Failed, k) + "/let-go", nil}
	}},
	"take-message-up": {may: "work", token: "work", ids: true, right: func(s *scene, k things) call {
		id := s.replyThat(hilft.Failed, k)
		s.change(s.rosa.t, `UPDATE message SET let_go_at = 1 WHERE id = ?`, id)
		return call{"/api/messages/" + id + "/take-up", nil}
	}},
	"connect-account": {may: "administrators", token: "administer", right: func(s *scene, _ things) call {
		return call{"/api/accounts", m{"network": "api", "name": hilft.NewID(), "settings": m{"secret": secret, "callback_url": s.shop.URL + "/" + hilft.NewID()}}}
	}},
	"change-account": {may: "administrators", token: "administer", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/accounts/" + string(k.account.ID), m{"name": "Der Laden"}}
	}},
	"hold-replies": {may: "administrators", token: "administer", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/accounts/" + string(k.account.ID) + "/hold", m{"seconds": 5}}
	}},
	"pause-account":  {may: "administrators", token: "administer", ids: true, right: func(_ *scene, k things) call { return call{"/api/accounts/" + string(k.account.ID) + "/pause", nil} }},
	"resume-account": {may: "administrators", token: "administer", ids: true, right: func(_ *scene, k things) call { return call{"/api/accounts/" + string(k.account.ID) + "/resume", nil} }},
	"remove-account": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call {
		if k.account.ID == s.own.account.ID { // the others need it
			k.account = s.connect(s.rosa.t, s.brand(s.rosa.t), hilft.NewID(), s.shop)
		}
		return call{"/api/accounts/" + string(k.account.ID), nil}
	}},
	"start-sign-in": {may: "administrators", right: func(*scene, things) call {
		return call{"/api/accounts/sign-in", m{"network": "api", "settings": m{}}}
	}},
	"retry-dead": {may: "administrators", token: "administer", ids: true, shared: true, right: func(_ *scene, k things) call {
		return call{"/api/dead/" + strconv.FormatInt(k.dead, 10) + "/retry", nil}
	}},
	"retry-dead-kind": {may: "administrators", token: "administer", right: func(*scene, things) call { return call{"/api/dead/retry", m{"kind": "nothing"}} }},
	"discard-dead": {may: "administrators", token: "administer", ids: true, shared: true, right: func(s *scene, k things) call {
		if k.dead == s.own.dead { // it may have been revived, and not be dead again
			s.until(s.rosa.t, func() bool {
				letters, err := s.jobs.Letters(context.Background(), 99)
				return err == nil && slices.ContainsFunc(letters, func(l jobs.Letter) bool { return l.ID == k.dead })
			})
		}
		return call{"/api/dead/" + strconv.FormatInt(k.dead, 10), nil}
	}},
	"get-watch": {may: "administrators", token: "administer", right: at("/api/watch")},
	"set-limits": {may: "administrators", token: "administer", right: func(*scene, things) call {
		return call{"/api/watch/limits", m{"account_minutes": 15, "lag_minutes": 10, "disk_mb": 100, "backup_hours": 0}}
	}},
	"add-target": {may: "administrators", token: "administer", right: func(*scene, things) call {
		return call{"/api/watch/targets", m{"kind": "webhook", "address": "https://alerts.example/x", "secret": secret}}
	}},
	"test-target": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call {
		return call{"/api/watch/targets/" + s.target(k) + "/test", nil}
	}},
	"remove-target": {may: "administrators", token: "administer", ids: true, right: func(s *scene, k things) call {
		return call{"/api/watch/targets/" + s.target(k), nil}
	}},
	"set-canary": {may: "administrators", token: "administer", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/accounts/" + string(k.account.ID) + "/canary", m{"every_minutes": 0}}
	}},
	"retry-stuck": {may: "lead", token: "administer", ids: true, right: func(_ *scene, k things) call {
		return call{"/api/stuck/" + strconv.FormatInt(k.stuck, 10) + "/retry", nil}
	}},
	"set-stuck-aside": {may: "lead", token: "administer", ids: true, right: func(s *scene, k things) call {
		return call{"/api/stuck/" + s.unread(k), nil}
	}},
	"GET message html": {may: "read", token: "read", ids: true, right: func(_ *scene, k things) call { return call{"/api/messages/" + string(k.message) + "/html", nil} }},
	"GET stuck raw": {may: "lead", token: "administer", ids: true, right: func(s *scene, k things) call { // not the one that is tried again
		return call{"/api/stuck/" + s.unread(k) + "/raw", nil}
	}},
}

// officeHours is a service that makes sense.
var officeHours = m{
	"hours": []m{{
		"name": "Werktags", "zone": "Europe/Berlin", "region": "DE-BE",
		"week": [][]m{{}, {{"from": 480, "to": 720}, {"from": 780, "to": 1020}}, {{"from": 480, "to": 1020}}, {}, {}, {}, {}},
		"days": []m{{"date": "2026-12-24", "spans": []m{}}},
	}},
	"targets": []m{
		{"network": "", "hours": "Werktags", "first_minutes": 60, "next_minutes": 120, "warn_minutes": 15, "escalate_minutes": 60, "escalate_to": ""},
		{"network": "api", "hours": "", "first_minutes": 30, "next_minutes": 30, "warn_minutes": 0, "escalate_minutes": 0, "escalate_to": ""},
	},
}

// colleague is the id of somebody new who works here; of nobody, where the things are not ours.
func (s *scene) colleague(k things) string {
	if k.account.ID != s.own.account.ID {
		return k.person
	}
	g, err := s.access.AddAgent(s.asRosa(s.rosa.t), access.Newcomer{Name: "Geht", Email: hilft.NewID() + "@nordnetz.example", Password: password, Brand: s.own.account.Brand})
	require.NoError(s.rosa.t, err)
	return string(g.ID)
}

// number is that of the case; one that nobody has, where there is no such case.
func (s *scene) number(k things) string {
	return strconv.Itoa(storetest.Count(s.rosa.t, s.db, `SELECT COALESCE(MAX(number), 1000000) FROM cases WHERE id = ?`, k.caseID))
}

// elsewhere is the id of one more session of whoever asks; of nobody's, where the things are not ours.
func (s *scene) elsewhere(k things) string {
	if k.account.ID != s.own.account.ID || s.asking == "" {
		return k.person
	}
	b := s.browser(s.rosa.t)
	require.Equal(s.rosa.t, 200, b.say(http.MethodPost, "/api/session", m{"email": s.asking, "password": password}).status)
	return b.sessions()[0].ID
}

// code is one that confirms the app which whoever asks has begun to set up; any, where nobody knows them.
func (s *scene) code() string {
	if s.asking == "" {
		return "123456"
	}
	me, err := s.access.Agent(context.Background(), s.agentID(s.rosa.t, s.asking))
	require.NoError(s.rosa.t, err)
	begun, err := s.access.BeginTOTP(access.As(context.Background(), me))
	require.NoError(s.rosa.t, err)
	code, err := totp.GenerateCode(begun.Secret, s.db.Now())
	require.NoError(s.rosa.t, err)
	return code
}

// withApp gives whoever asks an app for the second step.
func (s *scene) withApp() {
	if s.asking == "" {
		return
	}
	me, err := s.access.Agent(context.Background(), s.agentID(s.rosa.t, s.asking))
	require.NoError(s.rosa.t, err)
	_, err = s.access.ConfirmTOTP(access.As(context.Background(), me), s.code())
	require.NoError(s.rosa.t, err)
}

// passkey is the id of one of whoever asks; of nobody's, where the things are not ours.
func (s *scene) passkey(k things) string {
	if k.account.ID != s.own.account.ID || s.asking == "" {
		return k.person
	}
	id := hilft.NewID()
	s.change(s.rosa.t, `INSERT INTO passkey (id, agent_id, credential_id, sealed, name, made_at, used_at) VALUES (?, ?, ?, ?, '', 0, 0)`,
		id, string(s.agentID(s.rosa.t, s.asking)), id, []byte("sealed"))
	return id
}

// offProvider is a provider that is not asked for anything yet.
var offProvider = m{
	"name": "Firmenkonto", "issuer": "https://id.example", "client_id": "hilft", "domains": []string{}, "vouches": false, "claim": "", "grants": []m{},
	"otherwise": m{"role": "", "brand_id": ""}, "second": false, "second_level": "", "on": false,
}

// nextProvider is the id that the next provider has; nobody's, where the things are not ours.
func (s *scene) nextProvider(k things) string {
	if k.account.ID != s.own.account.ID {
		return k.person
	}
	_, next, err := s.access.Providers(s.asRosa(s.rosa.t))
	require.NoError(s.rosa.t, err)
	return next
}

// provider is the id of one more provider; nobody's, where the things are not ours.
func (s *scene) provider(k things) string {
	if k.account.ID != s.own.account.ID {
		return k.person
	}
	p, err := s.access.SetProvider(s.asRosa(s.rosa.t), access.Provider{ID: s.nextProvider(k), Name: "Firmenkonto", Issuer: "https://id.example", ClientID: "hilft"}, nil, false)
	require.NoError(s.rosa.t, err)
	return p.ID
}

// bond is the id of one of whoever asks; of nobody's, where the things are not ours.
func (s *scene) bond(k things) string {
	if k.account.ID != s.own.account.ID || s.asking == "" {
		return k.person
	}
	id := hilft.NewID()
	s.change(s.rosa.t, `INSERT INTO provider_bond (id, issuer, subject, agent_id, made_at, used_at) VALUES (?, 'https://id.example', ?, ?, 0, 0)`, id, id, string(s.agentID(s.rosa.t, s.asking)))
	return id
}

// invitation is the id of somebody who was invited; of nobody, where the things are not ours.
func (s *scene) invitation(k things) string {
	if k.account.ID != s.own.account.ID {
		return k.person
	}
	i, err := s.access.Invite(s.asRosa(s.rosa.t), access.Newcomer{Name: "Neu", Email: hilft.NewID() + "@nordnetz.example", Brand: s.own.account.Brand}, false)
	require.NoError(s.rosa.t, err)
	return i.ID
}

// token is the id of one of whoever asks; of nobody's, where the things are not ours.
func (s *scene) token(k things) string {
	if k.account.ID != s.own.account.ID || s.asking == "" {
		return k.person
	}
	me, err := s.access.Agent(context.Background(), s.agentID(s.rosa.t, s.asking))
	require.NoError(s.rosa.t, err)
	_, t, err := s.access.MakeToken(access.As(context.Background(), me), "x", []access.Scope{access.ScopeRead}, time.Hour)
	require.NoError(s.rosa.t, err)
	return t.ID
}

// tag is the id of one that the account's brand has; of none, where there is no such account.
func (s *scene) tag(k things) string {
	if k.account.Brand == "" {
		return k.person
	}
	id := hilft.NewID()
	s.change(s.rosa.t, `INSERT INTO tag (id, brand_id, name, folded, goes, into_id, made_at) VALUES (?, ?, ?, ?, 0, '', 0)`, id, string(k.account.Brand), id[:8], id)
	return id
}

// somebody is one more person of the account's brand.
func (s *scene) somebody(k things) string {
	id := hilft.NewID()
	s.change(s.rosa.t, `INSERT INTO person (id, brand_id, name, made_at) VALUES (?, ?, 'Kim', 1)`, id, string(k.account.Brand))
	return id
}

// linked is the id of a link of the person to somebody, in a state.
func (s *scene) linked(k things, state string) string {
	if k.account.Brand == "" {
		return k.person
	}
	id, other := hilft.NewID(), s.somebody(k)
	s.change(s.rosa.t, `INSERT INTO person_link (id, brand_id, one_id, other_id, kind, evidence, state, given_id, back_id, reason, made_at, made_by, decided_at, decided_by)
		VALUES (?, ?, ?, ?, 'agent', ?, ?, '', '', '', 1, '', 0, '')`, id, string(k.account.Brand), min(k.person, other), max(k.person, other), id, state)
	return id
}

// personNote is the id of a note about the person.
func (s *scene) personNote(k things) string {
	if k.account.Brand == "" {
		return k.person
	}
	id := hilft.NewID()
	s.change(s.rosa.t, `INSERT INTO person_note (id, brand_id, person_id, body, was, version, made_at, made_by, changed_at, changed_by, removed_at) VALUES (?, ?, ?, 'x', '', 1, 1, '', 0, '', 0)`,
		id, string(k.account.Brand), k.person)
	return id
}

// identity is what a network calls the person.
func (s *scene) identity(k things) (id string) {
	if k.account.Brand == "" {
		return k.person
	}
	require.NoError(s.rosa.t, s.db.Read(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT id FROM identity WHERE person_id = ?`, []any{k.person}, &id)
	}))
	return id
}

// company is the id of a company of the account's brand.
func (s *scene) company(k things) string {
	if k.account.Brand == "" {
		return k.person
	}
	id := hilft.NewID()
	s.change(s.rosa.t, `INSERT INTO company (id, brand_id, name, folded, number, made_at) VALUES (?, ?, ?, ?, '', 1)`, id, string(k.account.Brand), id, id)
	return id
}

// draftOfX is the version of what somebody else has begun to write in a case; any, where there is no such case.
func (s *scene) draftOfX(k things) string {
	id := hilft.NewID()
	if k.account.Brand != "" {
		s.change(s.rosa.t, `DELETE FROM draft WHERE agent_id = 'x'`)
		s.change(s.rosa.t, `INSERT INTO draft (case_id, agent_id, way, version, written, changed_at) VALUES (?, 'x', 'note', ?, '{"text":"Moin"}', 1)`, k.caseID, id)
	}
	return id
}

var ownView = m{"name": "Eilig", "filter": m{"priorities": []string{"urgent"}}, "order": "next", "shared": false}

func (s *scene) noViews() { s.change(s.rosa.t, `DELETE FROM saved_view`) }

// view is the id of one of whoever asks, or Rosa's; of none, where there is no such account.
func (s *scene) view(k things) string {
	if k.account.Brand == "" {
		return k.person
	}
	s.noViews()
	id := hilft.NewID()
	s.change(s.rosa.t, `INSERT INTO saved_view (id, brand_id, owner_id, shared, name, filter, sort, place, list, mine, counted, made_at) VALUES (?, ?, ?, 0, 'x', '{}', 'next', 1, ?, 0, 1, 0)`,
		id, string(k.account.Brand), string(s.agentID(s.rosa.t, cmp.Or(s.asking, rosa))), "view:"+id+":1")
	return id
}

// target is the id of one whom the account's brand has told; of nobody, where there is no such account.
func (s *scene) target(k things) string {
	if k.account.Brand == "" {
		return k.person
	}
	g, err := s.watch.AddTarget(s.asRosa(s.rosa.t), watch.Target{Brand: k.account.Brand, Kind: watch.Webhook, Address: "https://alerts.example/" + hilft.NewID()}, secret)
	require.NoError(s.rosa.t, err)
	return g.ID
}

// webhook is the id of an endpoint of the account's brand; of nobody's, where there is no such account.
func (s *scene) webhook(k things) string {
	if k.account.Brand == "" {
		return k.person
	}
	_, e, err := s.webhooks.Add(s.asRosa(s.rosa.t), k.account.Brand, webhook.NewEndpoint{URL: "https://erp.example/" + hilft.NewID(), Types: []webhook.Type{webhook.CaseLate}})
	if hilft.KindOf(err) == hilft.Conflict { // they have twenty
		s.change(s.rosa.t, `DELETE FROM webhook`)
		return s.webhook(k)
	}
	require.NoError(s.rosa.t, err)
	return e.ID
}

// posted is the id of something that was posted to an endpoint.
func (s *scene) posted(hook string) string {
	id := hilft.NewID()
	s.change(s.rosa.t, `INSERT INTO webhook_delivery (id, webhook_id, event_id, type, case_id, body, state, attempts, status, took_ms, answer, error, made_at, asked_at, tried_at)
		VALUES (?, ?, 0, 'webhook.test', '', '{}', 'delivered', 1, 200, 1, '', '', 1, 1, 1)`, id, hook)
	return id
}

// unread is the id of a delivery to the account that could not be read; of none, where there is no such account.
func (s *scene) unread(k things) string {
	if k.account.Brand == "" {
		return strconv.FormatInt(k.stuck, 10)
	}
	var id int64
	require.NoError(s.rosa.t, s.db.Write(s.rosa.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `INSERT INTO inbox (account_id, key, kind, body, blob, received_at, state, error) VALUES (?, ?, 'message', ?, '', ?, 'stuck', 'odd') RETURNING id`,
			[]any{string(k.account.ID), hilft.NewID(), []byte("odd"), store.Micros(tx.Now())}, &id)
	}))
	return strconv.FormatInt(id, 10)
}

// notDone are right calls that this scene cannot grant, and how they are answered.
var notDone = map[string]int{
	"set-up":                    http.StatusConflict,
	"undo":                      http.StatusNotFound,            // nobody has done it
	"start-sign-in":             http.StatusUnprocessableEntity, // nobody signs in at this network
	"sign-in-by-code":           http.StatusUnauthorized,        // nobody has begun to sign in
	"add-passkey":               http.StatusUnprocessableEntity, // no device answers
	"sign-in-by-passkey":        http.StatusUnprocessableEntity,
	"begin-sign-in-by-provider": http.StatusNotFound, // there is none
	"begin-proof-by-provider":   http.StatusNotFound,
	"begin-bond":                http.StatusNotFound,
	"look-at-link":              http.StatusNotFound, // nobody was given a link
	"join":                      http.StatusNotFound,
	"reset-password":            http.StatusNotFound,
	"merge-case":                http.StatusUnprocessableEntity, // no case goes into itself
	"split-case":                http.StatusUnprocessableEntity, // nothing was chosen
	"undo-person":               http.StatusNotFound,            // nobody has done it
}

type operation struct {
	id, method string
	status     int
	*huma.Operation
}

// operations are all of the description, and what is no JSON; those that take something away come last.
func (s *scene) operations() []operation {
	all := []operation{{"GET message html", "GET", 200, &huma.Operation{}}, {"GET stuck raw", "GET", 200, &huma.Operation{}}}
	for _, path := range slices.Sorted(maps.Keys(s.api.OpenAPI().Paths)) {
		p := s.api.OpenAPI().Paths[path]
		for method, op := range map[string]*huma.Operation{"GET": p.Get, "PUT": p.Put, "POST": p.Post, "DELETE": p.Delete, "PATCH": p.Patch, "HEAD": p.Head, "OPTIONS": p.Options, "TRACE": p.Trace} {
			if op != nil {
				all = append(all, operation{op.OperationID, method, op.DefaultStatus, op})
			}
		}
	}
	last := func(o operation) int {
		return slices.Index([]string{"retry-stuck", "retry-dead", "discard-dead", "sign-out", "sign-out-everywhere"}, o.id)
	}
	slices.SortStableFunc(all, func(x, y operation) int { return last(x) - last(y) })
	return all
}

// inBrand tells of an operation that it is asked for by the brand.
func (o operation) inBrand() bool {
	return slices.ContainsFunc(o.Parameters, func(p *huma.Param) bool { return p.Name == "brand" && p.In == "query" })
}

// streams tells of an operation whose right answer does not end.
func (o operation) streams() bool { return o.id == "stream-events" }

func TestEverybodyMayDoWhatIsTheirsAndNothingElse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		s.callMembers(t)
		own := s.own.account.Brand
		for _, who := range []struct {
			name string
			*browser
			mail string
			may  []string
		}{
			{"anonymous", s.anonymous, "", []string{"anybody"}},
			{"signed in, and in no brand", s.none, mailOf(own, ""), []string{"anybody", "agents"}},
			{"a reader", s.reader, mailOf(own, access.RoleReader), []string{"anybody", "agents", "read"}},
			{"a reviewer", s.reviewer, mailOf(own, access.RoleReviewer), []string{"anybody", "agents", "read", "note"}},
			{"an agent", s.ben, ben, []string{"anybody", "agents", "read", "note", "work"}},
			{"a lead", s.lead, mailOf(own, access.RoleLead), []string{"anybody", "agents", "read", "note", "work", "lead"}},
			{"an administrator", s.rosa, rosa, []string{"anybody", "agents", "read", "note", "work", "lead", "administrators"}},
		} {
			for _, op := range s.operations() {
				e, known := matrix[op.id]
				require.True(t, known, "%s has no entry in the matrix: say who may call it", op.id)
				want := op.status
				switch {
				case !slices.Contains(who.may, e.may) && who.name == "anonymous":
					want = http.StatusUnauthorized
				case !slices.Contains(who.may, e.may):
					want = http.StatusForbidden
				case op.streams():
					continue // its own tests
				case notDone[op.id] != 0:
					want = notDone[op.id]
				}
				s.asking = who.mail
				c := e.right(s, s.own)
				a := who.say(op.method, c.path, c.body)
				require.Equal(t, want, a.status, "%s: %s: %s", who.name, op.id, a.body)
				if want >= 400 {
					refused(t, a, want)
				}
				require.Equal(t, "no-store", a.header.Get("Cache-Control"), op.id)
				// Nobody has a second step but those whose operation is about it.
				s.change(t, `DELETE FROM totp`)
				s.change(t, `DELETE FROM passkey`)
				switch { // leave it as it came
				case op.id == "sign-in" && who.mail == "":
					who.say(http.MethodDelete, "/api/session", nil)
				case (op.id == "sign-in" || op.id == "sign-out") && who.mail != "":
					who.say(http.MethodPost, "/api/session", m{"email": who.mail, "password": password})
				}
			}
		}
		require.NotContains(t, s.log.String(), "a request")
	})
}

func TestWhatIsAnothersOrNobodysIsNotThere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		s.callMembers(t)
		unknown := things{
			account: switchboard.Account{ID: hilft.AccountID(hilft.NewID())}, message: hilft.MessageID(hilft.NewID()), reply: hilft.NewID(),
			caseID: hilft.NewID(), talk: hilft.NewID(), person: hilft.NewID(), stuck: 1 << 40, dead: 1 << 40,
		}
		odd := unknown
		odd.account.ID, odd.message, odd.reply, odd.caseID, odd.person = "%00", "a%00b", "%ff%fe", "%00", "'%20OR%201=1"
		for _, op := range s.operations() {
			e := matrix[op.id]
			if !e.ids {
				continue
			}
			for name, k := range map[string]things{"unknown": unknown, "odd": odd, "another brand's": s.other} {
				if name == "another brand's" && e.shared {
					continue
				}
				c := e.right(s, k)
				// Where the request names more than one thing, the others are ours.
				if body, ok := c.body.(m); ok && body["conversation_id"] != nil {
					body["conversation_id"] = s.own.talk
					if body["seen"] != nil {
						body["seen"] = s.own.message
					}
				}
				// An administrator sees all brands; whoever is the most in one still sees nothing of another.
				asks := s.lead
				if e.may == "administrators" {
					asks = s.rosa
				}
				a := asks.say(op.method, c.path, c.body)
				require.Equal(t, http.StatusNotFound, a.status, "%s: %s (%s): %s", name, op.id, c.path, a.body)
				refused(t, a, http.StatusNotFound)
			}
		}
		// What is asked for by its brand is not there either.
		asked := 0
		for _, op := range s.operations() {
			e := matrix[op.id]
			if !op.inBrand() || e.may == "administrators" || e.may == "agents" {
				continue
			}
			asked++
			c := e.right(s, s.own)
			at, query, _ := strings.Cut(c.path, "?")
			a := s.lead.say(op.method, at+"?"+query+"&brand="+string(s.other.account.Brand), c.body)
			require.Equal(t, http.StatusNotFound, a.status, "%s: %s", op.id, a.body)
			require.Equal(t, "brand.not_found", refused(t, a, http.StatusNotFound).Code, op.id)
		}
		require.Greater(t, asked, 5)
		// Ids inside ids: the conversation of another brand's case, another case's, nobody's.
		second := s.posts(t, s.own.account, m{"id": "own-2", "thread": "second", "text": "Und eine Frage", "from": m{"id": "jo"}})
		theirs := s.rosa.opens(s.caseOf(t, second)).Ways[0].ConversationID
		for _, talk := range []string{s.other.talk, theirs, hilft.NewID(), ""} {
			a := s.rosa.say(http.MethodPost, "/api/cases/"+s.own.caseID+"/replies", m{"conversation_id": talk, "visibility": "private", "text": "x", "seen": s.own.message, "anyway": true})
			require.Contains(t, []int{http.StatusNotFound, http.StatusUnprocessableEntity}, a.status, a.body)
			refused(t, a, a.status)
		}
		for _, body := range []m{{"agent_id": hilft.NewID()}, {"agent_id": "' OR 1=1"}} {
			require.Equal(t, "agent.not_found", refused(t, s.rosa.say(http.MethodPut, "/api/cases/"+s.own.caseID+"/agent", body), 422).Code)
		}
		// Nothing of the other brand has changed, and none of it shows.
		require.Zero(t, storetest.Count(t, db, `SELECT COUNT(*) FROM message WHERE account_id = ? AND id <> ? AND NOT (agent_id = 'x' AND delivery IN ('held', 'failed', 'unknown') AND let_go_at <= 1)`,
			string(s.other.account.ID), string(s.other.message)))
		for _, path := range []string{"/api/inbox", "/api/inbox?view=trouble", "/api/accounts", "/api/health", "/api/agents", "/api/me", "/api/me?brand=" + string(s.other.account.Brand)} {
			a := s.lead.say(http.MethodGet, path, nil)
			require.Equal(t, 200, a.status, path)
			require.NotContains(t, a.body, string(s.other.account.Brand), path)
			require.NotContains(t, a.body, string(s.other.account.ID), path)
			require.NotContains(t, a.body, s.other.caseID, path)
		}
		require.NotContains(t, s.log.String(), "a request")
	})
}

func TestWhatMakesNoSenseIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		large := `{"text":"` + strings.Repeat("x", 1<<20) + `"}`
		wrong := []struct {
			name   string
			body   any
			status []int
			header []string
		}{
			{"nothing", nil, []int{400, 422}, nil},
			{"half a document", []byte(`{"name":`), []int{400}, nil},
			{"a list", []byte(`[]`), []int{422}, nil},
			{"a number", []byte(`7`), []int{422}, nil},
			{"an unknown field", []byte(`{"is_administrator":true}`), []int{422}, nil},
			{"no JSON", []byte(`name=x`), []int{415}, []string{"Content-Type", "application/x-www-form-urlencoded"}},
			{"text as JSON might be sent across origins", []byte(`{}`), []int{415}, []string{"Content-Type", "text/plain"}},
			{"too much", []byte(large), []int{413}, nil},
			{"too much, and does not say how much", onlyReads{strings.NewReader(large)}, []int{413}, nil},
			{"a hundred thousand levels", []byte(strings.Repeat(`{"name":`, 100_000) + "1" + strings.Repeat("}", 100_000)), []int{400, 422}, nil},
			{"a hundred thousand lists", []byte(strings.Repeat(`[`, 100_000)), []int{400, 422}, nil},
			{"no UTF-8", []byte("{\"text\":\"\xff\xfe\"}"), []int{422}, nil},
			{"a NUL", []byte(`{"text":"a\u0000b"}`), []int{422}, nil},
			{"a bare NUL", []byte("{\"text\":\"a\x00b\"}"), []int{422}, nil},
		}
		tried := 0
		for _, op := range s.operations() {
			if op.RequestBody == nil {
				continue
			}
			tried++
			path := matrix[op.id].right(s, s.own).path
			for _, w := range wrong {
				if r, ok := w.body.(onlyReads); ok {
					r.Reader = strings.NewReader(large)
					w.body = r
				}
				a := s.rosa.say(op.method, path, w.body, w.header...)
				require.Contains(t, w.status, a.status, "%s: %s: %s", op.id, w.name, a.body)
				refused(t, a, a.status)
				require.NotContains(t, a.body, "internal")
			}
		}
		require.Greater(t, tried, 8)
		require.Equal(t, "request.bad_text", refused(t, s.rosa.say(http.MethodGet, "/api/inbox?cursor=%00", nil), 422).Code)
		require.Equal(t, "request.bad_text", refused(t, s.rosa.say(http.MethodGet, "/api/inbox?%ff=1", nil), 422).Code)
		for _, path := range []string{"/api/inbox?view=all", "/api/inbox?limit=0", "/api/inbox?limit=100000", "/api/inbox?limit=x", "/api/inbox?cursor=nonsense", "/api/inbox?cursor=" + strings.Repeat("x", 300)} {
			refused(t, s.rosa.say(http.MethodGet, path, nil), 422)
		}
		require.Equal(t, "api.not_found", refused(t, s.rosa.say(http.MethodGet, "/api/nothing", nil), 404).Code)
		require.Equal(t, "api.not_found", refused(t, s.rosa.say(http.MethodPut, "/api/me", m{}), 404).Code)
		// An escaped backslash before the letters of a NUL is no NUL.
		a := s.rosa.say(http.MethodPost, "/api/cases/"+s.own.caseID+"/notes", []byte(`{"text":"so schreibt man es: \\u0000"}`))
		require.Equal(t, `so schreibt man es: \u0000`, as[messageAnswer](t, a, 201).Body)
		require.NotContains(t, s.log.String(), "a request")
	})
}

// onlyReads hides how much there is to read, so that it is sent in chunks.
type onlyReads struct{ *strings.Reader }

func TestNobodyNeedsTheHouseSetUpTwice(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b := h.browser(t)
	type setUp struct {
		Needed bool
		Demo   any
	}
	require.Equal(t, setUp{Needed: true}, as[setUp](t, b.say(http.MethodGet, "/api/setup", nil), 200))
	for _, path := range []string{"/api/me", "/api/inbox", "/api/accounts", "/api/events"} {
		require.Equal(t, "session.missing", refused(t, b.say(http.MethodGet, path, nil), 401).Code)
	}
	right := func() m {
		return m{"code": h.keys.SetUpCode(), "brand": m{"name": "Nordnetz", "language": "de"}, "administrator": m{"name": "Rosa", "email": rosa, "password": password}}
	}
	for field, spoil := range map[string]func(m){
		"body.administrator.email":    func(b m) { b["administrator"].(m)["email"] = "rosa" },
		"body.administrator.password": func(b m) { b["administrator"].(m)["password"] = "kurz" },
		"body.brand.name":             func(b m) { b["brand"].(m)["name"] = " " },
		"body.administrator.name":     func(b m) { b["administrator"].(m)["name"] = "" },
		"body.brand.language":         func(b m) { b["brand"].(m)["language"] = "fr" },
	} {
		body := right()
		spoil(body)
		p := refused(t, b.say(http.MethodPost, "/api/setup", body), 422)
		require.Len(t, p.Errors, 1)
		require.Equal(t, field, p.Errors[0].Location)
	}
	for _, code := range []string{"", "aaaa-aaaa-aaaa-aaaa", h.keys.SetUpCode()[:18], h.keys.SetUpCode() + "a"} {
		body := right()
		body["code"] = code
		p := refused(t, b.say(http.MethodPost, "/api/setup", body), 403)
		require.Equal(t, "setup.code.wrong", p.Code, "a stranger does not become the administrator")
		require.Equal(t, "body.code", p.Errors[0].Location)
	}
	first := right()
	first["code"] = strings.ToUpper(strings.ReplaceAll(h.keys.SetUpCode(), "-", " "))
	require.Equal(t, 201, b.say(http.MethodPost, "/api/setup", first).status)
	require.Equal(t, 200, b.say(http.MethodGet, "/api/me", nil).status, "who sets up is signed in")
	require.Equal(t, "setup.done", refused(t, b.say(http.MethodPost, "/api/setup", right()), 409).Code)
	require.Equal(t, setUp{}, as[setUp](t, h.browser(t).say(http.MethodGet, "/api/setup", nil), 200))
}

// Whoever makes a client from the description is told what stands in the addresses, and which refusals to expect.
func TestTheDescriptionIsWhole(t *testing.T) {
	t.Parallel()
	s := &scene{house: openHouse(t)}
	for _, op := range s.operations() {
		if op.Path == "" {
			continue // no JSON
		}
		named := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == "id" && p.Required })
		require.Equal(t, strings.Contains(op.Path, "{id}"), named, op.id)
		require.NotEmpty(t, op.Summary, op.id)
		require.Equal(t, matrix[op.id].may != "anybody", len(op.Security) > 0, op.id)
		if op.streams() {
			continue
		}
		require.Equal(t, matrix[op.id].may != "anybody", op.Responses["401"] != nil, op.id)
		require.Equal(t, !slices.Contains([]string{"anybody", "agents"}, matrix[op.id].may), op.Responses["403"] != nil, op.id)
		require.Equal(t, matrix[op.id].ids || op.inBrand(), op.Responses["404"] != nil, op.id)
	}
}

// A customer writes, an agent answers, the shop gets the answer: the way of everything else.
func TestAWordComesInAndAnAnswerGoesOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		id := s.posts(t, s.own.account, m{"id": "q", "thread": "q", "text": "Wo bleibt mein Router?\u0000\u200b", "from": m{"id": "kim", "name": "Kim"}})
		inbox := as[inboxAnswer](t, s.ben.say(http.MethodGet, "/api/inbox?view=unassigned", nil), 200)
		require.Equal(t, "Kim", inbox.Cases[len(inbox.Cases)-1].Person.Name)
		require.Equal(t, 2, inbox.Counts["open"])
		first := as[inboxAnswer](t, s.ben.say(http.MethodGet, "/api/inbox?limit=1", nil), 200)
		second := as[inboxAnswer](t, s.ben.say(http.MethodGet, "/api/inbox?limit=1&cursor="+first.Next, nil), 200)
		require.NotEqual(t, first.Cases[0].ID, second.Cases[0].ID)
		require.Empty(t, second.Next)

		c := s.ben.opens(s.caseOf(t, id))
		require.Equal(t, "Wo bleibt mein Router?", strings.TrimSpace(strings.Trim(c.Messages[0].Body, "\u200b")))
		reply := m{"conversation_id": c.Ways[0].ConversationID, "visibility": "private", "text": "Er kommt morgen.", "seen": c.Messages[0].ID}
		said := as[messageAnswer](t, s.ben.say(http.MethodPost, "/api/cases/"+c.ID+"/replies", reply), 201)
		require.Equal(t, "outbound", said.Direction)
		s.until(t, func() bool { return s.ben.opens(c.ID).Messages[1].Delivery == "sent" })
		require.Contains(t, s.shop.texts(), "Er kommt morgen.")

		s.posts(t, s.own.account, m{"id": "q2", "thread": "q", "text": "Zu spät!", "from": m{"id": "kim", "name": "Kim"}})
		reply["text"] = "Noch etwas?"
		require.Equal(t, "reply.something_new", refused(t, s.ben.say(http.MethodPost, "/api/cases/"+c.ID+"/replies", reply), 409).Code)
		reply["anyway"], reply["solve"] = true, true
		require.Equal(t, 201, s.ben.say(http.MethodPost, "/api/cases/"+c.ID+"/replies", reply).status)
		require.Equal(t, "solved", s.ben.opens(c.ID).State)
		require.Equal(t, "waiting", as[caseAnswer](t, s.ben.say(http.MethodPost, "/api/cases/"+c.ID+"/reopen", nil), 200).State, "they have been answered")
	})
}

// Where the person's name goes before the text, it takes away from what may be said; the desk shows the agent that limit,
// and holds to it.
func TestAReplyMustFitBehindTheName(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	s.change(t, `UPDATE account SET limits = ? WHERE id = ?`, `{"text_max":20,"addressed":true}`, string(s.own.account.ID))
	require.Equal(t, 200, s.rosa.say(http.MethodPatch, "/api/me", m{"language": "de"}).status, "so that accounts are read anew")
	id := s.posts(t, s.own.account, m{"id": "f", "thread": "f", "text": "Moin", "from": m{"id": "kim", "handle": "kim@norden.example", "name": "Kim"}})
	c := s.ben.opens(s.caseOf(t, id))
	say := func(text string) answer {
		return s.ben.say(http.MethodPost, "/api/cases/"+c.ID+"/replies",
			m{"conversation_id": c.Ways[0].ConversationID, "visibility": "private", "text": text, "seen": c.Messages[0].ID, "anyway": true})
	}
	require.Equal(t, "reply.too_long", refused(t, say(strings.Repeat("x", 16)), 422).Code, "it goes out as '@kim ' and the text")
	require.Equal(t, 201, say(strings.Repeat("x", 15)).status)
}

// What stands behind a reply counts, is shown before, and is kept as it goes out.
func TestARepliesSignCountsAndIsKept(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	s.change(t, `UPDATE account SET limits = ? WHERE id = ?`, `{"text_max":20}`, string(s.own.account.ID))
	set := func(how string) {
		require.Equal(t, 200, s.rosa.say(http.MethodPut, "/api/brand/letters", m{"signature": "", "receipt_de": "", "receipt_en": "", "signs_private": how}).status)
	}
	set("initials")
	type way struct {
		ConversationID string `json:"conversation_id"`
		Sign           string
	}
	look := func() (way, string) {
		c := as[struct {
			Ways     []way
			Messages []struct{ ID string }
		}](t, s.ben.say(http.MethodGet, "/api/cases/"+s.own.caseID, nil), 200)
		return c.Ways[0], c.Messages[len(c.Messages)-1].ID
	}
	me := as[struct{ Initials string }](t, s.ben.say(http.MethodGet, "/api/me", nil), 200)
	w, seen := look()
	require.Equal(t, "^"+me.Initials, w.Sign)
	say := func(text string) answer {
		return s.ben.say(http.MethodPost, "/api/cases/"+s.own.caseID+"/replies", m{"conversation_id": w.ConversationID, "visibility": "private", "text": text, "seen": seen, "anyway": true})
	}
	fits := strings.Repeat("x", 20-1-utf8.RuneCountInString(w.Sign))
	require.Equal(t, "reply.too_long", refused(t, say(fits+"x"), 422).Code)
	require.Equal(t, fits+" "+w.Sign, as[messageAnswer](t, say(fits), 201).Body)
	s.until(t, func() bool { return slices.Contains(s.shop.texts(), fits+" "+w.Sign) })
	require.Equal(t, fits+" "+w.Sign, as[messageAnswer](t, say(fits+" "+w.Sign), 201).Body, "as one that was taken back")

	require.Equal(t, "agent.initials.taken", refused(t, s.rosa.say(http.MethodPatch, "/api/me", m{"initials": me.Initials}), 409).Code)
	s.change(t, `UPDATE agent SET initials = ?`, me.Initials) // as it may be from before
	require.Equal(t, 200, s.ben.say(http.MethodPatch, "/api/me", m{"signs_as": "Benni"}).status)
	w, _ = look()
	require.Equal(t, "^Benni", w.Sign, "nobody signs as another")
	require.NotEmpty(t, as[struct {
		Clash string `json:"initials_clash"`
	}](t, s.ben.say(http.MethodGet, "/api/me", nil), 200).Clash)
	set("off")
	w, _ = look()
	require.Empty(t, w.Sign)
	refused(t, s.rosa.say(http.MethodPut, "/api/brand/letters", m{"signature": "", "receipt_de": "", "receipt_en": "", "signs_private": "loud"}), 422)
}

// Whoever works in the brand sees on the card what speaks for a link, and takes it back.
func TestThePersonsCardShowsWhatItRestsOn(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	id := s.posts(t, s.own.account, m{"id": "k", "thread": "k", "text": "Ich bin der von gestern", "from": m{"id": "kim", "name": "Kim"}})
	type card struct {
		Person struct {
			ID         string
			Identities []struct {
				PersonID string `json:"person_id"`
			}
			Cases []struct{ ID string }
			Links []struct {
				ID, State, Kind string
				Messages        []struct{ Text string }
			}
			Notes []struct {
				ID, Text string
				Version  int64
			}
		}
	}
	look := func() card { return as[card](t, s.ben.say(http.MethodGet, "/api/cases/"+s.own.caseID, nil), 200) }
	kim := as[card](t, s.ben.say(http.MethodGet, "/api/cases/"+s.caseOf(t, id), nil), 200).Person.ID
	type did struct {
		PersonID string `json:"person_id"`
		Act      int64
	}
	linked := as[did](t, s.ben.say(http.MethodPost, "/api/people/"+s.own.person+"/links", m{"with": kim, "message_id": string(id)}), 200)
	c := look()
	require.Len(t, c.Person.Identities, 2)
	require.Equal(t, "Ich bin der von gestern", c.Person.Links[0].Messages[0].Text)
	require.Len(t, c.Person.Cases, 1)
	require.Equal(t, 200, s.ben.say(http.MethodPost, "/api/people/"+kim+"/notes", m{"text": "Bitte siezen"}).status)
	require.Equal(t, "Bitte siezen", look().Person.Notes[0].Text)
	require.Equal(t, 200, s.ben.say(http.MethodPost, "/api/people/"+linked.PersonID+"/undo", m{"act": linked.Act}).status)
	c = look()
	require.Len(t, c.Person.Identities, 1)
	require.Empty(t, c.Person.Links)
	require.Empty(t, c.Person.Notes)
	require.Equal(t, "act.moved_on", refused(t, s.ben.say(http.MethodPost, "/api/people/"+linked.PersonID+"/undo", m{"act": linked.Act}), 409).Code)
}

// A network may take its time with an account's settings; whoever waits for it is not sent away meanwhile.
func TestASlowNetworkCanBeConnected(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	rosa := h.administrator(t)
	s := openShop(t)
	s.wait = make(chan struct{})
	late := time.AfterFunc(6*time.Second, func() { close(s.wait) })
	defer late.Stop()
	a := rosa.say(http.MethodPost, "/api/accounts", m{"network": "api", "name": "slow", "settings": m{"secret": secret, "callback_url": s.URL}})
	require.Equal(t, 201, a.status, a.body)
}
