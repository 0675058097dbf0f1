// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// signInFor is how long an administrator may take at the network.
const signInFor = 30 * time.Minute

// StartSignIn begins to connect an account by signing in at its network, or to sign in again for an account that needs
// it, and returns the address to which the administrator's browser goes. The account is there from now on, waiting for
// its sign-in. binding ties the network's answer to the browser that asked.
func (s *Switchboard) StartSignIn(ctx context.Context, brand hilft.BrandID, network, name string, settings channel.Settings, again hilft.AccountID, callback, binding string) (string, error) {
	con, err := s.connector(network)
	if err != nil {
		return "", err
	}
	starter, ok := con.(channel.SignInStarter)
	if !ok {
		return "", hilft.FailField(hilft.Invalid, "account.no_sign_in", "network", nil)
	}
	a := s.newAccount(brand, con.Describe(), name)
	a.State, a.Reason = hilft.AccountSignIn, channel.ReasonSignIn
	settings = maps.Clone(settings)
	if settings == nil {
		settings = channel.Settings{}
	}
	if again != "" { // what works goes on working until the sign-in is done
		if a, _, err = s.own(ctx, brand, again); err != nil {
			return "", err
		}
		if a.Network != network {
			return "", hilft.FailField(hilft.Invalid, "account.no_such_network", "network", nil)
		}
		for k, v := range a.Settings {
			if _, given := settings[k]; !given {
				settings[k] = v
			}
		}
	}
	had := a.Settings
	if a.Settings, a.secrets, err = sort(con.Describe(), settings, a.secrets); err != nil {
		return "", err
	}
	if again != "" && !maps.Equal(had, a.Settings) {
		// What an earlier sign-in gave us is not shown to whom these settings lead: nothing works until this one is done.
		forgetSignIn(con.Describe(), &a)
		a.State, a.Reason = hilft.AccountSignIn, channel.ReasonSignIn
	}
	var step channel.SignInStep
	err = s.guard(a, "SignInStart", func() (err error) {
		step, err = starter.SignInStart(ctx, s.channel(a).Settings, s.env(a), callback, s.signInState(a.ID, binding))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("switchboard: sign-in: %w", badSettings(err))
	}
	s.keep(con.Describe(), &a, step.Keep)
	if again != "" {
		err = s.update(ctx, a)
	} else {
		if a.Name == "" {
			a.Name = con.Describe().Name["en"] + " " + string(a.ID[len(a.ID)-4:])
		}
		err = s.insert(ctx, a)
	}
	if err != nil {
		return "", fmt.Errorf("switchboard: sign-in: %w", err)
	}
	return step.URL, nil
}

// FinishSignIn takes the network's answer and opens the account's line, which the answer's state names. Forbidden: the answer
// is not one to a question of this browser's, or comes too late.
func (s *Switchboard) FinishSignIn(ctx context.Context, answer url.Values, callback, binding string) (Account, error) {
	id, err := s.readSignInState(answer.Get("state"), binding)
	if err != nil {
		return Account{}, err
	}
	a, err := s.Account(ctx, id)
	if err != nil {
		return Account{}, err
	}
	a, con, err := s.own(ctx, a.Brand, id)
	if err != nil {
		return Account{}, err
	}
	starter, ok := con.(channel.SignInStarter)
	if !ok {
		return Account{}, hilft.Fail(hilft.Invalid, "account.no_sign_in", nil)
	}
	var more channel.Settings
	err = s.guard(a, "SignInFinish", func() (err error) {
		more, err = starter.SignInFinish(ctx, s.channel(a).Settings, s.env(a), callback, answer)
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("switchboard: sign-in: %w", badSettings(err))
	}
	placeholder := strings.HasSuffix(a.Name, " "+string(a.ID[len(a.ID)-4:]))
	s.keep(con.Describe(), &a, more)
	if placeholder {
		a.Name = ""
	}
	all := s.channel(a).Settings
	if a, err = s.prove(ctx, con, a, all); err != nil {
		return Account{}, fmt.Errorf("switchboard: sign-in: %w", err)
	}
	if a.State != hilft.AccountPaused {
		a.State, a.Reason = atFirst(con.Describe()), ""
	}
	if err := s.update(ctx, a); err != nil {
		return Account{}, fmt.Errorf("switchboard: sign-in: %w", err)
	}
	return s.Account(ctx, id)
}

// forgetSignIn takes away what a sign-in added to an account's settings.
func forgetSignIn(d channel.Description, a *Account) {
	for _, f := range d.Settings {
		if f.Hidden {
			delete(a.Settings, f.Key)
			delete(a.secrets, f.Key)
		}
	}
}

// keep adds what a sign-in step learned to an account's settings.
func (s *Switchboard) keep(d channel.Description, a *Account, more channel.Settings) {
	for _, f := range d.Settings {
		v, ok := more[f.Key]
		switch {
		case !ok:
		case f.Kind == channel.FieldSecret:
			a.secrets[f.Key] = v
		default:
			a.Settings[f.Key] = v
		}
	}
}

// signInState is what the network sends back: the account, until when, and a signature over both and the browser.
func (s *Switchboard) signInState(id hilft.AccountID, binding string) string {
	body := string(id) + "." + strconv.FormatInt(s.DB.Now().Add(signInFor).Unix(), 10)
	return body + "." + s.signState(body, binding)
}

func (s *Switchboard) signState(body, binding string) string {
	m := hmac.New(sha256.New, s.Keys.Derive("sign-in state", 32))
	m.Write([]byte(body + "\x00" + binding))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (s *Switchboard) readSignInState(state, binding string) (hilft.AccountID, error) {
	refuse := hilft.Fail(hilft.Forbidden, "account.sign_in_state", nil)
	i := strings.LastIndexByte(state, '.')
	if i < 0 || !hmac.Equal([]byte(state[i+1:]), []byte(s.signState(state[:i], binding))) {
		return "", refuse
	}
	id, until, _ := strings.Cut(state[:i], ".")
	if n, err := strconv.ParseInt(until, 10, 64); err != nil || s.DB.Now().Unix() > n {
		return "", refuse
	}
	return hilft.AccountID(id), nil
}
