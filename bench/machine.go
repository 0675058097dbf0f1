// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// machine is what the figures were found on.
type machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Memory float64 `json:"memory_gib"`
	Go     string  `json:"go"`
	Fsync  float64 `json:"fsync_ms"` // median of a durable write of 4 KiB
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores, %.0f GiB, %s, durable write of 4 KiB: %.2f ms", m.CPU, m.Cores, m.Memory, m.Go, m.Fsync)
}

func about(dir string) machine {
	m := machine{CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Go: runtime.Version(), Fsync: fsync(dir)}
	if m.CPU == "" {
		m.CPU = runtime.GOARCH
	}
	kib, _ := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 64)
	m.Memory = kib / (1 << 20)
	return m
}

// field reads one line of "name : value".
func field(file, name string) string {
	text, _ := os.ReadFile(file) // where there is none, the table says less
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func fsync(dir string) float64 {
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	var all latencies
	block := make([]byte, 4096)
	for range 200 {
		began := time.Now()
		if _, err := f.Write(block); err != nil || f.Sync() != nil {
			return 0
		}
		all = append(all, time.Since(began))
	}
	return all.at(0.5)
}
