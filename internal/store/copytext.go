// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

// The text format of Postgres's COPY: https://www.postgresql.org/docs/current/sql-copy.html. A row is a line, tabs are
// between its values, \N is no value, and what would be taken for one of these stands behind a backslash. Bytes are
// hexadecimal digits behind \x, of which the backslash is doubled.

const hexMark = `\\x`

// appendLine writes a row as SQLite gives it.
func appendLine(b []byte, t Table, values []any) ([]byte, error) {
	for i, v := range values {
		if i > 0 {
			b = append(b, '\t')
		}
		kind := t.Columns[i].Kind
		switch v := v.(type) {
		case nil:
			b = append(b, `\N`...)
			continue
		case int64:
			if kind == Number {
				b = strconv.AppendInt(b, v, 10)
				continue
			}
		case string:
			if kind == Text {
				b = appendText(b, v)
				continue
			}
		case []byte:
			if kind == Bytes {
				b = append(b, hexMark...)
				b = hex.AppendEncode(b, v)
				continue
			}
		}
		return nil, fmt.Errorf("store: %s.%s holds a %T where there should be %s", t.Name, t.Columns[i].Name, v, kind)
	}
	return append(b, '\n'), nil
}

func appendText(b []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		var esc byte
		switch s[i] {
		case '\\':
			esc = '\\'
		case '\n':
			esc = 'n'
		case '\t':
			esc = 't'
		case '\r':
			esc = 'r'
		default:
			continue
		}
		b = append(b, s[from:i]...)
		b = append(b, '\\', esc)
		from = i + 1
	}
	return append(b, s[from:]...)
}

var errLine = errors.New("store: a row of the backup cannot be read")

// readLine reads the first line into values, and returns what is behind it.
func readLine(lines []byte, t Table, values []any) (rest []byte, err error) {
	line, rest, whole := bytes.Cut(lines, []byte{'\n'})
	if !whole {
		return nil, fmt.Errorf("%w: %s: it has no end", errLine, t.Name)
	}
	for i, c := range t.Columns {
		field, after, more := bytes.Cut(line, []byte{'\t'})
		if more != (i < len(t.Columns)-1) {
			return nil, fmt.Errorf("%w: %s: want %d values", errLine, t.Name, len(t.Columns))
		}
		line = after
		if values[i], err = readValue(field, c.Kind); err != nil {
			return nil, fmt.Errorf("%w: %s.%s: %w", errLine, t.Name, c.Name, err)
		}
	}
	return rest, nil
}

func readValue(field []byte, kind Kind) (any, error) {
	if string(field) == `\N` {
		return nil, nil //nolint:nilnil // that is the value
	}
	switch kind {
	case Number:
		return strconv.ParseInt(string(field), 10, 64)
	case Text:
		return readText(field)
	case Bytes:
		digits, ok := bytes.CutPrefix(field, []byte(hexMark))
		if !ok {
			return nil, errors.New("bytes without their mark")
		}
		b := make([]byte, hex.DecodedLen(len(digits)))
		_, err := hex.Decode(b, digits)
		return b, err
	}
	return nil, fmt.Errorf("nobody knows what %q is", kind)
}

// readText knows all escapes that Postgres writes, which are a few more than ours.
func readText(field []byte) (string, error) {
	at := bytes.IndexByte(field, '\\')
	if at < 0 {
		return string(field), nil
	}
	b := make([]byte, 0, len(field))
	for at >= 0 {
		if at+1 == len(field) {
			return "", errors.New("a backslash at the end")
		}
		b = append(b, field[:at]...)
		c := field[at+1]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'v':
			c = '\v'
		}
		b = append(b, c)
		field = field[at+2:]
		at = bytes.IndexByte(field, '\\')
	}
	return string(append(b, field...)), nil
}
