// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

const (
	keyFileVersion = 1
	keyFileMost    = 64 << 10 // a keyset with hundreds of keys fits
)

// keyFile is the secret key file: JSON with the version of this form, the secret from which signing keys are derived,
// and a Tink keyset, which may hold older sealing keys beside the primary one.
type keyFile struct {
	Version int             `json:"hilft_keys"`
	Secret  string          `json:"secret"` // 32 bytes, base64
	Sealing json.RawMessage `json:"sealing"`
}

// OpenKeys reads the house's secret key file. Where there is none it makes one, readable by its owner alone; of two
// processes that do so at once, both get the same keys. Every error is one line that names the file and what to do.
func OpenKeys(path string) (*Keys, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeKeyFile(path); err != nil {
			return nil, fmt.Errorf("secret key file %s: %w", path, withoutPath(err))
		}
	}
	return readKeys(path)
}

// readKeys reads a key file that there is.
func readKeys(path string) (*Keys, error) {
	text, err := readKeyFile(path)
	if err != nil {
		return nil, fmt.Errorf("secret key file %s: %w", path, withoutPath(err))
	}
	keys, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("secret key file %s: %w; restore it from a backup (no key but the old one opens what it sealed)", path, err)
	}
	return keys, nil
}

// withoutPath keeps the system's reason; the path is named already.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

func readKeyFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	// Asked of the open file, not of the path: what is checked is what is read.
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a file")
	}
	if p := info.Mode().Perm(); p&0o077 != 0 {
		return nil, fmt.Errorf("others may read or change it (mode %04o); run: chmod 600 on it", p)
	}
	text, err := io.ReadAll(io.LimitReader(f, keyFileMost+1))
	if err != nil {
		return nil, err
	}
	if len(text) > keyFileMost {
		return nil, errors.New("too large to be one")
	}
	return text, nil
}

// makeKeyFile writes fresh keys. A file that is there already wins.
func makeKeyFile(path string) error {
	keys, err := newKeys()
	if err != nil {
		return err
	}
	return keys.write(path, func(whole string) error {
		if err := os.Link(whole, path); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return nil
	})
}

// RenewKeys gives a house's key file one more sealing key, with which everything is sealed from then on by whoever reads the file
// anew. The older ones stay in it and open what they sealed, in the database and in its backups; what is derived is as it was.
func RenewKeys(path string) error {
	keys, err := readKeys(path)
	if err != nil {
		return err
	}
	ring := keyset.NewManagerFromHandle(keys.sealing)
	id, err := ring.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = ring.SetPrimary(id)
	}
	if err != nil {
		return fmt.Errorf("secret key file %s: %w", path, err)
	}
	if keys.sealing, err = ring.Handle(); err == nil {
		err = keys.write(path, func(whole string) error { return os.Rename(whole, path) })
	}
	if err != nil {
		return fmt.Errorf("secret key file %s: %w", path, withoutPath(err))
	}
	return nil
}

// write writes the keys beside the path, and has the file named so only when it is whole and on disk.
func (k *Keys) write(path string, name func(whole string) error) (err error) {
	text, err := k.text()
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".hilft-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := name(tmp.Name()); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// text is the key file of these keys.
func (k *Keys) text() ([]byte, error) {
	var sealing bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.sealing, keyset.NewJSONWriter(&sealing)); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(keyFile{
		Version: keyFileVersion,
		Secret:  base64.StdEncoding.EncodeToString(k.secret[:]),
		Sealing: sealing.Bytes(),
	}, "", "  ")
	return append(text, '\n'), err
}

// parseKeys reads a key file. Its errors tell what is wrong and nothing of what is in it.
func parseKeys(text []byte) (*Keys, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var f keyFile
	if err := d.Decode(&f); err != nil {
		return nil, errors.New("it does not read as one")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind its end")
	}
	if f.Version != keyFileVersion {
		return nil, fmt.Errorf("it has form %d, this hilft knows form %d", f.Version, keyFileVersion)
	}
	b, err := base64.StdEncoding.Strict().DecodeString(f.Secret)
	if err != nil || len(b) != secretSize {
		return nil, fmt.Errorf("its secret is not %d bytes in base64", secretSize)
	}
	sealing, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Sealing)))
	if err != nil {
		return nil, errors.New("its sealing keys do not read as a keyset")
	}
	keys, err := keysOf([secretSize]byte(b), sealing)
	if err != nil {
		return nil, errors.New("its sealing keys cannot seal")
	}
	return keys, nil
}
