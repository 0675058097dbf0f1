// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hilft/hilft/internal/app/apptest"
)

const (
	casesShown = 60 // in the inbox that the browser looks at
	figures    = "web/e2e/figures.mjs"
)

// measureBrowser looks at the desk in Chromium: until what can be used, with how many bytes, and how soon what somebody does is
// to be seen. Where there is no browser it measures nothing and says so.
func measureBrowser(ctx context.Context, b *bench, database string) ([]result, error) {
	at := os.Getenv("CHROMIUM")
	if at == "" {
		at = "/usr/bin/chromium"
	}
	for _, file := range []string{at, filepath.Join("web", "node_modules", "playwright-core")} {
		if _, err := os.Stat(file); err != nil { //nolint:gosec // whoever measures says where their browser is
			fmt.Fprintf(os.Stderr, "bench: %s is not there: the browser's figures are left out\n", file)
			return nil, nil
		}
	}
	s, err := b.open(ctx, database)
	if err != nil {
		return nil, err
	}
	defer s.close()
	c, err := dial(ctx, s)
	if err != nil {
		return nil, err
	}
	defer c.close()
	for i := range casesShown {
		if err := c.post(word(fmt.Sprint("m-", i), fmt.Sprint("t-", i), prose(i))); err != nil {
			return nil, err
		}
	}
	err = s.agent.Until(ctx, func(ctx context.Context) error {
		rows, err := s.agent.Inbox(ctx, "open")
		if err == nil && len(rows) < casesShown {
			err = fmt.Errorf("%d cases stand in the inbox", len(rows))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	node := exec.CommandContext(ctx, "node", figures)
	node.Env = append(os.Environ(), "CHROMIUM="+at, "HILFT_E2E_URL="+s.house.URL(),
		"HILFT_E2E_EMAIL="+apptest.AdministratorEmail, "HILFT_E2E_PASSWORD="+apptest.AdministratorPassword)
	node.Stderr = os.Stderr
	out, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", figures, err)
	}
	var found []struct {
		What   string    `json:"what"`
		Unit   string    `json:"unit"`
		Values []float64 `json:"values"`
		Most   *float64  `json:"most"`
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("%s: %w", figures, err)
	}
	var all []result
	for _, f := range found {
		slices.Sort(f.Values)
		r := result{What: f.What, Database: database, Value: f.Values[len(f.Values)/2], Unit: f.Unit}
		if f.Most != nil {
			r.Target = strings.TrimSpace(fmt.Sprintf("≤ %s %s", number(*f.Most), f.Unit))
			r.Met = r.Value <= *f.Most
		}
		all = append(all, r)
	}
	return all, nil
}
