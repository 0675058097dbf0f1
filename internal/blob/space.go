// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"fmt"
	"syscall"
)

// Space is how much room a disk has, in bytes.
type Space struct {
	Free  int64 // for us: what is kept for the system's administrator does not count
	Total int64
}

// SpaceAt tells how much room the disk has on which a folder lies.
func SpaceAt(folder string) (Space, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		return Space{}, fmt.Errorf("blob: space at %s: %w", folder, err)
	}
	size := int64(st.Bsize) //nolint:unconvert // its type differs between systems
	return Space{Free: int64(st.Bavail) * size, Total: int64(st.Blocks) * size}, nil
}

// Space tells how much room the folder's disk has.
func (f *Folder) Space() (Space, error) { return SpaceAt(f.dir) }
