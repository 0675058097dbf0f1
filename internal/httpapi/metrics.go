// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/bus"
	"github.com/hilft/hilft/internal/switchboard"
)

// metrics are the house's figures for Prometheus. They hold no personal data: no names, no texts, no ids of people.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	hooks    *prometheus.CounterVec
}

func newMetrics(a *API) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hilft_http_request_seconds", Help: "How long requests took, by door, method and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"door", "method", "status"}),
		hooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hilft_hooks_total", Help: "Requests of networks, by what became of them.",
		}, []string{"outcome"}),
	}
	m.registry.MustRegister(m.requests, m.hooks, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&queueCollector{a.Switchboard}, &busCollector{a.Bus}, &houseCollector{a})
	return m
}

func (m *metrics) handler() http.Handler {
	// With the database gone, what the process knows by itself is worth the more.
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

func (m *metrics) hook(err error) {
	outcome := "taken"
	if _, ok := errors.AsType[*Problem](err); ok {
		outcome = "too_slow" // the one thing for which there is no kind, and no fault of ours
	} else if err != nil {
		outcome = hilft.KindOf(err).String()
	}
	m.hooks.WithLabelValues(outcome).Inc()
}

// measure times requests by the door they come through; streams and sockets stand too long to say anything.
func (m *metrics) measure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if s.status == http.StatusOK && r.URL.Path == "/api/events" || s.status == http.StatusSwitchingProtocols {
				return
			}
			m.requests.WithLabelValues(door(r.URL.Path), method(r.Method), strconv.Itoa(s.status)).Observe(time.Since(began).Seconds())
		}()
		next.ServeHTTP(s, r)
	})
}

func door(path string) string {
	for _, d := range []string{"/api/", "/hooks/", "/chat/", "/media/", "/assets/"} {
		if strings.HasPrefix(path, d) {
			return strings.Trim(d, "/")
		}
	}
	return "page"
}

func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return m
	}
	return "other"
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (s *statusWriter) WriteHeader(status int) {
	s.status, s.wrote = status, true
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusWriter) Write(b []byte) (int, error) {
	s.wrote = true
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Hijack lets sockets through that ask for it directly.
func (s *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	s.status, s.wrote = http.StatusSwitchingProtocols, true
	return http.NewResponseController(s.ResponseWriter).Hijack()
}

// queueCollector reads the queues when somebody asks.
type queueCollector struct{ switchboard *switchboard.Switchboard }

var (
	queueWaiting = prometheus.NewDesc("hilft_jobs_waiting", "Jobs that are due.", []string{"kind"}, nil)
	queueRunning = prometheus.NewDesc("hilft_jobs_running", "Jobs that somebody works on.", []string{"kind"}, nil)
	queueOldest  = prometheus.NewDesc("hilft_jobs_oldest_seconds", "How long the oldest due job has been waiting.", []string{"kind"}, nil)
	queueDead    = prometheus.NewDesc("hilft_jobs_dead", "Jobs that were given up.", []string{"kind"}, nil)
)

func (c *queueCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- queueWaiting
	ch <- queueRunning
	ch <- queueOldest
	ch <- queueDead
}

func (c *queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	states, err := c.switchboard.Queues(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(queueWaiting, err)
		return
	}
	for _, s := range states {
		ch <- prometheus.MustNewConstMetric(queueWaiting, prometheus.GaugeValue, float64(s.Waiting), s.Kind)
		ch <- prometheus.MustNewConstMetric(queueRunning, prometheus.GaugeValue, float64(s.Running), s.Kind)
		ch <- prometheus.MustNewConstMetric(queueOldest, prometheus.GaugeValue, s.Oldest.Seconds(), s.Kind)
		ch <- prometheus.MustNewConstMetric(queueDead, prometheus.GaugeValue, float64(s.Dead), s.Kind)
	}
}

type busCollector struct{ bus *bus.Bus }

var (
	busPublished = prometheus.NewDesc("hilft_wakeups_total", "Wake-ups handed to NATS.", nil, nil)
	busDropped   = prometheus.NewDesc("hilft_wakeups_dropped_total", "Wake-ups that were lost; work found them a second later.", nil, nil)
)

func (c *busCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- busPublished
	ch <- busDropped
}

func (c *busCollector) Collect(ch chan<- prometheus.Metric) {
	h := c.bus.Health()
	ch <- prometheus.MustNewConstMetric(busPublished, prometheus.CounterValue, float64(h.Published))
	ch <- prometheus.MustNewConstMetric(busDropped, prometheus.CounterValue, float64(h.Dropped))
}
