// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package desk

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// BenchmarkHear hears words that open cases, fifty in a transaction, beside as many saved views. What counts is cpu-µs/case.
func BenchmarkHear(b *testing.B) {
	for _, views := range []int{0, 20} {
		b.Run(fmt.Sprint("views=", views), func(b *testing.B) {
			clock := storetest.NewClock()
			r := newRoom(b, storetest.Open(b, "", clock.Now), clock)
			filters := []Filter{
				{States: []hilft.CaseState{hilft.Open}, Owner: OwnerMe},
				{States: []hilft.CaseState{hilft.Open}, Networks: []string{network}},
				{Tags: []hilft.TagID{"a", "b"}},
				{Priorities: []hilft.Priority{hilft.High, hilft.Urgent}, Visibility: hilft.Public},
			}
			require.NoError(b, r.db.Write(b.Context(), func(ctx context.Context, tx *store.Tx) error {
				for i := range views {
					if err := plantView(ctx, tx, i, filters[i%len(filters)]); err != nil {
						return err
					}
				}
				return nil
			}))
			const batch = 50
			n, before := 0, cpu()
			for b.Loop() {
				var items []channel.Item
				for range batch {
					n++
					items = append(items, r.says(fmt.Sprint("p", n), fmt.Sprint("m", n), "Mein Internet geht nicht"))
				}
				r.hearTogether(brand, account, items...)
			}
			b.ReportMetric(float64(cpu()-before)/float64(n), "cpu-µs/case")
		})
	}
}

// cpu is how long this process has worked, in microseconds.
func cpu() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return (syscall.TimevalToNsec(u.Utime) + syscall.TimevalToNsec(u.Stime)) / 1000
}
