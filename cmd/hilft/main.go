// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Command hilft is the whole house in one binary.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/hilft/hilft/internal/app"
)

// version is set when a release is built.
var version = "unreleased"

// settings are the flags that every command has which opens a house.
type settings struct {
	Config         string `help:"Settings file (TOML)." env:"HILFT_CONFIG" placeholder:"FILE"`
	Data           string `help:"Folder of the database, media and key." placeholder:"DIR"`
	Listen         string `help:"Address to listen on." placeholder:"HOST:PORT"`
	PublicURL      string `help:"Where the world finds this house." placeholder:"URL"`
	MediaURL       string `help:"Another origin for media." placeholder:"URL"`
	DatabaseURL    string `help:"Postgres instead of SQLite in the data folder." placeholder:"URL"`
	NATSURL        string `help:"NATS cluster instead of the one inside." name:"nats-url" placeholder:"URL"`
	SecretKeyFile  string `help:"Key that seals secrets; made if it is not there." placeholder:"FILE"`
	AllowHosts     string `help:"Hosts in private networks that may be connected to, with commas." placeholder:"HOST,…"`
	TrustedProxies string `help:"Reverse proxies that tell where requests come from, with commas." placeholder:"ADDRESS,…"`
	MetricsFrom    string `help:"Who may read /metrics, with commas." placeholder:"ADDRESS,…"`
	OTLPEndpoint   string `help:"Collector of traces (OTLP over HTTP)." name:"otlp-endpoint" placeholder:"URL"`
	LeaveAfter     string `help:"How long to go on serving, with /readyz saying no, when asked to end." placeholder:"10s"`
	OnwardAfter    string `help:"How long an answer in a chat waits for its visitor before it goes on by e-mail; 0s: until they come back." placeholder:"2m"`
	RequestRate    string `help:"Requests to the API that a token may make in a minute; 0: as many as it likes." placeholder:"1200"`
	LogLevel       string `help:"debug, info, warn or error." placeholder:"LEVEL"`
}

func (s settings) read() (app.Settings, error) {
	return app.ReadSettings(s.Config, os.Environ(), map[string]string{
		"data": s.Data, "listen": s.Listen, "public_url": s.PublicURL, "media_url": s.MediaURL, "database_url": s.DatabaseURL,
		"nats_url": s.NATSURL, "secret_key_file": s.SecretKeyFile, "allow_hosts": s.AllowHosts, "trusted_proxies": s.TrustedProxies,
		"metrics_from": s.MetricsFrom, "log_level": s.LogLevel, "otlp_endpoint": s.OTLPEndpoint, "leave_after": s.LeaveAfter, "onward_after": s.OnwardAfter, "request_rate": s.RequestRate,
	})
}

type serve struct{ settings }

func (c serve) Run(ctx context.Context) error {
	s, err := c.read()
	if err != nil {
		return err
	}
	log := logger(s.LogLevel)
	h, err := app.Open(ctx, s, app.Options{Version: version, Log: log})
	if err != nil {
		return err
	}
	defer h.Close()
	invitation, err := h.Invitation(ctx)
	if err != nil {
		return err
	}
	at, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if invitation != "" { // not to the log, which more people read
		fmt.Printf("hilft: nobody has set this house up yet. Open %s to become its administrator\n", invitation)
	}
	log.Info("open", "listen", at.Addr().String(), "public_url", s.PublicURL, "version", version)
	return h.Run(ctx, at)
}

func logger(level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // ReadSettings has checked it
	return app.Logger(os.Stderr, l)
}

type check struct{ settings }

var errNotWell = errors.New("the house cannot open like this")

func (c check) Run(ctx context.Context) error {
	s, err := c.read()
	if err != nil {
		return err
	}
	if !app.Check(ctx, s, os.Stdout) {
		return errNotWell
	}
	return nil
}

type demo struct {
	Listen string `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Data   string `help:"Folder to keep what happens in; without one it is gone at the end." placeholder:"DIR"`
	Quiet  bool   `help:"No new customers after the first ones."`
}

func (c demo) Run(ctx context.Context) error {
	return app.Demo(ctx, app.DemoOptions{Listen: c.Listen, Data: c.Data, Quiet: c.Quiet, Version: version, Out: os.Stdout, Log: logger("warn")})
}

// sealing are the flags of the commands that write or read backups.
type sealing struct {
	KeyFile string `help:"Key that encrypts the backup; made if it is not there." type:"path" placeholder:"FILE"`
}

func (k sealing) options() app.BackupOptions {
	return app.BackupOptions{KeyFile: k.KeyFile, Version: version, Tell: os.Stderr, Progress: progress(os.Stderr)}
}

type backup struct {
	settings
	sealing
	File          string `arg:"" help:"Where to put it; - is standard output."`
	WithSecretKey bool   `help:"With the house's key; only together with --key-file."`
	WithoutMedia  bool   `help:"Without the files that customers and agents attached."`
}

func (c backup) Run(ctx context.Context) error {
	s, err := c.read()
	if err != nil {
		return err
	}
	o := c.options()
	o.WithSecretKey, o.WithoutMedia = c.WithSecretKey, c.WithoutMedia
	b, err := app.Backup(ctx, s, c.File, os.Stdout, o)
	if err != nil && !errors.Is(err, app.ErrDamaged) {
		return err
	}
	told := os.Stdout
	if c.File == "-" {
		told = os.Stderr
	}
	return errors.Join(err, json.NewEncoder(told).Encode(b))
}

type restore struct {
	settings
	KeyFile string `help:"Key that opens the backup, if it is encrypted." type:"path" placeholder:"FILE"`
	File    string `arg:"" help:"The backup."`
	Check   bool   `help:"Only read it, and say whether it is whole."`
}

func (c restore) Run(ctx context.Context) error {
	s, err := c.read()
	if err != nil {
		return err
	}
	o := sealing{c.KeyFile}.options()
	var r app.Restored
	if c.Check {
		r, err = app.CheckBackup(c.File, o)
	} else {
		r, err = app.Restore(ctx, s, c.File, o)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

type upgrade struct {
	settings
	sealing
	Backup string `help:"Where to put the backup that is made first; without one it is in the data folder." placeholder:"FILE"`
}

func (c upgrade) Run(ctx context.Context) error {
	s, err := c.read()
	if err != nil {
		return err
	}
	u, err := app.Upgrade(ctx, s, c.Backup, c.options())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(u)
}

type reindex struct{ settings }

func (c reindex) Run(ctx context.Context) error {
	s, err := c.read()
	if err != nil {
		return err
	}
	return app.Reindex(ctx, s)
}

type renewKey struct{ settings }

func (c renewKey) Run() error {
	s, err := c.read()
	if err != nil {
		return err
	}
	return app.RenewKey(s)
}

type auditCommands struct {
	Verify verifyTrail `cmd:"" help:"Go through the audit trail, and say whether anybody but hilft has changed it."`
	Export exportTrail `cmd:"" help:"Write the audit trail to standard output, one line of JSON for each row."`
}

type verifyTrail struct {
	settings
	Head string `help:"Hash of a row that was kept elsewhere: finds what was cut off or written anew since." placeholder:"HASH"`
}

func (c verifyTrail) Run(ctx context.Context) error {
	s, err := c.read()
	if err != nil {
		return err
	}
	v, err := app.VerifyTrail(ctx, s, c.Head)
	if err != nil && !errors.Is(err, app.ErrTrail) {
		return err
	}
	return errors.Join(err, json.NewEncoder(os.Stdout).Encode(v))
}

type exportTrail struct {
	settings
	From int64 `help:"From this row on." default:"1" placeholder:"N"`
}

func (c exportTrail) Run(ctx context.Context) error {
	s, err := c.read()
	if err != nil {
		return err
	}
	n, err := app.ExportTrail(ctx, s, c.From, os.Stdout)
	if err == nil {
		_, _ = fmt.Fprintf(os.Stderr, "hilft: %d rows\n", n)
	}
	return err
}

// progress tells a person at a terminal, once a second, how far it is; nobody else.
func progress(to *os.File) func(rows, media int64) {
	info, err := to.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	next := time.Now().Add(time.Second)
	return func(rows, media int64) {
		if now := time.Now(); now.After(next) {
			next = now.Add(time.Second)
			_, _ = fmt.Fprintf(to, "hilft: %d rows, %d media files\n", rows, media)
		}
	}
}

type showVersion struct{}

func (showVersion) Run() error {
	_, err := fmt.Println("hilft", version)
	return err
}

// What the program says by its end.
const (
	exitFailed = 1
	exitUsage  = 2 // it was asked for something that it does not know
)

func main() {
	// Go remembers on which paths memory was asked for. Nobody asks for that profile here, and it grows for as long as new
	// paths are taken.
	runtime.MemProfileRate = 0
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever asks a second time does not want to wait
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	var cli struct {
		Serve    serve         `cmd:"" help:"Open the house."`
		Demo     demo          `cmd:"" help:"Open a house with made-up customers; nothing leaves this machine."`
		Backup   backup        `cmd:"" help:"Write the whole house into one file, while it is open."`
		Restore  restore       `cmd:"" help:"Make a house of such a file, where there is none."`
		Upgrade  upgrade       `cmd:"" help:"Bring the database to this version, after a backup of it."`
		Reindex  reindex       `cmd:"" help:"Let the index that searching needs be made anew, when the house is opened next."`
		RenewKey renewKey      `cmd:"" help:"Make a new key that seals secrets; older ones go on opening what they sealed."`
		Audit    auditCommands `cmd:"" help:"The audit trail."`
		Check    check         `cmd:"" help:"Say whether settings, database and keys are right."`
		Version  showVersion   `cmd:"" help:"Say which version this is."`
	}
	parser := kong.Must(&cli, kong.Name("hilft"), kong.Description("hilft hears customers wherever they speak, and sees to it that they are helped."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	command, err := parser.Parse(args)
	if err != nil {
		say(fmt.Errorf("%w (hilft --help says what there is)", err))
		return exitUsage
	}
	if err := command.Run(); err != nil {
		say(err)
		return exitFailed
	}
	return 0
}

// say tells in one line what is wrong.
func say(err error) {
	fmt.Fprintln(os.Stderr, "hilft: "+strings.Join(strings.Fields(err.Error()), " "))
}
