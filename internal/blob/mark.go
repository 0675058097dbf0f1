// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mark is the file that tells one folder from another, with a word that is written into it once.
const mark = "folder"

// MarkOf is the mark of the folder at a path, and the file in which it stands. Empty: it has none, or is not there.
func MarkOf(dir string) (word, file string, err error) {
	file = filepath.Join(dir, mark)
	b, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", file, fmt.Errorf("blob: mark: %w", err)
	}
	return strings.TrimSpace(string(b)), file, nil
}

// Mark gives the folder a mark, if it has none, and returns the one that it has. Of two processes that do so at once, both
// get the same.
func (f *Folder) Mark() (string, error) {
	if word, _, err := MarkOf(f.dir); word != "" || err != nil {
		return word, err
	}
	if err := f.makeMark(strings.ToLower(rand.Text())); err != nil {
		return "", fmt.Errorf("blob: mark: %w", err)
	}
	word, _, err := MarkOf(f.dir)
	return word, err
}

// makeMark gives a file its name only when it is whole and on the disk. One that has that name already wins.
func (f *Folder) makeMark(word string) error {
	tmp, err := os.CreateTemp(filepath.Join(f.dir, incoming), "*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(word + "\n")
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), filepath.Join(f.dir, mark)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(f.dir)
}
