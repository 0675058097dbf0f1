// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"time"
)

// measureStart opens a house in an empty folder, or an empty database, and waits until it says that it is ready.
func measureStart(ctx context.Context, b *bench, database string) ([]result, error) {
	var closers []func()
	defer func() {
		for _, f := range closers {
			f()
		}
	}()
	h, err := b.house(ctx, database, &closers)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	err = h.Open(ctx)
	took := time.Since(began).Seconds()
	defer h.Kill()
	if err != nil {
		return nil, err
	}
	u, err := h.Use()
	if err != nil {
		return nil, err
	}
	return []result{{What: "empty start to ready", Database: database, Value: took, Unit: "s", Wall: took, CPU: u.CPU.Seconds(), Target: "≤ 0.5 s", Met: took <= 0.5}}, nil
}

func measureSize(_ context.Context, b *bench, _ string) ([]result, error) {
	info, err := os.Stat(b.bin)
	if err != nil {
		return nil, err
	}
	return []result{{What: "binary, with the browser app", Value: float64(info.Size()) / (1 << 20), Unit: "MiB"}}, nil
}
