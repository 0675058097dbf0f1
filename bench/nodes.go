// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/hilft/hilft/internal/app/apptest"
)

// share is what a node may have of a processor, in percent: so little that database and client, on the same two cores, are
// not the limit.
const share = 15

// measureNodes compares what one node places with what two do, on one Postgres. All of it runs on this machine, so each
// node may have a part of one processor only, and the database and the client have the rest: it measures how much nodes
// are in each other's way, not how fast they are.
func measureNodes(ctx context.Context, b *bench, database string) ([]result, error) {
	if database != "postgres" {
		return nil, nil
	}
	var rates [2]float64
	for i := range rates {
		var err error
		if rates[i], err = b.together(ctx, i+1); err != nil {
			return nil, err
		}
	}
	r := result{
		What: fmt.Sprintf("two nodes against one, each with %d %% of a processor", share), Database: database, Value: rates[1] / rates[0], Unit: "times as much", Wall: 2 * b.duration.Seconds(),
		Note: fmt.Sprintf("%s/s and %s/s through to a case", number(rates[0]), number(rates[1])), Target: "≥ 1.6 times",
	}
	r.Met = r.Value >= 1.6
	return []result{r}, nil
}

// together is how many words a second so many nodes place.
func (b *bench) together(ctx context.Context, nodes int) (rate float64, err error) {
	nats, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true})
	if err != nil {
		return 0, err
	}
	nats.Start()
	defer nats.Shutdown()
	if !nats.ReadyForConnections(10 * time.Second) {
		return 0, errors.New("NATS does not start")
	}
	s := &site{}
	var bounds []func()
	defer func() { // when their processes have ended
		for _, free := range bounds {
			free()
		}
	}()
	defer s.close()
	if s.house, err = b.house(ctx, "postgres", &s.closers); err != nil {
		return 0, err
	}
	s.house.Settings["nats_url"] = fmt.Sprintf("nats://127.0.0.1:%d", nats.Addr().(*net.TCPAddr).Port)
	s.house.Settings["public_url"] = s.house.URL()
	s.closers = append(s.closers, s.house.Kill)
	if err := s.furnish(ctx); err != nil {
		return 0, err
	}
	all := []*site{s}
	for i := 1; i < nodes; i++ {
		h, err := apptest.NewHouse(b.bin, s.house.Data, s.house.Settings["database_url"])
		if err != nil {
			return 0, err
		}
		h.Settings["nats_url"], h.Settings["public_url"] = s.house.Settings["nats_url"], s.house.URL()
		s.closers = append(s.closers, h.Kill)
		if err := h.Open(ctx); err != nil {
			return 0, err
		}
		all = append(all, &site{house: h, shop: s.shop, hook: strings.Replace(s.hook, s.house.URL(), h.URL(), 1)})
	}
	for i, n := range all {
		free, err := bound(fmt.Sprintf("hilft-bench-%d-%d-%d", os.Getpid(), nodes, i), n.house.PID())
		if err != nil {
			return 0, err
		}
		bounds = append(bounds, free)
	}
	t := &talk{s: s}
	tctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	errs := make([]error, talkers)
	for i := range talkers {
		wg.Go(func() { errs[i] = t.converse(tctx, all[i%len(all)]) })
	}
	from := time.Now().Add(2 * warmUp)
	rate, _, err = t.watch(ctx, from, from.Add(b.duration))
	stop()
	wg.Wait()
	if err = errors.Join(append(errs, err)...); err != nil {
		return 0, err
	}
	if err := t.drained(ctx); err != nil {
		return 0, err
	}
	_, err = t.check(ctx)
	return rate, err
}

// bound gives a process its share of a processor, by a control group of Linux, for which one must be root.
func bound(name string, pid int) (free func(), err error) {
	dir := filepath.Join("/sys/fs/cgroup/cpu", name)
	limits := map[string]string{"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": strconv.Itoa(200 * share)}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		dir, limits = filepath.Join("/sys/fs/cgroup", name), map[string]string{"cpu.max": fmt.Sprintf("%d 20000", 200*share)}
	}
	if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // the system's own folder
		return nil, fmt.Errorf("nodes are measured by root, where control groups are: %w", err)
	}
	for file, v := range limits {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(v), 0o600); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o600); err != nil {
		return nil, err
	}
	return func() { _ = os.Remove(dir) }, nil
}
