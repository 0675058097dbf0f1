// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"filippo.io/age"
)

// ErrPublicHalf says that a key file has what makes backups, and not what opens them.
var ErrPublicHalf = errors.New("this is the public half, which only makes backups; the one that begins with AGE-SECRET-KEY opens them")

// KeyFor reads for whom backups are encrypted: the public key of age in the file (age1…), so that the machine that makes
// backups cannot open them, or the public half of the key that is in it. A file that is not there is made, with a new key.
func KeyFor(path string) (to age.Recipient, made bool, err error) {
	line, err := keyLine(path)
	if errors.Is(err, fs.ErrNotExist) {
		id, err := makeKey(path)
		if err != nil {
			return nil, false, fmt.Errorf("key file %s: %w", path, err)
		}
		return id.Recipient(), true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("key file %s: %w", path, err)
	}
	if strings.HasPrefix(line, "age1") {
		to, err := age.ParseX25519Recipient(line)
		if err != nil {
			return nil, false, fmt.Errorf("key file %s: %w", path, err)
		}
		return to, false, nil
	}
	id, err := ReadKey(path)
	if err != nil {
		return nil, false, err
	}
	return id.Recipient(), false, nil
}

// ReadKey reads the key that opens backups (AGE-SECRET-KEY-1…). ErrPublicHalf: the file has only the other one.
func ReadKey(path string) (*age.X25519Identity, error) {
	line, err := keyLine(path)
	if err == nil && strings.HasPrefix(line, "age1") {
		err = ErrPublicHalf
	}
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	id, err := age.ParseX25519Identity(line)
	if err != nil { // its words may hold what is in the file
		return nil, fmt.Errorf("key file %s: it holds no key of age", path)
	}
	return id, nil
}

// keyLine is the one line of a key file that is neither empty nor a comment.
func keyLine(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var found []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			found = append(found, line)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("want one key in it, got %d", len(found))
	}
	return found[0], nil
}

func makeKey(path string) (*age.X25519Identity, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(f, "# opens backups of hilft; public key: %s\n%s\n", id.Recipient(), id)
	return id, errors.Join(err, f.Sync(), f.Close())
}
