// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// BenchmarkClaim measures what a job costs from its claim to its end, in batches of 64: with many lanes, which is what a
// busy day looks like, and with a hot one, which is a customer who does not stop.
func BenchmarkClaim(b *testing.B) {
	for _, lanes := range []int{5000, 1} {
		b.Run(fmt.Sprintf("sqlite/lanes=%d", lanes), func(b *testing.B) { benchClaim(b, storetest.Open(b, "", nil), lanes) })
		if url := os.Getenv(storetest.Env); url != "" {
			b.Run(fmt.Sprintf("postgres/lanes=%d", lanes), func(b *testing.B) { benchClaim(b, storetest.Open(b, storetest.PostgresFor(b), nil), lanes) })
		}
	}
}

func benchClaim(b *testing.B, db *store.DB, lanes int) {
	q := queueOn(b, db)
	fill := func(n int) {
		orders := make([]Order, n)
		for i := range orders {
			orders[i] = Order{Kind: "letter", Lane: fmt.Sprint("lane ", i%lanes), Args: i}
		}
		q.put(b, orders...)
	}
	fill(5000)
	b.ResetTimer()
	for done := 0; done < b.N; {
		groups, _, err := q.claim(b.Context(), "letter", 64, time.Minute)
		require.NoError(b, err)
		n := 0
		for _, g := range groups {
			for _, c := range g {
				require.NoError(b, db.Write(b.Context(), func(ctx context.Context, tx *store.Tx) error { return c.Done(ctx, tx) }))
				n++
			}
		}
		done += n
		b.StopTimer()
		fill(max(n, 1))
		b.StartTimer()
	}
}
