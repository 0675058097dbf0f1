// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/hilft/hilft"
)

// Spans hold ids and figures, and of an error its kind: never what it says, for that may be what a customer said.

// spanHere names the span in which we are, so that one in another process or after a crash can refer to it. Empty: nobody
// looks.
func spanHere(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	at := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, at)
	return at.Get("traceparent")
}

// spanThere reads what spanHere wrote.
func spanThere(named string) trace.SpanContext {
	if named == "" {
		return trace.SpanContext{}
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": named})
	return trace.SpanContextFromContext(ctx)
}

// placing begins the span of placing deliveries: one goes on with the trace that it came in by, several are linked to
// theirs.
func (s *Switchboard) placing(ctx context.Context, all []*arrival) (context.Context, trace.Span) {
	options := []trace.SpanStartOption{trace.WithAttributes(attribute.String("account_id", string(all[0].to)), attribute.Int("deliveries", len(all)))}
	if from := spanThere(all[0].trace); len(all) == 1 && from.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, from)
		return s.Tracer.Start(ctx, "place", options...)
	}
	for _, d := range all {
		if from := spanThere(d.trace); from.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: from}))
		}
	}
	return s.Tracer.Start(ctx, "place", options...)
}

// endSpan ends a span with how it went.
func endSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, hilft.KindOf(err).String())
	}
	span.End()
}
