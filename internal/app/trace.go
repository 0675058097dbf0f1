// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// traceEndFor is how long the last spans may take to the collector when the house closes.
const traceEndFor = 3 * time.Second

// tracer tells a collector what takes how long, by OTLP over HTTP; with no endpoint it tells nobody. The collector is the
// operator's own, named in the settings, and so may stand in a private network. Spans hold ids and figures only.
func tracer(ctx context.Context, endpoint, version string, log *slog.Logger) (t trace.Tracer, end func(), err error) {
	if endpoint == "" {
		return noop.NewTracerProvider().Tracer(""), func() {}, nil
	}
	to, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, nil, fmt.Errorf("otlp_endpoint: %w", err)
	}
	// The library complains in one place for the whole program, and by itself would do so beside the log.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("spans are lost", "err", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(to), sdktrace.WithResource(resource.NewSchemaless(
		attribute.String("service.name", "hilft"), attribute.String("service.version", version),
	)))
	return provider.Tracer("hilft"), func() { //nolint:contextcheck // it runs when the house has closed, and the context is over
		ctx, cancel := context.WithTimeout(context.Background(), traceEndFor)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("the last spans are lost", "err", err)
		}
	}, nil
}
