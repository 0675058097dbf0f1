// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"filippo.io/age"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/backup"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/switchboard"
	"github.com/hilft/hilft/internal/watch"
)

// BackupOptions say what a backup is to be.
type BackupOptions struct {
	KeyFile       string // encrypts it, or opens it; empty: it is not encrypted
	WithSecretKey bool   // with the house's key; only encrypted
	WithoutMedia  bool
	Version       string
	Tell          io.Writer // lines for the person who waits
	Progress      func(rows, media int64)
}

// Backed tells of a backup that is complete, in words for machines.
type Backed struct {
	File    string    `json:"file"`
	Schema  int64     `json:"schema"`
	BeganAt time.Time `json:"began_at"`
	Seconds float64   `json:"seconds"`
	Bytes   int64     `json:"bytes"`
	Rows    int64     `json:"rows"`
	Media   int64     `json:"media"`
	Damaged int64     `json:"damaged"`
	sum     []byte    // the SHA-256 of what was written
}

// ErrDamaged says that a backup is complete but for media that could not be read.
var ErrDamaged = errors.New("some media files are damaged on the disk or gone from it, and are not in the backup; everything else is. Restore them from an older one")

// Backup makes a backup of the house beside whoever works in it. At file it appears when it is complete, instead of what
// was there; "-" is out.
func Backup(ctx context.Context, s Settings, file string, out io.Writer, o BackupOptions) (Backed, error) {
	db, schema, err := store.Attach(ctx, databaseOf(s))
	if err != nil {
		return Backed{}, err
	}
	defer func() { _ = db.Close() }()
	return backUp(ctx, db, schema, s, file, out, o)
}

func backUp(ctx context.Context, db *store.DB, schema int64, s Settings, file string, out io.Writer, o BackupOptions) (Backed, error) {
	began := time.Now()
	from := backup.From{DB: db, Version: o.Version, Progress: o.Progress}
	var err error
	if o.KeyFile != "" {
		key, made, err := backup.KeyFor(o.KeyFile)
		if err != nil {
			return Backed{}, err
		}
		if made {
			_, _ = fmt.Fprintf(o.Tell, "hilft: made a key for backups, %s: keep a copy of it elsewhere, without it they cannot be opened\n", o.KeyFile)
		}
		from.To = key
	}
	if o.WithSecretKey {
		if from.To == nil {
			return Backed{}, errors.New("the house's key goes into encrypted backups only: name a --key-file too")
		}
		if from.SecretKey, err = os.ReadFile(s.SecretKeyFile); err != nil {
			return Backed{}, fmt.Errorf("secret key file: %w", err)
		}
	}
	if !o.WithoutMedia {
		if from.Blobs, err = mediaToBackUp(ctx, db, schema, mediaOf(s)); err != nil {
			return Backed{}, err
		}
	}
	var m backup.Made
	counted := &counter{sum: sha256.New()}
	write := func(w io.Writer) error {
		counted.w = w
		m, err = backup.Write(ctx, counted, from)
		return err
	}
	if file == "-" {
		err = write(out)
	} else {
		err = appear(file, write)
	}
	if err != nil {
		return Backed{}, err
	}
	b := Backed{
		File: file, Schema: m.Schema, BeganAt: m.BeganAt, Seconds: time.Since(began).Seconds(), Bytes: counted.n, Rows: m.Rows, Media: m.Media, Damaged: m.Damaged,
		sum: counted.sum.Sum(nil),
	}
	if err := backup.Record(ctx, db, backup.Last{Made: m, EndedAt: db.Now(), Bytes: counted.n, Whole: !o.WithoutMedia}); err != nil {
		return b, err
	}
	if m.Damaged > 0 {
		return b, ErrDamaged
	}
	return b, nil
}

// counter counts and sums up what is written through it.
type counter struct {
	w   io.Writer
	n   int64
	sum hash.Hash
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	_, _ = c.sum.Write(p[:n])
	return n, err
}

// appear lets a file appear when all of it is on the disk.
func appear(path string, write func(w io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() {
		_ = f.Close()           // a second time, after success
		_ = os.Remove(f.Name()) // it is no longer there, after success
	}()
	if err := write(f); err != nil {
		return err
	}
	for _, step := range []func() error{
		f.Sync,
		f.Close,
		func() error { return os.Rename(f.Name(), path) },
		func() error {
			dir, err := os.Open(filepath.Dir(path))
			if err != nil {
				return err
			}
			return errors.Join(dir.Sync(), dir.Close())
		},
	} {
		if err := step(); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	return nil
}

// Restored tells of a house that was made of a backup, or of a backup that was looked at, in words for machines.
type Restored struct {
	File    string    `json:"file"`
	Schema  int64     `json:"schema"`
	BeganAt time.Time `json:"began_at"`
	Seconds float64   `json:"seconds"`
	Rows    int64     `json:"rows"`
	Media   int64     `json:"media"`
	Damaged int64     `json:"damaged"`
}

// CheckBackup reads a backup to its end and tells whether it could be restored.
func CheckBackup(file string, o BackupOptions) (Restored, error) {
	f, key, err := openBackup(file, o)
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = f.Close() }()
	began := time.Now()
	head, end, err := backup.Check(f, key)
	return restoredOf(file, began, head, end), err
}

// readBack reads a backup that was just made to its end. Who has only the public half of its key cannot look into it: then
// it proves that the disk gives back what was written, and says that this is all.
func readBack(b Backed, o BackupOptions) error {
	_, err := CheckBackup(b.File, o)
	if !errors.Is(err, backup.ErrPublicHalf) {
		return err
	}
	f, err := os.Open(b.File)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if !bytes.Equal(sum.Sum(nil), b.sum) {
		return fmt.Errorf("backup: %s is not what was written to it: its disk is failing", b.File)
	}
	_, _ = fmt.Fprintf(o.Tell, "hilft: %s is on the disk as it was written; only the key itself opens it: try that where the key is\n", b.File)
	return nil
}

func openBackup(file string, o BackupOptions) (*os.File, age.Identity, error) {
	if file == "-" {
		return nil, nil, errors.New("a backup is read twice, first to see that it is whole: put it into a file")
	}
	var key age.Identity
	if o.KeyFile != "" {
		id, err := backup.ReadKey(o.KeyFile)
		if err != nil {
			return nil, nil, err
		}
		key = id
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("backup: %w", err)
	}
	return f, key, nil
}

func restoredOf(file string, began time.Time, head backup.Head, end backup.End) Restored {
	r := Restored{File: file, Schema: head.Schema, BeganAt: head.BeganAt, Seconds: time.Since(began).Seconds(), Media: end.Media, Damaged: end.Damaged}
	for _, n := range end.Rows {
		r.Rows += n
	}
	return r
}

// Restore makes a house of a backup where the settings say, which must be empty.
func Restore(ctx context.Context, s Settings, file string, o BackupOptions) (Restored, error) {
	f, key, err := openBackup(file, o)
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = f.Close() }()
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return Restored{}, fmt.Errorf("data folder: %w", err)
	}
	unlock, err := lock(filepath.Join(s.Data, "lock"))
	if err != nil {
		return Restored{}, err
	}
	defer unlock()
	if err := store.Vacant(ctx, databaseOf(s)); err != nil { // said before a long file is read
		return Restored{}, err
	}
	blobs, err := blob.Open(filepath.Join(s.Data, "media"))
	if err != nil {
		return Restored{}, err
	}
	began := time.Now()
	head, end, err := backup.Restore(ctx, f, backup.Into{
		Store: databaseOf(s), Blobs: blobs, Key: key, Progress: o.Progress,
		KeyFits: func(key []byte) error {
			_, err := keyWanted(s.SecretKeyFile, key)
			return err
		},
		SecretKey: func(key []byte) error { return putKey(s.SecretKeyFile, key) },
	})
	if err != nil {
		return Restored{}, err
	}
	if err := keyFits(ctx, s); err != nil {
		_, _ = fmt.Fprintf(o.Tell, "hilft: before you start it: %s\n", err)
	}
	return restoredOf(file, began, head, end), nil
}

// putKey writes the house's key where it belongs, unless it is there.
func putKey(path string, key []byte) error {
	wanted, err := keyWanted(path, key)
	if err != nil || !wanted {
		return err
	}
	return appear(path, func(w io.Writer) error {
		_, err := w.Write(key)
		return err
	})
}

// keyWanted tells whether the house's key is yet to be written where it belongs. Another one in its place is an error.
func keyWanted(path string, key []byte) (bool, error) {
	have, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("secret key file: %w", err)
	case !bytes.Equal(have, key):
		return false, fmt.Errorf("secret key file: %s is another key than that in the backup: move it away", path)
	}
	return false, nil
}

// keyFits says what to do when the key that is there is not the one that the restored secrets are sealed with.
func keyFits(ctx context.Context, s Settings) error {
	db, _, err := store.Attach(ctx, databaseOf(s))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var keys *access.Keys
	if _, err := os.Stat(s.SecretKeyFile); err == nil {
		if keys, err = access.OpenKeys(s.SecretKeyFile); err != nil {
			return err
		}
	}
	if err := access.New(access.Deps{DB: db}).Knows(ctx, keys); err != nil {
		return fmt.Errorf("put the key of the house that was backed up to %s (%w)", s.SecretKeyFile, err)
	}
	return nil
}

// mindRestored puts before people what the original of a restored house may have done since the backup.
func mindRestored(ctx context.Context, db *store.DB, work *jobs.Jobs, lines *switchboard.Switchboard, log *slog.Logger) error {
	var doubted int
	var was bool
	err := db.Write(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if was, err = backup.Restored(ctx, tx); err != nil || !was {
			return err
		}
		if err = audit.Write(ctx, tx, audit.Entry{What: audit.HouseRestored}); err != nil {
			return err
		}
		if err = work.Free(ctx, tx); err != nil {
			return err
		}
		if err = desk.WithholdReceipts(ctx, tx); err != nil {
			return err
		}
		doubted, err = lines.Doubt(ctx, tx)
		return err
	})
	if err == nil && was {
		log.Warn("this house was restored from a backup: what was to be sent then waits for a person", "messages", doubted)
	}
	return err
}

// lastBackup is when the last one ended that has all that belongs to the house; the zero time: never.
func lastBackup(ctx context.Context, db *store.DB) (watch.LastBackup, error) {
	last, err := backup.Newest(ctx, db)
	if hilft.KindOf(err) == hilft.NotFound {
		return watch.LastBackup{}, nil
	}
	return watch.LastBackup{At: last.EndedAt, Damaged: last.Damaged}, err
}

// Upgraded tells what an upgrade did, in words for machines.
type Upgraded struct {
	From   int64   `json:"from"`
	To     int64   `json:"to"`
	Backup *Backed `json:"backup,omitempty"`
}

// Upgrade brings the database to the schema of this program, after a backup without media, which no upgrade touches, was
// made and read back. An empty file is one beside the data, named after the schema and the time. There is nothing to do when
// the schema is the newest.
func Upgrade(ctx context.Context, s Settings, file string, o BackupOptions) (Upgraded, error) {
	if file == "-" {
		return Upgraded{}, errors.New("the backup is read back before anything is upgraded: name a file for it")
	}
	db, have, err := store.Attach(ctx, databaseOf(s))
	if err != nil {
		return Upgraded{}, err
	}
	defer func() { _ = db.Close() }()
	if s.DatabaseURL == "" {
		unlock, err := lock(filepath.Join(s.Data, "lock"))
		if err != nil {
			return Upgraded{}, err
		}
		defer unlock()
	}
	newest, err := store.NewestSchema()
	if err != nil {
		return Upgraded{}, err
	}
	u := Upgraded{From: have, To: newest}
	if have < newest && have > 0 {
		if file == "" {
			file = filepath.Join(s.Data, fmt.Sprintf("before-schema-%d-%s.hilft", newest, time.Now().UTC().Format("20060102T150405Z")))
		}
		o.WithoutMedia = true
		b, err := backUp(ctx, db, have, s, file, nil, o)
		if err != nil {
			return Upgraded{}, fmt.Errorf("nothing was upgraded: %w", err)
		}
		if err := readBack(b, o); err != nil {
			return Upgraded{}, fmt.Errorf("nothing was upgraded: %w", err)
		}
		u.Backup = &b
	}
	if err := db.Close(); err != nil {
		return Upgraded{}, err
	}
	up, err := store.Open(ctx, databaseOf(s)) // it refuses a newer one, and says so
	if err != nil {
		return Upgraded{}, err
	}
	if have < newest && have > 0 {
		err = up.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			return audit.Write(ctx, tx, audit.Entry{What: audit.HouseUpgraded, Detail: audit.Detail{"from": strconv.FormatInt(have, 10), "to": strconv.FormatInt(newest, 10)}})
		})
	}
	return u, errors.Join(err, up.Close())
}
