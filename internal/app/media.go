// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/store"
)

// recogniseMedia makes sure, at every start, that the media folder is the one in which the files of this database lie. A
// folder that is not shared between nodes, or was not restored, would be found out when a customer's picture is missing.
func recogniseMedia(ctx context.Context, a *access.Access, f *blob.Folder, dir string) error {
	kept, err := a.Media(ctx)
	if err == nil && kept == "" {
		var word string
		if word, err = f.Mark(); err == nil {
			kept, err = a.KeepMedia(ctx, word)
		}
	}
	if err != nil {
		return err
	}
	return knowsMedia(dir, kept)
}

// mediaToBackUp is the media folder, if it is the one of this database. An empty one in its place, because a disk is not
// mounted, would make a backup that looks whole and has no file.
func mediaToBackUp(ctx context.Context, db *store.DB, schema int64, dir string) (*blob.Folder, error) {
	const since = 3 // the schema that has a place for the mark
	if schema >= since {
		kept, err := access.New(access.Deps{DB: db}).Media(ctx)
		if err != nil {
			return nil, err
		}
		if kept != "" { // else the house was not open since folders are marked
			err = knowsMedia(dir, kept)
		}
		if err != nil {
			return nil, fmt.Errorf("no backup was made, it would lack the media: mount the disk on which they are, or take --without-media (%w)", err)
		}
	}
	return blob.Open(dir)
}

func knowsMedia(dir, kept string) error {
	word, file, err := blob.MarkOf(dir)
	if err == nil && word != kept {
		err = fmt.Errorf("%s is not the media folder of this database: every node needs the same one, on a disk that they share, and a restored database the one that belongs to it; "+
			"if its files are lost for good, write %s into %s and start again", dir, kept, file)
	}
	return err
}
