// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
)

const mega = 1 << 20

func folder(t *testing.T) *Folder {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), "media"))
	require.NoError(t, err)
	return f
}

func put(t *testing.T, f *Folder, content string) Ref {
	t.Helper()
	ref, err := f.Put(t.Context(), strings.NewReader(content), mega)
	require.NoError(t, err)
	return ref
}

func read(t *testing.T, f *Folder, hash string) string {
	t.Helper()
	b, err := f.Get(t.Context(), hash)
	require.NoError(t, err)
	got, err := io.ReadAll(b)
	require.NoError(t, err)
	require.NoError(t, b.Close())
	return string(got)
}

// files lists everything below the folder, without the folders.
func files(t *testing.T, f *Folder) []string {
	t.Helper()
	var found []string
	require.NoError(t, fs.WalkDir(os.DirFS(f.dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, p)
		}
		return err
	}))
	return found
}

func TestWhatIsPutCanBeGot(t *testing.T) {
	t.Parallel()
	f := folder(t)
	content := "GIF89a" + strings.Repeat("dots", 50_000) // more than one chunk

	ref := put(t, f, content)

	require.Equal(t, int64(len(content)), ref.Size)
	require.Equal(t, "image/gif", ref.Type)
	require.Equal(t, content, read(t, f, ref.Hash))

	b, err := f.Get(t.Context(), ref.Hash)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.Equal(t, ref, b.Ref)
	_, err = b.Seek(-4, io.SeekEnd) // as for a range
	require.NoError(t, err)
	tail, err := io.ReadAll(b)
	require.NoError(t, err)
	require.Equal(t, "dots", string(tail))
}

func TestTheHashIsSHA256(t *testing.T) {
	t.Parallel()
	// The example of FIPS 180-2, appendix B.1.
	require.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", put(t, folder(t), "abc").Hash)
}

func TestAnEmptyFileIsAFile(t *testing.T) {
	t.Parallel()
	f := folder(t)
	ref := put(t, f, "")
	require.Zero(t, ref.Size)
	require.Empty(t, read(t, f, ref.Hash))
}

func TestTheSameContentIsKeptOnce(t *testing.T) {
	t.Parallel()
	f := folder(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := f.Put(t.Context(), strings.NewReader("a bill"), mega); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	ref := put(t, f, "a bill")
	require.Equal(t, []string{ref.Hash[:2] + "/" + ref.Hash}, files(t, f))
	require.Equal(t, "a bill", read(t, f, ref.Hash))
}

func TestNobodyElseOnTheMachineReadsMedia(t *testing.T) {
	t.Parallel()
	f := folder(t)
	ref := put(t, f, "a bill")
	for _, p := range []string{f.dir, filepath.Join(f.dir, incoming), filepath.Dir(f.path(ref.Hash)), f.path(ref.Hash)} {
		i, err := os.Stat(p)
		require.NoError(t, err)
		require.Zero(t, i.Mode().Perm()&0o077, p)
	}
}

func TestADamagedFileIsNeverShown(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("x", 3*chunk)
	for name, damage := range map[string]func([]byte) []byte{
		"first byte":  func(b []byte) []byte { b[0] ^= 1; return b },
		"last byte":   func(b []byte) []byte { b[len(b)-1] ^= 0x80; return b },
		"cut short":   func(b []byte) []byte { return b[:len(b)-1] },
		"grown":       func(b []byte) []byte { return append(b, 'x') },
		"emptied":     func([]byte) []byte { return nil },
		"other whole": func([]byte) []byte { return []byte("another file") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := folder(t)
			ref := put(t, f, content)
			require.NoError(t, os.WriteFile(f.path(ref.Hash), damage([]byte(content)), 0o600))

			b, err := f.Get(t.Context(), ref.Hash)

			require.Nil(t, b)
			require.Equal(t, hilft.Internal, hilft.KindOf(err))
			e, ok := errors.AsType[*hilft.Error](err)
			require.True(t, ok)
			require.Equal(t, "blob.damaged", e.Say)
			require.Equal(t, uint64(1), f.Damaged())

			put(t, f, content) // its own content mends it
			require.Equal(t, content, read(t, f, ref.Hash))
			require.Equal(t, uint64(1), f.Damaged())
		})
	}
}

func TestAFileThatCannotBeReadIsDamagedToo(t *testing.T) {
	t.Parallel()
	f := folder(t)
	ref := put(t, f, "a bill")
	require.NoError(t, os.Remove(f.path(ref.Hash)))
	require.NoError(t, os.Mkdir(f.path(ref.Hash), 0o700)) // a folder opens, and cannot be read

	_, err := f.Get(t.Context(), ref.Hash)

	require.Equal(t, hilft.Internal, hilft.KindOf(err))
	require.Equal(t, uint64(1), f.Damaged())
}

func TestWhatIsNotAHashIsNotFound(t *testing.T) {
	t.Parallel()
	f := folder(t)
	ref := put(t, f, "a bill")
	require.NoError(t, os.WriteFile(filepath.Join(f.dir, "secret"), []byte("s"), 0o600))
	for _, hash := range []string{
		"", "secret", "../secret", ref.Hash[:63], ref.Hash + "0", strings.ToUpper(ref.Hash),
		"..%2fsecret", strings.Repeat("0", 64), "../" + ref.Hash[:61], strings.Repeat("g", 64), ref.Hash[:63] + "\x00",
	} {
		_, err := f.Get(t.Context(), hash)
		require.Equal(t, hilft.NotFound, hilft.KindOf(err), "%q", hash)
	}
	require.Zero(t, f.Damaged())
}

func TestTooMuchIsRefusedAndNothingOfItKept(t *testing.T) {
	t.Parallel()
	f := folder(t)
	_, err := f.Put(t.Context(), strings.NewReader("12345"), 4)
	require.Equal(t, hilft.TooLarge, hilft.KindOf(err))
	_, err = f.Put(t.Context(), io.MultiReader(strings.NewReader("1234"), zeros{}), mega) // never ends
	require.Equal(t, hilft.TooLarge, hilft.KindOf(err))
	require.Empty(t, files(t, f))

	_, err = f.Put(t.Context(), iotest.DataErrReader(strings.NewReader("1234")), 4) // exactly as much as may be
	require.NoError(t, err)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	t.Parallel()
	f := folder(t)
	broken := errors.New("the line broke")
	_, err := f.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), mega)
	require.ErrorIs(t, err, broken)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.Put(ctx, zeros{}, mega)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, files(t, f))
}

func TestADiskThatTakesNothingIsSaidBeforeAnythingIsAccepted(t *testing.T) {
	t.Parallel()
	f := folder(t)
	require.NoError(t, os.RemoveAll(f.dir))
	_, err := f.Put(t.Context(), strings.NewReader("a bill"), mega)
	require.Equal(t, hilft.Unavailable, hilft.KindOf(err))

	_, err = receive(t.Context(), full{}, strings.NewReader("a bill"), mega)
	require.Equal(t, hilft.Unavailable, hilft.KindOf(err))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWhoStopsAskingDoesNotMakeAFileDamaged(t *testing.T) {
	t.Parallel()
	f := folder(t)
	ref := put(t, f, "a bill")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Get(ctx, ref.Hash)
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, f.Damaged())
}

func TestWhatACrashLeftIsRemovedWhenNobodyCanBeWritingIt(t *testing.T) {
	t.Parallel()
	f := folder(t)
	old, young := filepath.Join(f.dir, incoming, "1"), filepath.Join(f.dir, incoming, "2")
	for _, p := range []string{old, young} {
		require.NoError(t, os.WriteFile(p, []byte("half"), 0o600))
	}
	long := time.Now().Add(-2 * leftover)
	require.NoError(t, os.Chtimes(old, long, long))

	_, err := Open(f.dir)

	require.NoError(t, err)
	require.Equal(t, []string{incoming + "/2"}, files(t, f)) // another node may still be at it
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(file)
	require.ErrorContains(t, err, "blob: open")
}

func BenchmarkGet(b *testing.B) {
	f, err := Open(b.TempDir())
	require.NoError(b, err)
	ref, err := f.Put(b.Context(), bytes.NewReader(make([]byte, mega)), mega)
	require.NoError(b, err)
	b.SetBytes(mega)
	for b.Loop() {
		blob, err := f.Get(b.Context(), ref.Hash)
		require.NoError(b, err)
		require.NoError(b, blob.Close())
	}
}

func TestWhatWasPutUpCanBeTakenAwayUnlessSomebodyElseBroughtIt(t *testing.T) {
	t.Parallel()
	f := folder(t)
	lodge := func(content string) (Ref, Placing) {
		ref, at, err := f.Lodge(t.Context(), strings.NewReader(content), mega)
		require.NoError(t, err)
		return ref, at
	}
	ref, at := lodge("a plan")
	require.Zero(t, at.Before)
	require.NoError(t, f.Drop(ref.Hash, at.At))
	require.Empty(t, files(t, f))
	require.NoError(t, f.Drop(ref.Hash, at.At), "twice")
	require.NoError(t, f.Drop("../../etc/passwd", at.At))

	ref, at = lodge("a plan")
	require.NoError(t, os.Chtimes(f.path(ref.Hash), at.At.Add(-time.Hour), at.At.Add(-time.Hour))) // the clock of a disk is coarse
	put(t, f, "a plan")
	require.NoError(t, f.Drop(ref.Hash, at.At.Add(-time.Hour)))
	require.Equal(t, "a plan", read(t, f, ref.Hash), "a mail brought it as well")
	_, again := lodge("a plan")
	require.NotZero(t, again.Before, "it was there")
}
