// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"path/filepath"

	"github.com/hilft/hilft/internal/access"
)

// RenewKey gives the house a new key to seal with, while nobody works in it: a house that is open would not know it, and could not
// read what others seal.
func RenewKey(s Settings) error {
	unlock, err := lock(filepath.Join(s.Data, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	return access.RenewKeys(s.SecretKeyFile)
}
