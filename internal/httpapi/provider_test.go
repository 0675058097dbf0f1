// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// trusting goes to servers of tests, whose certificates nobody vouches for.
func trusting(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Jar: jar}
}

const (
	atProvider     = "was nur der Dienst weiß" // everybody's password there
	providerSecret = "the-client-secret-of-hilft"
)

// zitadel is a provider that others wrote: the example server of zitadel/oidc.
type zitadel struct{ *httptest.Server }

func openZitadel(t testing.TB, mails map[string]bool) zitadel {
	t.Helper()
	users := map[string]any{}
	for mail, proved := range mails {
		name, _, _ := strings.Cut(mail, "@")
		users["id-"+name] = m{"ID": "id-" + name, "Username": mail, "Password": atProvider, "FirstName": strings.ToUpper(name[:1]) + name[1:], "LastName": "Nord", "Email": mail, "EmailVerified": proved}
	}
	file := filepath.Join(t.TempDir(), "users.json")
	b, err := json.Marshal(users)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, b, 0o600))
	known, err := storage.StoreFromFile(file)
	require.NoError(t, err)
	client := storage.WebClient("hilft", providerSecret, "https://desk.example/api/sign-in/provider/1")
	server := httptest.NewUnstartedServer(nil)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	server.Config.Handler = exampleop.SetupServer(server.URL, storage.NewStorageWithClients(known, map[string]*storage.Client{"hilft": client}), nil, false)
	return zitadel{server}
}

// signsIn is what somebody does at the provider: they follow, give name and password, and are sent back. It returns the
// address to which, without its host.
func (z zitadel) signsIn(t testing.TB, to, mail string) string {
	t.Helper()
	at := trusting(t)
	at.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "desk.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	res, err := at.Get(to)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, "/login/username", res.Request.URL.Path, string(body))
	res, err = at.PostForm(z.URL+"/login/username", url.Values{"id": {res.Request.URL.Query().Get("authRequestID")}, "username": {mail}, "password": {atProvider}})
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	back, err := res.Location()
	require.NoError(t, err)
	require.Equal(t, "desk.example", back.Host)
	return back.RequestURI()
}

type departed struct{ URL string }

// goes begins a way to the provider, and returns its address.
func (b *browser) goes(path string, back string) string {
	b.t.Helper()
	return as[departed](b.t, b.say(http.MethodPost, path, m{"provider": "1", "back": back}), 200).URL
}

// comesBack brings a provider's answer, and returns where that leads.
func (b *browser) comesBack(path string) string {
	b.t.Helper()
	a := b.say(http.MethodGet, path, nil)
	require.Equal(b.t, http.StatusSeeOther, a.status, a.body)
	return a.header.Get("Location")
}

// provider is one as the settings say it.
func (z zitadel) settings(change m) m {
	body := m{
		"name": "Firmenkonto", "issuer": z.URL, "client_id": "hilft", "secret": providerSecret, "domains": []string{"nordnetz.example"}, "vouches": false, "claim": "", "grants": []m{},
		"otherwise": m{"role": "", "brand_id": ""}, "second": false, "second_level": "", "on": true,
	}
	for k, v := range change {
		body[k] = v
	}
	return body
}

const (
	enters = "/api/session/provider"
	binds  = "/api/me/bonds"
)

func TestPeopleSignInByAProviderThatIsNotOurs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db)
		admin := h.administrator(t)
		atDesk := h.agent(t, admin)
		z := openZitadel(t, map[string]bool{ben: true, "mila@nordnetz.example": true, "kai@nordnetz.example": true, "eve@nordnetz.example": false, "uwe@anderswo.example": true})
		enter := func(mail string) (*browser, string) {
			b := h.browser(t)
			return b, b.comesBack(z.signsIn(t, b.goes(enters, "/cases/x"), mail))
		}
		set := func(change m) answer { return admin.say(http.MethodPut, "/api/providers/1", z.settings(change)) }

		for say, issuer := range map[string]string{
			"provider.issuer.invalid": "http://id.example", "provider.issuer.other": z.URL + "/", "provider.unreachable": z.URL + "/nowhere",
		} {
			p := refused(t, set(m{"issuer": issuer}), 422)
			require.Equal(t, say, p.Code, issuer)
			require.Equal(t, "body.issuer", p.Errors[0].Location)
		}
		require.Equal(t, "provider.domains.needed", refused(t, set(m{"domains": []string{}, "vouches": true}), 422).Code)
		kept := set(nil)
		require.Equal(t, 200, kept.status, kept.body)
		require.NotContains(t, kept.body, providerSecret)
		require.Contains(t, kept.body, `"callback":"https://desk.example/api/sign-in/provider/1"`)
		require.Contains(t, h.browser(t).say(http.MethodGet, "/api/setup", nil).body, `"providers":[{"id":"1","name":"Firmenkonto"}]`)

		// An address alone makes nobody an agent, however well it is proved.
		_, to := enter(ben)
		require.Equal(t, "/sign-in?back=%2Fcases%2Fx&wrong=provider.bind_first", to)
		require.Equal(t, "/settings/security?done=bind", atDesk.comesBack(z.signsIn(t, atDesk.goes(binds, "/settings/security"), ben)))
		back, to := enter(ben)
		require.Equal(t, "/cases/x", to)
		require.Contains(t, back.say(http.MethodGet, "/api/me", nil).body, ben)
		require.Len(t, back.sessions(), 2, "as every other sign-in: listed, to be ended")
		require.Contains(t, admin.say(http.MethodGet, "/api/trail?limit=5", nil).body, `"by":"provider"`)
		require.Equal(t, "/settings?done=prove", back.comesBack(z.signsIn(t, back.goes("/api/me/proof/provider", "/settings"), ben)))

		// Who was invited begins, as what they were invited to be; who was not, does not.
		require.Equal(t, 201, admin.say(http.MethodPost, "/api/invitations", m{"name": "Mila Sund", "email": "mila@nordnetz.example", "role": "reviewer"}).status)
		mila, to := enter("mila@nordnetz.example")
		require.Equal(t, "/cases/x", to)
		require.Contains(t, mila.say(http.MethodGet, "/api/me", nil).body, `"role":"reviewer"`)
		require.Contains(t, mila.say(http.MethodGet, "/api/me", nil).body, `"name":"Mila Sund"`)
		for mail, say := range map[string]string{"kai@nordnetz.example": "provider.nobody", "eve@nordnetz.example": "provider.unproved", "uwe@anderswo.example": "provider.elsewhere"} {
			stranger, to := enter(mail)
			require.Equal(t, "/sign-in?back=%2Fcases%2Fx&wrong="+say, to)
			require.Equal(t, 401, stranger.say(http.MethodGet, "/api/me", nil).status)
		}
		require.Equal(t, "/settings?wrong=provider.other_address", atDesk.comesBack(z.signsIn(t, atDesk.goes(binds, "/settings"), "kai@nordnetz.example")))
		require.Equal(t, 200, set(m{"secret": nil, "claim": "given_name", "grants": []m{{"value": "Kai", "role": "agent", "brand_id": h.brand(t)}}}).status)
		kai, to := enter("kai@nordnetz.example")
		require.Equal(t, "/cases/x", to)
		require.Contains(t, kai.say(http.MethodGet, "/api/me", nil).body, `"role":"agent"`)
		require.Equal(t, "provider.only_way", refused(t, kai.say(http.MethodDelete, "/api/me/bonds/"+kai.bonds()[0], nil), 409).Code)

		// An answer counts once, and in the browser that asked.
		b := h.browser(t)
		came := z.signsIn(t, b.goes(enters, "//evil.example"), ben)
		require.Equal(t, "/sign-in?wrong=provider.other_browser", h.browser(t).comesBack(came))
		other := h.browser(t)
		other.goes(enters, "")
		require.Equal(t, "/sign-in?wrong=provider.other_browser", other.comesBack(came))
		require.Equal(t, "/", b.comesBack(came))
		require.Equal(t, "/sign-in?wrong=provider.other_browser", b.comesBack(came))

		// The house may leave it to providers alone, and does not shut itself in.
		own := func(who string) answer { return admin.say(http.MethodPut, "/api/house/own-sign-in", m{"own": who}) }
		require.Equal(t, 204, own("administrators").status)
		require.Equal(t, "session.provider_only", refused(t, h.browser(t).say(http.MethodPost, "/api/session", m{"email": ben, "password": password}), 403).Code)
		require.Equal(t, 200, h.browser(t).say(http.MethodPost, "/api/session", m{"email": rosa, "password": password}).status)
		require.Equal(t, "provider.last", refused(t, admin.say(http.MethodDelete, "/api/providers/1", nil), 409).Code)
		require.Equal(t, "provider.last", refused(t, set(m{"on": false}), 409).Code)
		require.Equal(t, 204, own("everybody").status)

		// Who is gone stays out, by this door too; and so does everybody, when it is closed.
		require.NoError(t, h.access.CloseAgent(h.asRosa(t), h.agentID(t, ben)))
		_, to = enter(ben)
		require.Equal(t, "/sign-in?back=%2Fcases%2Fx&wrong=provider.nobody", to)
		b = h.browser(t)
		came = z.signsIn(t, b.goes(enters, ""), "kai@nordnetz.example")
		require.Equal(t, 200, set(m{"on": false}).status)
		require.Equal(t, "/sign-in?wrong=provider.not_found", b.comesBack(came))
		require.Equal(t, 204, admin.say(http.MethodDelete, "/api/providers/1", nil).status)

		if db.Dialect() == store.SQLite {
			require.NotContains(t, dump(t, h.db), providerSecret)
		}
		for _, private := range []string{providerSecret, "kai@", "code=", "eyJ"} {
			require.NotContains(t, h.log.String(), private)
		}
	})
}

// bonds are the ids of somebody's.
func (b *browser) bonds() (ids []string) {
	b.t.Helper()
	for _, one := range as[struct{ Bonds []struct{ ID string } }](b.t, b.say(http.MethodGet, binds, nil), 200).Bonds {
		ids = append(ids, one.ID)
	}
	return ids
}
