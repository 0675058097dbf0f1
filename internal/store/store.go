// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/hilft/hilft"
)

// Dialect names the database behind a DB.
type Dialect string

const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is one open database. It is safe for concurrent use.
type DB struct {
	dialect Dialect
	now     func() time.Time
	clock   *clock // Postgres, where the house has no other

	write *sql.DB // all that migrations see

	// SQLite
	read   *lending
	writer *writer

	// Postgres
	pool  *pgxpool.Pool
	lent  bool // the pool is somebody else's
	ended atomic.Bool
	stmts statements
}

// Options say which database to open. URL is "postgres://…" or empty for SQLite at Path.
type Options struct {
	URL  string
	Path string
	Now  func() time.Time // the clock of all rooms; default: Wall on SQLite, the database's own on Postgres
	Wall func() time.Time // this node's clock; default time.Now
	Log  *slog.Logger

	// Pool lends the connections if it is set, one that Connect made for the URL: who made it closes it, after the database.
	Pool *pgxpool.Pool

	// Patience is how long Open waits for a Postgres that cannot be reached yet: the two may be started together, or it is
	// just being moved to another machine. 0: not at all. Waits is told why, once, before the wait begins.
	Patience time.Duration
	Waits    func(err error)

	// Schema is where its migrations end; 0: at the newest, which is the only one that rooms can work with.
	Schema int64
}

// Open opens the database and brings its schema up to date. A wrong address or a schema newer than this program is an
// error of one line that says what and where.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db := newDB(o)
	var err error
	if o.URL != "" {
		err = db.openPostgres(ctx, o)
	} else if err = ownersOnly(o.Path); err == nil {
		err = db.openSQLite(ctx, o.Path)
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	if err := migrate(ctx, db, o); err != nil {
		_ = db.Close()
		return nil, err
	}
	if db.dialect == SQLite {
		if db.writer, err = startWriter(ctx, db); err != nil {
			_ = db.Close()
			return nil, err
		}
	}
	return db, nil
}

// ownersOnly keeps what customers wrote from everybody else on the machine, in whatever folder it is. SQLite would make its
// file for all to read; its log gets the mode of the file. A file that is there is not opened here: to close it again would
// lift the locks that this process has on it.
func ownersOnly(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if errors.Is(err, fs.ErrExist) {
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			_ = os.Chmod(name, 0o600) // what belongs to somebody else, or lies where there are no modes, stays as it is
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	return nil
}

func newDB(o Options) *DB {
	if o.Wall == nil {
		o.Wall = time.Now
	}
	db := &DB{now: o.Now, stmts: statements{bound: map[string]string{}}}
	switch {
	case o.Now != nil:
	case o.URL == "":
		db.now = o.Wall
	default:
		db.clock = &clock{wall: o.Wall}
		db.now = db.clock.now
	}
	return db
}

// connsMost bounds the connections of one node to Postgres, unless its URL says pool_max_conns. More of them would not do more work on the cores that it
// has, but each must be opened, and learn its statements.
const connsMost = 12

// What a database that does not answer may cost whoever asks. It may be gone, or stand behind a network that swallows
// everything: then nobody would ever say so.
const (
	connectFor = 5 * time.Second  // to one of its hosts
	pingFor    = 3 * time.Second  // to prove that a connection which lay idle still stands
	lendFor    = 10 * time.Second // to get a connection
	answerFor  = 15 * time.Second // for one answer, waiting for others' locks included
	reachFor   = 10 * time.Second // to be reached for the first time
	reachEvery = time.Second      // between two tries of that
)

// sleepMost is how long a transaction may hold what it has locked while nothing comes from its node: one that sleeps, or
// is cut off, must not keep the others from the same rows. It is less than answerFor, so that who waits gets their turn.
const sleepMost = 10 * time.Second

// onNetwork are the server's own limits, in its units, for a node that the network has lost: while half of a question has
// come, or half of an answer has gone, Postgres counts no sleep, and would keep the locks for hours.
var onNetwork = []string{
	"tcp_keepalives_idle = 4", // seconds of silence until it asks whether the node is there
	"tcp_keepalives_interval = 2",
	"tcp_keepalives_count = 3",
	"tcp_user_timeout = 10000", // milliseconds for an answer to be taken
}

// unhurried is said in a transaction that nobody waits for: however long files and pipes take, it is not asleep.
const unhurried = "SELECT set_config('idle_in_transaction_session_timeout', '0', true), set_config('tcp_user_timeout', '0', true)"

// Connect makes what lends connections to the Postgres at the URL. It opens none yet.
func Connect(ctx context.Context, raw string) (*pgxpool.Pool, error) {
	u, err := addressed(raw)
	if err != nil {
		return nil, err
	}
	conf, err := pgxpool.ParseConfig(raw)
	if err != nil {
		return nil, fmt.Errorf("database at %s: %w", u.Host, withoutPassword(err, u))
	}
	if !u.Query().Has("pool_max_conns") {
		conf.MaxConns = connsMost
	}
	conf.MaxConnIdleTime = 5 * time.Minute
	conf.PingTimeout = pingFor
	if conf.ConnConfig.ConnectTimeout == 0 {
		conf.ConnConfig.ConnectTimeout = connectFor
	}
	conf.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		limits := append([]string{"idle_in_transaction_session_timeout = " + strconv.FormatInt(sleepMost.Milliseconds(), 10)}, onNetwork...)
		_, err := conn.Exec(ctx, "SET "+strings.Join(limits, "; SET "))
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, fmt.Errorf("database at %s: %w", u.Host, withoutPassword(err, u))
	}
	return pool, nil
}

func (db *DB) openPostgres(ctx context.Context, o Options) (err error) {
	db.dialect = Postgres
	u, err := addressed(o.URL)
	if err != nil {
		return err
	}
	if db.pool, db.lent = o.Pool, o.Pool != nil; !db.lent {
		if db.pool, err = Connect(ctx, o.URL); err != nil {
			return err
		}
	}
	db.write = stdlib.OpenDBFromPool(db.pool)
	until := time.Now().Add(o.Patience)
	for err = db.reach(ctx); err != nil && unreachable(err) && time.Now().Before(until); err = db.reach(ctx) {
		if o.Waits != nil {
			o.Waits(fmt.Errorf("database at %s: %w", u.Host, withoutPassword(err, u)))
			o.Waits = nil
		}
		select {
		case <-time.After(reachEvery):
		case <-ctx.Done():
		}
	}
	if err != nil {
		return fmt.Errorf("database at %s: %w", u.Host, withoutPassword(err, u))
	}
	return nil
}

func addressed(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, fmt.Errorf("database URL: want postgres://user:password@host:5432/database, got one that does not read so")
	}
	return u, nil
}

// reach proves that Postgres is there, and sets the clock, as any transaction does.
func (db *DB) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachFor)
	defer cancel()
	return db.onPostgres(ctx, "begin read only", func(tx *Tx) error { return tx.Flush(ctx) })
}

// withoutPassword keeps the driver's words but never the password.
func withoutPassword(err error, u *url.URL) error {
	if p, ok := u.User.Password(); ok && p != "" && strings.Contains(err.Error(), p) {
		return discreet{error: err, says: strings.ReplaceAll(err.Error(), p, "…")}
	}
	return err
}

// discreet is an error that says less than it knows.
type discreet struct {
	error
	says string
}

func (d discreet) Error() string { return d.says }
func (d discreet) Unwrap() error { return d.error }

// What each connection to SQLite keeps of the file, in KiB. The system keeps the file in memory as well, for all of them
// together: what they keep themselves is there once for each.
const (
	writerCache   = 8 << 10
	readerCache   = 1 << 10
	buildingCache = 64 << 10 // of the only one to a database that is being restored
)

// readers is how many look at the database at a time. SQLite computes in this process: more of them than there are processors
// only hold memory, but one that takes long, such as a backup, must not stand in the others' way.
func readers() int { return min(16, max(4, 2*runtime.GOMAXPROCS(0))) }

// sqliteDSN has busy_timeout first, so that the pragmas after it wait for a lock instead of failing.
func sqliteDSN(path string, cache int, query string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}).String() +
		"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=temp_store(2)" +
		"&_pragma=cache_size(-" + strconv.Itoa(cache) + ")" + query
}

func (db *DB) openSQLite(ctx context.Context, path string) error {
	db.dialect = SQLite
	var err error
	db.write, err = sql.Open("sqlite", sqliteDSN(path, writerCache, "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"))
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	db.write.SetMaxOpenConns(1)
	db.write.SetMaxIdleConns(1)
	if err := db.write.PingContext(ctx); err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	read, err := sql.Open("sqlite", sqliteDSN(path, readerCache, "&_pragma=query_only(1)"))
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	read.SetMaxOpenConns(readers())
	read.SetMaxIdleConns(readers())
	db.read = newLending(read, readers())
	return nil
}

var errEnded = errors.New("the database is closed")

// Close waits for the writes under way and closes the database.
func (db *DB) Close() error {
	db.ended.Store(true)
	if db.writer != nil {
		db.writer.stop()
	}
	var errs []error
	if db.read != nil {
		errs = append(errs, db.read.close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close())
	}
	if db.pool != nil && !db.lent {
		db.pool.Close()
	}
	return errors.Join(errs...)
}

// Dialect tells which database this is, for the few statements that must differ.
func (db *DB) Dialect() Dialect { return db.dialect }

// Now is the house's clock: on Postgres that of the database, whatever this node's own says.
func (db *DB) Now() time.Time { return db.now().UTC() }

func (db *DB) pingSQLite(ctx context.Context) error {
	return db.read.lend(ctx, false, func(s *session) error {
		_, err := s.exec(ctx, "SELECT 1")
		return err
	})
}

// Ping proves that the database answers.
func (db *DB) Ping(ctx context.Context) error {
	ping := db.pingSQLite
	if db.dialect == Postgres {
		ping = db.pool.Ping
	}
	if db.ended.Load() {
		ping = func(context.Context) error { return errEnded }
	}
	if err := ping(ctx); err != nil {
		return hilft.Fail(hilft.Unavailable, "database.unreachable", err)
	}
	return nil
}

// Size is how many bytes the database takes on its disk.
func (db *DB) Size(ctx context.Context) (n int64, err error) {
	query := `SELECT pg_database_size(current_database())`
	if db.dialect == SQLite {
		query = `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`
	}
	err = db.Look(ctx, func(ctx context.Context, tx *Tx) error { return tx.Row(ctx, query, nil, &n) })
	if err != nil {
		return 0, fmt.Errorf("store: size: %w", err)
	}
	return n, nil
}

// Write runs fn in a transaction. When it returns nil, all that fn did is durable; else nothing of it happened. fn may
// run more than once and must not touch anything but its transaction.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if db.dialect == SQLite {
		return db.writer.do(ctx, db.writer.queue, fn)
	}
	return db.writeAgain(ctx, fn)
}

// WriteFirst is Write for what somebody outside waits for, as a network for our word that we have its message: on SQLite
// its commit waits for little of what else is to be written. It is for short functions.
func (db *DB) WriteFirst(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if db.dialect == SQLite {
		return db.writer.do(ctx, db.writer.first, fn)
	}
	return db.writeAgain(ctx, fn)
}

func (db *DB) writeAgain(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	for attempt := 0; ; attempt++ {
		err := db.writeOnce(ctx, fn)
		if err == nil || attempt == 5 || !again(err) {
			return err
		}
	}
}

func (db *DB) writeOnce(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return db.onPostgres(ctx, "begin", func(tx *Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if err := tx.conclude(ctx); err != nil {
			return err
		}
		if err := tx.commit(ctx); err != nil {
			return err
		}
		tx.committed()
		return nil
	})
}

// Read runs fn on a snapshot of what is committed. fn must not write.
func (db *DB) Read(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if db.dialect == Postgres {
		return db.onPostgres(ctx, "begin isolation level repeatable read read only", func(tx *Tx) error { return fn(ctx, tx) })
	}
	return db.readSQLite(ctx, true, fn)
}

// Look is Read for one question, which is a snapshot by itself. Of several, each would see another moment.
func (db *DB) Look(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if db.dialect == Postgres {
		return db.onPostgres(ctx, "", func(tx *Tx) error { return fn(ctx, tx) })
	}
	return db.readSQLite(ctx, false, fn)
}

func (db *DB) readSQLite(ctx context.Context, snapshot bool, fn func(ctx context.Context, tx *Tx) error) error {
	return db.read.lend(ctx, snapshot, func(s *session) error {
		return outage(fn(ctx, &Tx{db: db, conn: s, now: db.Now()}))
	})
}

// onPostgres lends a connection to fn. begin travels with fn's first statement. What fn has not committed when it
// returns, or panics, is undone.
func (db *DB) onPostgres(ctx context.Context, begin string, fn func(tx *Tx) error) error {
	if db.ended.Load() { // a pool that is lent goes on without us
		return unavailable(errEnded)
	}
	lend, cancel := context.WithTimeout(ctx, lendFor)
	conn, err := db.pool.Acquire(lend)
	cancel()
	if err != nil {
		return unavailable(err)
	}
	defer conn.Release()
	tx := &Tx{db: db, pg: conn.Conn(), later: &pgx.Batch{}, now: db.Now()}
	if begin != "" {
		tx.later.Queue(begin)
		tx.compareClocks()
	}
	defer func() {
		if tx.pg.PgConn().TxStatus() != 'I' && !tx.pg.IsClosed() {
			undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingFor)
			defer cancel()
			_, _ = tx.pg.Exec(undo, "rollback")
		}
	}()
	return fn(tx)
}

// statements keeps texts rebound for Postgres; its driver keeps them prepared.
type statements struct {
	mu    sync.RWMutex
	bound map[string]string
}

// boundMost bounds the texts kept: those that vary with their number of placeholders would grow them without end.
const boundMost = 4096

// bind turns ? into $1, $2, … on Postgres. Our SQL has no ? inside literals.
func (db *DB) bind(query string) string {
	if db.dialect == SQLite {
		return query
	}
	s := &db.stmts
	s.mu.RLock()
	q, ok := s.bound[query]
	s.mu.RUnlock()
	if ok {
		return q
	}
	q = rebind(query)
	s.mu.Lock()
	if len(s.bound) < boundMost {
		s.bound[query] = q
	}
	s.mu.Unlock()
	return q
}
