// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store/storetest"
)

func TestAnAdministratorSaysHowSoonCustomersAreAnswered(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now))
	rosa := h.administrator(t)
	acc := h.connect(t, h.brand(t), "Laden", openShop(t))
	id := h.caseOf(t, h.posts(t, acc, m{"id": "1", "thread": "1", "text": "Kein Netz"}))
	type row struct {
		WaitsSince time.Time `json:"waits_since"`
		DueAt      time.Time `json:"due_at"`
		Late       string    `json:"late"`
	}
	waits := func() (r row) {
		a := rosa.say(http.MethodGet, "/api/cases/"+id, nil)
		require.Equal(t, http.StatusOK, a.status)
		require.NoError(t, json.Unmarshal([]byte(a.body), &r))
		return r
	}
	target := func(more m) m {
		g := m{"network": "api", "hours": "", "first_minutes": 90, "next_minutes": 30, "warn_minutes": 20, "escalate_minutes": 0, "escalate_to": ""}
		maps.Copy(g, more)
		return g
	}
	ready := m{"hours": []m{}, "targets": []m{target(nil)}}
	require.JSONEq(t, `{"open":1,"aimed":1,"late":0,"late_now":0,"partly":false}`, rosa.say(http.MethodPost, "/api/service/outlook", ready).body)
	require.Equal(t, http.StatusOK, rosa.say(http.MethodPut, "/api/service", ready).status)
	h.until(t, func() bool { r := waits(); return r.DueAt.Sub(r.WaitsSince) == 90*time.Minute })
	require.Equal(t, "no", waits().Late)
	for _, late := range []string{"soon", "late"} {
		clock.forward(75 * time.Minute)
		h.until(t, func() bool { return waits().Late == late })
	}

	hours := func(more m) m {
		w := m{"name": "Werktags", "zone": "Europe/Berlin", "region": "", "week": [][]m{{}, {{"from": 480, "to": 720}}, {}, {}, {}, {}, {}}, "days": []m{}}
		maps.Copy(w, more)
		return m{"hours": []m{w}, "targets": []m{}}
	}
	closed := m{"date": "2026-12-24", "spans": []m{}}
	for field, body := range map[string]m{
		"body.hours.0.zone":            hours(m{"zone": "Mond"}),
		"body.hours.0.name":            hours(m{"name": " "}),
		"body.hours.0.region":          hours(m{"region": "FR-75"}),
		"body.hours.0.week":            hours(m{"week": [][]m{{}, {}, {}, {}, {}, {}, {}}}),
		"body.hours.0.days.1.date":     hours(m{"days": []m{closed, closed}}),
		"body.hours.0.days.0.date":     hours(m{"days": []m{{"date": "2026-02-30", "spans": []m{}}}}),
		"body.targets.0.network":       {"hours": []m{}, "targets": []m{target(m{"network": "pigeon"})}},
		"body.targets.0.hours":         {"hours": []m{}, "targets": []m{target(m{"hours": "Nachts"})}},
		"body.targets.0.first_minutes": {"hours": []m{}, "targets": []m{target(m{"first_minutes": 0})}},
		"body.targets.0.escalate_to":   {"hours": []m{}, "targets": []m{target(m{"escalate_to": "nobody"})}},
	} {
		for _, call := range [][2]string{{http.MethodPut, "/api/service"}, {http.MethodPost, "/api/service/outlook"}} {
			p := refused(t, rosa.say(call[0], call[1], body), 422)
			require.Len(t, p.Errors, 1, field)
			require.Contains(t, []string{field, "body.hours[0].days[0].date"}, p.Errors[0].Location)
		}
	}
	require.Contains(t, rosa.say(http.MethodGet, "/api/service", nil).body, `"first_minutes":90`, "what was refused has changed nothing")
}
