// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// format is the number of this way to write a backup. A reader refuses what is newer than itself.
const format = 1

const (
	headName = "hilft.json"
	endName  = "end.json"
	keyName  = "secret.key"
	tableDir = "table"
	mediaDir = "media"

	// textMost bounds the entries that are read into memory.
	textMost = 1 << 20
)

// Head says what a backup is of.
type Head struct {
	Format   int       `json:"format"`
	Schema   int64     `json:"schema"`
	BeganAt  time.Time `json:"began_at"`
	Version  string    `json:"hilft"`
	Database string    `json:"database"`
	Media    bool      `json:"media"`
}

// End says what a complete backup has.
type End struct {
	Rows    map[string]int64 `json:"rows"`    // by table
	Numbers map[string]int64 `json:"numbers"` // the last that were given
	Media   int64            `json:"media"`
	Damaged int64            `json:"damaged"` // media that could not be read, and are missing
	SHA256  string           `json:"sha256"`
}

func (e End) rows() (n int64) {
	for _, many := range e.Rows {
		n += many
	}
	return n
}

// ErrBroken says that a file is no complete backup, and which of the ways that may be.
type ErrBroken struct{ Why string }

func (e *ErrBroken) Error() string { return "this backup cannot be used: " + e.Why }

func broken(why string, args ...any) error { return &ErrBroken{fmt.Sprintf(why, args...)} }

// sum is over the entries' names, sizes and contents: what is left out, put elsewhere or changed makes another.
type sum struct{ hash.Hash }

func (s sum) entry(name string, size int64) {
	_, _ = s.Write([]byte(name + "\x00" + strconv.FormatInt(size, 10) + "\x00"))
}

func (s sum) text() string { return hex.EncodeToString(s.Sum(nil)) }

// writer writes the entries of a backup.
type writer struct {
	tar    *tar.Writer
	sum    sum
	at     time.Time
	closes []io.Closer // from the inside out
}

// newWriter writes to w; with a recipient, what only its key can open.
func newWriter(w io.Writer, to age.Recipient, at time.Time) (*writer, error) {
	out := &writer{sum: sum{sha256.New()}, at: at}
	if to != nil {
		sealed, err := age.Encrypt(w, to)
		if err != nil {
			return nil, fmt.Errorf("backup: encrypt: %w", err)
		}
		out.closes, w = append(out.closes, sealed), sealed
	}
	z, err := zstd.NewWriter(w)
	if err != nil {
		return nil, fmt.Errorf("backup: compress: %w", err)
	}
	out.tar = tar.NewWriter(z)
	out.closes = append([]io.Closer{out.tar, z}, out.closes...)
	return out, nil
}

// entry writes an entry of a known size.
func (w *writer) entry(name string, size int64, r io.Reader) error {
	w.sum.entry(name, size)
	if err := w.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: w.at, Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	if n, err := io.Copy(io.MultiWriter(w.tar, w.sum), r); err != nil || n != size {
		return errors.Join(err, fmt.Errorf("backup: %s has %d bytes instead of %d", name, n, size))
	}
	return nil
}

func (w *writer) json(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.entry(name, int64(len(b)), bytes.NewReader(b))
}

// end writes what must be there, and closes the file.
func (w *writer) end(e End) error {
	e.SHA256 = w.sum.text()
	if err := w.json(endName, e); err != nil {
		return err
	}
	for _, c := range w.closes {
		if err := c.Close(); err != nil {
			return err
		}
	}
	return nil
}

// reader reads the entries of a backup.
type reader struct {
	tar  *tar.Reader
	z    *zstd.Decoder
	sum  sum
	head Head
	end  *End // once it was read
	rest io.Reader
}

var (
	ageMagic  = []byte("age-encryption.org/v1\n")
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// newReader reads the head. id may be nil, for a file that is not encrypted.
func newReader(r io.Reader, id age.Identity) (*reader, error) {
	b := bufio.NewReaderSize(r, 1<<20)
	first, _ := b.Peek(len(ageMagic)) // too short is no magic
	r = b
	if bytes.Equal(first, ageMagic) {
		if id == nil {
			return nil, errors.New("this backup is encrypted: name its key with --key-file")
		}
		plain, err := age.Decrypt(b, id)
		if _, other := errors.AsType[*age.NoIdentityMatchError](err); other {
			return nil, errors.New("this backup is encrypted for another key than that in the key file")
		}
		if err != nil {
			return nil, broken("%s", err)
		}
		b = bufio.NewReaderSize(plain, 1<<20)
		r = b
		first, _ = b.Peek(len(zstdMagic))
	}
	if !bytes.HasPrefix(first, zstdMagic) {
		return nil, broken("it is cut off, or no backup of hilft at all")
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return nil, broken("%s", err)
	}
	in := &reader{tar: tar.NewReader(z), z: z, sum: sum{sha256.New()}, rest: z}
	name, _, body, err := in.next()
	if err == nil && name != headName {
		err = broken("it does not begin with %s", headName)
	}
	if err == nil {
		err = readJSON(body, &in.head)
	}
	if err == nil && in.head.Format != format {
		err = fmt.Errorf("this backup is written in format %d, this hilft reads %d: take the hilft that made it, or a newer one", in.head.Format, format)
	}
	if err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

func (r *reader) close() { r.z.Close() }

// next is the next entry; io.EOF: there is none, and all was as it must be.
func (r *reader) next() (name string, size int64, body io.Reader, err error) {
	h, err := r.tar.Next()
	if errors.Is(err, io.EOF) {
		if r.end == nil {
			return "", 0, nil, broken("its end is missing")
		}
		if _, err := io.Copy(io.Discard, r.rest); err != nil { // the checksums of what is around
			return "", 0, nil, broken("%s", err)
		}
		return "", 0, nil, io.EOF
	}
	if err != nil {
		return "", 0, nil, unreadable(err)
	}
	if r.end != nil {
		return "", 0, nil, broken("something stands behind its end")
	}
	if h.Name == endName {
		var e End
		if err := readJSON(blames{r.tar}, &e); err != nil {
			return "", 0, nil, err
		}
		if e.SHA256 != r.sum.text() {
			return "", 0, nil, broken("its checksum is not that of its content")
		}
		r.end = &e
		return r.next()
	}
	r.sum.entry(h.Name, h.Size)
	return h.Name, h.Size, io.TeeReader(blames{r.tar}, r.sum), nil
}

// blames says of every error in reading that the backup is to blame.
type blames struct{ r io.Reader }

func (b blames) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = unreadable(err)
	}
	return n, err
}

func unreadable(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return broken("it is cut off")
	}
	return broken("it was changed, or its disk is failing (%s)", err)
}

func readJSON(r io.Reader, v any) error {
	b, err := readText(r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return broken("%s", err)
	}
	return nil
}

func readText(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, textMost+1))
	if err == nil && len(b) > textMost {
		err = broken("an entry is larger than it may be")
	}
	return b, err
}
