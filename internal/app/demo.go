// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
)

// DemoOptions say how a demonstration is shown.
type DemoOptions struct {
	Listen  string
	Data    string // empty: a folder of its own, gone at the end
	Quiet   bool   // no new customers after the first ones
	Version string
	Out     io.Writer
	Log     *slog.Logger
}

// Demo opens a house with made-up customers until the context ends.
func Demo(ctx context.Context, o DemoOptions) error { return errors.New("soon") }
