// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package apptest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// BinaryEnv is the variable that names a binary to run instead of one built from the sources.
const BinaryEnv = "HILFT_BIN"

// Binary returns the path of the binary: the one that HILFT_BIN names, or one that it builds into the folder, as make
// build does.
func Binary(ctx context.Context, folder string) (string, error) {
	if bin := os.Getenv(BinaryEnv); bin != "" {
		return filepath.Abs(bin)
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("apptest: where the sources are: %w", err)
	}
	bin := filepath.Join(folder, "hilft")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "./cmd/hilft")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Dir = strings.TrimSpace(string(root))
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("apptest: go build: %w\n%s", err, out)
	}
	return bin, nil
}
