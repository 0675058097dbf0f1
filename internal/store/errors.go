// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/hilft/hilft"
)

// NoRows is the error of a query for one row that found none.
var NoRows = sql.ErrNoRows

// IsNoRows tells that a query for one row found none.
func IsNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUnique tells that a row with that key is already there.
func IsUnique(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	return false
}

// again tells that Postgres asks for the transaction to be run once more: serialization failure, deadlock.
func again(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// readOnly is the code of a server that does not write, such as one that follows another.
const readOnly = "25006"

// unable tells that the server cannot do now what it is asked: it is being stopped or started (class 57), has no room
// left or too many to serve (53), is broken (58, XX), does not write, or has ended a transaction that slept (25P03).
func unable(code string) bool {
	return code == readOnly || code == "25P03" || len(code) == 5 && slices.Contains([]string{"08", "53", "57", "58", "XX"}, code[:2])
}

// unreachable tells that a server which could not be asked may be there later. One that does not know the user, the
// password or the database has said so, and one that cannot prove who it is will not be able to later either.
func unreachable(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return unable(e.Code)
	}
	_, forged := errors.AsType[*tls.CertificateVerificationError](err)
	return !forged && !errors.Is(err, context.Canceled)
}

// unavailable is what a begin or commit that did not work means to the one who asked: nothing was accepted.
func unavailable(err error) error {
	if again(err) {
		return err
	}
	return hilft.Fail(hilft.Unavailable, "database.unavailable", err)
}

// outage gives an error of SQLite its meaning where it says that the disk is full or broken: who asks may come again, as
// when a begin or a commit did not work. Postgres says so to each statement by itself.
func outage(err error) error {
	if err == nil || hilft.KindOf(err) != hilft.Internal {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff { // without what it says more exactly
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY:
			return unavailable(err)
		}
	}
	return err
}

func rebind(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for {
		i := strings.IndexByte(query, '?')
		if i < 0 {
			b.WriteString(query)
			return b.String()
		}
		n++
		b.WriteString(query[:i])
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		query = query[i+1:]
	}
}

// Marks is a list of n placeholders: "?,?,?".
func Marks(n int) string {
	if n <= 0 {
		return ""
	}
	return strings.Repeat("?,", n-1) + "?"
}
