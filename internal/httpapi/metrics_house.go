// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

// houseCollector reads, when somebody asks, what the health page shows. The names are in the handbook, and do not change.
type houseCollector struct{ api *API }

var (
	metricReceived  = prometheus.NewDesc("hilft_received_total", "Deliveries of networks that this process has stored and acknowledged; the same again counts.", nil, nil)
	metricDelivered = prometheus.NewDesc("hilft_deliveries_total", "Messages of ours that came to an end in this process, by what became of them.", []string{"outcome"}, nil)
	metricStuck     = prometheus.NewDesc("hilft_stuck", "Deliveries that could not be read; 100 is 100 or more.", nil, nil)
	metricUnknown   = prometheus.NewDesc("hilft_unknown", "Messages of ours that may have gone out; 100 is 100 or more.", nil, nil)
	metricAccounts  = prometheus.NewDesc("hilft_accounts", "Accounts, by state.", []string{"state"}, nil)
	metricRefused   = prometheus.NewDesc("hilft_accounts_refused", "Calls that could not prove to be the network's, of all accounts.", nil, nil)
	metricCanary    = prometheus.NewDesc("hilft_canaries_missing", "Accounts whose sign of life has not come back.", nil, nil)
	metricAlerts    = prometheus.NewDesc("hilft_alerts", "Open alerts, by condition.", []string{"condition"}, nil)
	metricDatabase  = prometheus.NewDesc("hilft_database_question_seconds", "How long a small question to the database took just now.", nil, nil)
	metricCommit    = prometheus.NewDesc("hilft_commit_seconds", "How long the last small commit of a process took.", []string{"node"}, nil)
	metricSize      = prometheus.NewDesc("hilft_database_bytes", "What the database takes on its disk.", nil, nil)
	metricFree      = prometheus.NewDesc("hilft_disk_free_bytes", "Room on a disk.", []string{"node", "folder"}, nil)
	metricTotal     = prometheus.NewDesc("hilft_disk_total_bytes", "Size of a disk.", []string{"node", "folder"}, nil)
)

func (c *houseCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		metricReceived, metricDelivered, metricStuck, metricUnknown, metricAccounts, metricRefused, metricCanary, metricAlerts, metricDatabase, metricCommit,
		metricSize, metricFree, metricTotal,
	} {
		ch <- d
	}
}

func (c *houseCollector) Collect(ch chan<- prometheus.Metric) {
	received, ended := c.api.Switchboard.Counts()
	ch <- prometheus.MustNewConstMetric(metricReceived, prometheus.CounterValue, float64(received))
	for state, n := range ended {
		ch <- prometheus.MustNewConstMetric(metricDelivered, prometheus.CounterValue, float64(n), string(state))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, part := range []struct {
		of      *prometheus.Desc
		collect func(ctx context.Context, gauge func(d *prometheus.Desc, v float64, labels ...string)) error
	}{{metricAccounts, c.brands}, {metricDatabase, c.machine}} {
		if err := part.collect(ctx, func(d *prometheus.Desc, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
		}); err != nil {
			ch <- prometheus.NewInvalidMetric(part.of, err)
		}
	}
}

// brands collects what brands have, all together: their names are nobody else's business.
func (c *houseCollector) brands(ctx context.Context, gauge func(d *prometheus.Desc, v float64, labels ...string)) error {
	brands, err := c.api.Access.Brands(ctx)
	if err != nil {
		return err
	}
	states := map[hilft.AccountState]int{hilft.AccountOK: 0, hilft.AccountStarting: 0, hilft.AccountTrouble: 0, hilft.AccountSignIn: 0, hilft.AccountPaused: 0}
	var stuck, unknown, refused, missing int
	for _, b := range brands {
		accounts, err := c.api.Switchboard.Accounts(ctx, b.ID)
		if err != nil {
			return err
		}
		for _, acc := range accounts {
			states[acc.State]++
			refused += acc.Refused
		}
		canaries, err := c.api.Switchboard.Canaries(ctx, b.ID)
		if err != nil {
			return err
		}
		for _, one := range canaries {
			if one.Missing(c.api.DB.Now()) {
				missing++
			}
		}
		unread, err := c.api.Switchboard.StuckOnes(ctx, b.ID, listMost)
		if err != nil {
			return err
		}
		open, err := c.api.Desk.Undecided(ctx, access.House(), b.ID, listMost)
		if err != nil {
			return err
		}
		stuck, unknown = stuck+len(unread), unknown+len(open)
	}
	for state, n := range states {
		gauge(metricAccounts, float64(n), string(state))
	}
	gauge(metricStuck, float64(stuck))
	gauge(metricUnknown, float64(unknown))
	gauge(metricRefused, float64(refused))
	gauge(metricCanary, float64(missing))
	return nil
}

// machine collects how database and disks do, and which alerts are open.
func (c *houseCollector) machine(ctx context.Context, gauge func(d *prometheus.Desc, v float64, labels ...string)) error {
	began := time.Now()
	open, err := c.api.Watch.Open(ctx)
	if err != nil {
		return err
	}
	gauge(metricDatabase, time.Since(began).Seconds())
	for condition, n := range open {
		gauge(metricAlerts, float64(n), string(condition))
	}
	size, err := c.api.DB.Size(ctx)
	if err != nil {
		return err
	}
	gauge(metricSize, float64(size))
	nodes, err := c.api.Watch.Nodes(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{} // two processes of one machine have one name
	for _, n := range nodes {
		if n.Lost(c.api.DB.Now()) || seen[n.Name] {
			continue
		}
		seen[n.Name] = true
		gauge(metricCommit, n.Commit.Seconds(), n.Name)
		if n.Data.Total > 0 {
			gauge(metricFree, float64(n.Data.Free), n.Name, "data")
			gauge(metricTotal, float64(n.Data.Total), n.Name, "data")
		}
		if n.Media.Total > 0 {
			gauge(metricFree, float64(n.Media.Free), n.Name, "media")
			gauge(metricTotal, float64(n.Media.Total), n.Name, "media")
		}
	}
	return nil
}
