// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"fmt"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/blob"
)

// Reserve is how many bytes of a disk nothing is received into: with them the house can still place what it has, send
// answers, and be tidied up. A database that meets the end of its disk can do none of that.
const Reserve = 64 << 20

// roomFresh is how long a look at the disks counts.
const roomFresh = time.Second

// room knows whether there is room for what comes.
type room struct {
	folders []string
	look    func(folder string) (blob.Space, error)

	mu  sync.Mutex
	at  time.Time
	err error
}

// left refuses, before anything is accepted, when a disk is nearly full. A disk that cannot be looked at does not
// refuse: writing will tell.
func (r *room) left() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.at) > roomFresh {
		r.at, r.err = now, r.full()
	}
	return r.err
}

func (r *room) full() error {
	for _, folder := range r.folders {
		if s, err := r.look(folder); err == nil && s.Free < Reserve {
			return hilft.Fail(hilft.Unavailable, "house.disk_full", fmt.Errorf("%d bytes are left on the disk of %s", s.Free, folder))
		}
	}
	return nil
}
