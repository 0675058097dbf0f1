// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hilft/hilft"
)

const (
	incoming  = "incoming"
	leftover  = 24 * time.Hour // no upload lasts that long, on any node that shares the folder
	chunk     = 64 << 10
	sniffSize = 512
)

// Ref says which file it is.
type Ref struct {
	Hash string // SHA-256 of the content, 64 lower-case hexadecimal digits
	Size int64
	Type string // as TypeOf told it
}

// Folder keeps files in a folder. Several processes may share one. Its methods may be called by many goroutines at
// once.
type Folder struct {
	dir     string
	durable sync.Map // folders of this one that are on the disk by name, as far as we know
	damaged atomic.Uint64
}

// Open opens the folder and makes it where it is missing. Nobody but its owner can look inside.
func Open(dir string) (*Folder, error) {
	in := filepath.Join(dir, incoming)
	if err := os.MkdirAll(in, 0o700); err != nil {
		return nil, fmt.Errorf("blob: open: %w", err)
	}
	// A folder that was just made is on the disk only when the one above it is, and all that will lie in it with it.
	for _, made := range []string{dir, filepath.Dir(dir)} {
		if err := syncDir(made); err != nil {
			return nil, fmt.Errorf("blob: open: %w", err)
		}
	}
	left, err := os.ReadDir(in)
	if err != nil {
		return nil, fmt.Errorf("blob: open: %w", err)
	}
	for _, e := range left {
		if i, err := e.Info(); err == nil && time.Since(i.ModTime()) > leftover {
			_ = os.Remove(filepath.Join(in, e.Name())) // one that stays costs space and nothing else
		}
	}
	return &Folder{dir: dir}, nil
}

// Put keeps what r gives, at most limit bytes of it. It reads r to its end and never holds more than a chunk of it in
// memory. Content that is there already is written again in its place, which mends a damaged file.
//
// Errors: TooLarge when there is more than limit; Unavailable when the disk does not take it; what r returned, as it
// is. After an error nothing is kept.
func (f *Folder) Put(ctx context.Context, r io.Reader, limit int64) (Ref, error) {
	ref, _, err := f.put(ctx, r, limit)
	return ref, err
}

// Placing says when a file was last written, and when before that, by the folder's clock. Zero: it was not there.
type Placing struct{ Before, At time.Time }

// Lodge is Put for what may be taken away again with Drop.
func (f *Folder) Lodge(ctx context.Context, r io.Reader, limit int64) (Ref, Placing, error) {
	return f.put(ctx, r, limit)
}

// Drop takes away a file that was last written at that time. What somebody has put since stays, and what is not there is
// no error: nobody may use the file any more who was told of it before.
func (f *Folder) Drop(hash string, placed time.Time) error {
	if !isHash(hash) {
		return nil
	}
	if i, err := os.Stat(f.path(hash)); errors.Is(err, fs.ErrNotExist) || err == nil && !i.ModTime().Equal(placed) {
		return nil
	}
	aside := filepath.Join(f.dir, incoming, "drop-"+hash)
	err := os.Rename(f.path(hash), aside) // from here on, who puts the same makes a file of their own
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unavailable(err)
	}
	if i, err := os.Stat(aside); err != nil || !i.ModTime().Equal(placed) {
		if err := os.Rename(aside, f.path(hash)); err != nil {
			return unavailable(err)
		}
		return nil
	}
	if err := os.Remove(aside); err != nil {
		return unavailable(err)
	}
	return nil
}

func (f *Folder) put(ctx context.Context, r io.Reader, limit int64) (_ Ref, at Placing, _ error) {
	tmp, err := os.CreateTemp(filepath.Join(f.dir, incoming), "*")
	if err != nil {
		return Ref{}, at, unavailable(err)
	}
	defer func() {
		_ = tmp.Close()           // a second time, after success
		_ = os.Remove(tmp.Name()) // it is no longer there, after success
	}()

	ref, err := receive(ctx, tmp, r, limit)
	if err != nil {
		return Ref{}, at, err
	}
	if err := tmp.Sync(); err != nil {
		return Ref{}, at, unavailable(err)
	}
	if i, err := tmp.Stat(); err == nil { // where it cannot be told, Drop finds another time, and leaves it
		at.At = i.ModTime()
	}
	if i, err := os.Stat(f.path(ref.Hash)); err == nil {
		at.Before = i.ModTime()
	}
	if err := tmp.Close(); err != nil {
		return Ref{}, at, unavailable(err)
	}
	if err := f.place(tmp.Name(), ref.Hash); err != nil {
		return Ref{}, at, unavailable(err)
	}
	return ref, at, nil
}

// Has tells whether a file is there, whatever is in it by now.
func (f *Folder) Has(hash string) bool {
	if !isHash(hash) {
		return false
	}
	_, err := os.Stat(f.path(hash))
	return err == nil
}

// Get opens the file with that hash, after it has read and compared all of it. The caller closes it.
//
// Errors: NotFound when there is none, and for whatever is not a hash; Internal ("blob.damaged") when the content is
// not what it was.
func (f *Folder) Get(ctx context.Context, hash string) (*Blob, error) {
	if !isHash(hash) {
		return nil, fmt.Errorf("blob: get: %w", hilft.Fail(hilft.NotFound, "blob.not_found", nil))
	}
	file, err := os.Open(f.path(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("blob: get: %w", hilft.Fail(hilft.NotFound, "blob.not_found", nil))
	}
	if err != nil {
		return nil, f.hurt(hash, err)
	}
	b, err := check(ctx, file, hash)
	if err != nil {
		_ = file.Close() // it was only read
		if ctx.Err() != nil {
			return nil, fmt.Errorf("blob: get: %w", err)
		}
		return nil, f.hurt(hash, err)
	}
	return b, nil
}

// Each calls fn with the hash of every file that is there, in order. What is put meanwhile may be among them or not.
func (f *Folder) Each(ctx context.Context, fn func(hash string) error) error {
	dirs, err := os.ReadDir(f.dir)
	if err != nil {
		return unavailable(err)
	}
	for _, d := range dirs {
		if len(d.Name()) != 2 || !d.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(f.dir, d.Name()))
		if err != nil {
			return unavailable(err)
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !isHash(file.Name()) {
				continue
			}
			if err := fn(file.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Damaged counts the files that Get found damaged since Open, once for every time it was asked.
func (f *Folder) Damaged() uint64 { return f.damaged.Load() }

// Blob is an open file whose content has been checked. It can be read from any place, for ranges.
type Blob struct {
	Ref  Ref
	file *os.File
}

// Read reads on.
func (b *Blob) Read(p []byte) (int, error) { return b.file.Read(p) }

// Seek moves the place where Read goes on.
func (b *Blob) Seek(offset int64, whence int) (int64, error) { return b.file.Seek(offset, whence) }

// Close closes the file.
func (b *Blob) Close() error { return b.file.Close() }

// receive copies r to w and tells what it was. It keeps apart who is to blame: the reader's errors stay its own.
func receive(ctx context.Context, w io.Writer, r io.Reader, limit int64) (Ref, error) {
	sum := newSum()
	buf := make([]byte, chunk)
	for {
		if err := ctx.Err(); err != nil {
			return Ref{}, fmt.Errorf("blob: put: %w", err)
		}
		n, err := r.Read(buf)
		if sum.size+int64(n) > limit {
			return Ref{}, fmt.Errorf("blob: put: %w", hilft.Fail(hilft.TooLarge, "blob.too_large", nil))
		}
		sum.add(buf[:n])
		if _, werr := w.Write(buf[:n]); werr != nil {
			return Ref{}, unavailable(werr)
		}
		if errors.Is(err, io.EOF) {
			return sum.ref(), nil
		}
		if err != nil {
			return Ref{}, fmt.Errorf("blob: put: %w", err)
		}
	}
}

// check reads the whole file and goes back to its beginning.
func check(ctx context.Context, file *os.File, want string) (*Blob, error) {
	sum := newSum()
	buf := make([]byte, chunk)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := file.Read(buf)
		sum.add(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	ref := sum.ref()
	if ref.Hash != want {
		return nil, errors.New("the content has another hash")
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return &Blob{Ref: ref, file: file}, nil
}

// place moves a complete file to where it belongs, durably: a new name is on the disk only when its folder is.
func (f *Folder) place(tmp, hash string) error {
	target := f.path(hash)
	dir := filepath.Dir(target)
	if _, ok := f.durable.Load(dir); !ok {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		// Also where it is there already: whoever made it a moment ago may not have come to this.
		if err := syncDir(f.dir); err != nil {
			return err
		}
		f.durable.Store(dir, nil)
	}
	if err := os.Rename(tmp, target); err != nil {
		f.durable.Delete(dir) // it may have been taken away
		return err
	}
	return syncDir(dir)
}

func (f *Folder) path(hash string) string { return filepath.Join(f.dir, hash[:2], hash) }

func (f *Folder) hurt(hash string, cause error) error {
	f.damaged.Add(1)
	return fmt.Errorf("blob: get %s: %w", hash, hilft.Fail(hilft.Internal, "blob.damaged", cause))
}

func unavailable(cause error) error {
	return fmt.Errorf("blob: %w", hilft.Fail(hilft.Unavailable, "blob.unavailable", cause))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func isHash(s string) bool {
	if len(s) != hex.EncodedLen(sha256.Size) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// sum learns a Ref from content that passes by.
type sum struct {
	hash hash.Hash
	size int64
	head []byte
}

func newSum() *sum { return &sum{hash: sha256.New(), head: make([]byte, 0, sniffSize)} }

func (s *sum) add(p []byte) {
	s.hash.Write(p)
	s.size += int64(len(p))
	s.head = append(s.head, p[:min(len(p), sniffSize-len(s.head))]...)
}

func (s *sum) ref() Ref {
	return Ref{Hash: hex.EncodeToString(s.hash.Sum(nil)), Size: s.size, Type: TypeOf(s.head)}
}
