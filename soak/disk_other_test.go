// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux || !amd64

package soak_test

import "github.com/hilft/hilft/internal/app/apptest"

// Elsewhere nobody plays the disk, and what needs one is not there.

func asDisk() bool { return false }

type recording struct{}

func (*recording) under(*apptest.House) {}
func (*recording) size() int64          { return 0 }
