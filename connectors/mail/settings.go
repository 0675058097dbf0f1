// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"net"
	netmail "net/mail"
	"strconv"
	"strings"

	"github.com/hilft/hilft/channel"
)

// Keys of the settings.
const (
	setAddress = "address"
	setName    = "name"
	setAliases = "aliases"
	setAuth    = "auth"
	setServers = "results_from"

	setClientID     = "client_id"
	setClientSecret = "client_secret"
	setTenant       = "tenant"
	setAuthorizeURL = "authorize_url"
	setTokenURL     = "token_url"
	setScope        = "scope"

	// What a sign-in gave us.
	setVerifier = "code_verifier" // between its two halves
	setAccess   = "access_token"
	setRefresh  = "refresh_token"
	setExpires  = "token_expires"

	setIMAPHost     = "imap_host"
	setIMAPPort     = "imap_port"
	setIMAPSecurity = "imap_security"
	setUser         = "user"
	setPass         = "password"
	setFolder       = "folder"

	setSMTPHost     = "smtp_host"
	setSMTPPort     = "smtp_port"
	setSMTPSecurity = "smtp_security"
	setSMTPUser     = "smtp_user"
	setSMTPPass     = "smtp_password"

	setSent = "sent_folder"
	setCopy = "copy_to_sent"
	setPlus = "plus_address"

	setQuote = "quote"
)

// Which of a server's settings is meant.
const (
	setHost     = "host"
	setPort     = "port"
	setSecurity = "security"
	setPassword = "password"
)

// Values of the security settings.
const (
	secTLS      = "tls"
	secSTARTTLS = "starttls"
	secNone     = "none"
)

// settings are an account's settings, read and checked.
type settings struct {
	address string // lower case
	name    string
	aliases []*netmail.Address // further addresses of the mailbox
	imap    server
	smtp    server
	oauth   *oauth // nil: with a password
	folder  string
	sent    string // empty: found by its special use
	copy    bool
	plus    bool
	quote   bool
}

// server is where and how to connect.
type server struct {
	kind     string // "imap" or "smtp"
	host     string
	port     string
	security string
	user     string
	password string
	oauth    bool // with a token instead of the password
}

func (s server) addr() string { return net.JoinHostPort(s.host, s.port) }

// key is the key of one of the server's settings. IMAP and SMTP share the user and password of IMAP.
func (s server) key(what string) string {
	if s.kind == "imap" && what == setPassword {
		return setPass
	}
	return s.kind + "_" + what
}

func fields() []channel.Field {
	text := func(de, en string) channel.Text { return channel.Text{"de": de, "en": en} }
	security := []channel.Choice{
		{Value: secTLS, Label: text("TLS", "TLS")},
		{Value: secSTARTTLS, Label: text("STARTTLS", "STARTTLS")},
		{Value: secNone, Label: text("keine (nur auf diesem Rechner)", "none (on this machine only)")},
	}
	return []channel.Field{
		{Key: setAddress, Kind: channel.FieldEmail, Required: true, Label: text("Adresse", "Address"), Example: "support@example.com"},
		{Key: setName, Kind: channel.FieldText, Label: text("Angezeigter Name", "Display name"), Example: "Nordnetz Kundendienst"},
		{Key: setAliases, Kind: channel.FieldList, Label: text("Weitere Adressen dieses Postfachs", "Further addresses of this mailbox"), Example: "Nordnetz Vertrieb <vertrieb@example.com>", Help: text(
			"Eine je Zeile, auf Wunsch mit Namen. Geantwortet wird von der Adresse, an die geschrieben wurde; der Anbieter muss sie als Absender zulassen.",
			"One a line, with a name if you like. Answers come from the address that was written to; the provider must allow it as a sender.")},
		{Key: setAuth, Kind: channel.FieldChoice, Default: byPassword, Label: text("Anmeldung beim Anbieter", "Sign-in at the provider"), Choices: []channel.Choice{
			{Value: byPassword, Label: text("mit Passwort", "with a password")},
			{Value: byMicrosoft, Label: text("bei Microsoft 365", "at Microsoft 365"), SignIn: true},
			{Value: byGoogle, Label: text("bei Google", "at Google"), SignIn: true},
			{Value: byOAuth, Label: text("bei einem anderen Anbieter mit OAuth", "at another provider with OAuth"), SignIn: true},
		}, Help: text("Wer sich beim Anbieter anmeldet, trägt die Client-ID seiner App ein und kein Passwort.", "Whoever signs in at the provider enters the client ID of their app and no password.")},
		{Key: setIMAPHost, Kind: channel.FieldHost, Help: text("Bei Microsoft und Google leer lassen.", "Leave empty with Microsoft and Google."), Label: text("IMAP-Server", "IMAP server"), Example: "imap.example.com"},
		{Key: setUser, Kind: channel.FieldText, Label: text("Benutzer", "User"), Help: text("Leer: die Adresse.", "Empty: the address.")},
		{Key: setPass, Kind: channel.FieldSecret, Label: text("Passwort", "Password")},
		{Key: setSMTPHost, Kind: channel.FieldHost, Label: text("SMTP-Server", "SMTP server"), Example: "smtp.example.com"},
		{Key: setClientID, Kind: channel.FieldText, Label: text("Client-ID der App", "Client ID of the app"), Help: text("Nur für die Anmeldung beim Anbieter.", "Only for signing in at the provider.")},
		{Key: setClientSecret, Kind: channel.FieldSecret, Label: text("Geheimnis der App", "Secret of the app"), Help: text("Nur für die Anmeldung beim Anbieter.", "Only for signing in at the provider.")},
		{Key: setTenant, Kind: channel.FieldText, Label: text("Mandant (Tenant) bei Microsoft", "Tenant at Microsoft"), Help: text("Die Verzeichnis-ID oder eine Domäne der Firma.", "The directory ID or a domain of the company.")},
		{Key: setIMAPSecurity, Kind: channel.FieldChoice, Default: secTLS, Choices: security, Advanced: true, Label: text("Sicherheit bei IMAP", "Security of IMAP")},
		{Key: setIMAPPort, Kind: channel.FieldPort, Advanced: true, Label: text("IMAP-Anschluss", "IMAP port"), Help: text("Leer: 993 mit TLS, sonst 143.", "Empty: 993 with TLS, else 143.")},
		{Key: setFolder, Kind: channel.FieldText, Default: "INBOX", Advanced: true, Label: text("Ordner", "Folder")},
		{Key: setSMTPSecurity, Kind: channel.FieldChoice, Default: secTLS, Choices: security, Advanced: true, Label: text("Sicherheit bei SMTP", "Security of SMTP")},
		{Key: setSMTPPort, Kind: channel.FieldPort, Advanced: true, Label: text("SMTP-Anschluss", "SMTP port"), Help: text("Leer: 465 mit TLS, sonst 587.", "Empty: 465 with TLS, else 587.")},
		{Key: setSMTPUser, Kind: channel.FieldText, Advanced: true, Label: text("Benutzer für SMTP", "User for SMTP"), Help: text("Leer: wie bei IMAP.", "Empty: as for IMAP.")},
		{Key: setSMTPPass, Kind: channel.FieldSecret, Advanced: true, Label: text("Passwort für SMTP", "Password for SMTP"), Help: text("Leer: wie bei IMAP.", "Empty: as for IMAP.")},
		{Key: setCopy, Kind: channel.FieldBool, Default: "true", Advanced: true, Label: text("Antworten in „Gesendet“ ablegen", "Put answers into “Sent”"), Help: text(
			"Legt der Anbieter selbst eine Kopie ab, kommt keine zweite hinzu. Ohne Kopie lässt sich nach einer abgerissenen Verbindung nicht nachsehen, ob eine Antwort hinausging.",
			"Where the provider keeps a copy itself, no second one is added. Without a copy nobody can look up whether an answer went out when a connection broke.")},
		{Key: setSent, Kind: channel.FieldText, Advanced: true, Label: text("Ordner für Gesendetes", "Folder of sent mail"), Help: text("Leer: der, den der Server dafür nennt, sonst „Sent“.", "Empty: the one that the server names for it, else “Sent”.")},
		{Key: setPlus, Kind: channel.FieldBool, Default: "false", Advanced: true, Label: text("Antwortadresse mit Kennzeichen", "Reply address with a token"), Help: text(
			"Antworten gehen an adresse+kennzeichen@…; der Server muss solche Adressen annehmen.", "Answers go to address+token@…; the server must accept such addresses.")},
		{Key: setQuote, Kind: channel.FieldBool, Default: "true", Advanced: true, Label: text("Unter Antworten zitieren, worauf sie antworten", "Quote beneath answers what they answer")},
		{Key: setServers, Kind: channel.FieldList, Advanced: true, Label: text("Wer Absender prüft", "Who checks senders"), Example: "mx.example.com", Help: text(
			"Der Name Ihres Mailservers am Anfang der Kopfzeile Authentication-Results. Nur was dort steht, gilt; ohne ihn wird zu Absendern nichts gesagt. Bei Google leer lassen.",
			"The name of your mail server at the beginning of the header Authentication-Results. Only what it says counts; without it nothing is said about senders. Leave empty with Google.")},
		{Key: setAuthorizeURL, Kind: channel.FieldURL, Advanced: true, Label: text("OAuth: Anmeldeseite", "OAuth: sign-in page"), Help: text("Nur bei einem anderen Anbieter.", "Only with another provider.")},
		{Key: setTokenURL, Kind: channel.FieldURL, Advanced: true, Label: text("OAuth: Adresse für Tokens", "OAuth: token address"), Help: text("Nur bei einem anderen Anbieter.", "Only with another provider.")},
		{Key: setScope, Kind: channel.FieldText, Advanced: true, Label: text("OAuth: Bereiche (scope)", "OAuth: scopes"), Help: text("Nur bei einem anderen Anbieter.", "Only with another provider.")},
		{Key: setVerifier, Kind: channel.FieldSecret, Hidden: true},
		{Key: setAccess, Kind: channel.FieldSecret, Hidden: true},
		{Key: setRefresh, Kind: channel.FieldSecret, Hidden: true},
		{Key: setExpires, Kind: channel.FieldText, Hidden: true},
	}
}

// read checks the settings that can be checked without the network.
func read(s channel.Settings) (settings, error) {
	value := func(key, other string) string {
		if v := strings.TrimSpace(s[key]); v != "" {
			return v
		}
		return other
	}
	set := settings{
		address: strings.ToLower(value(setAddress, "")), name: oneLine(s[setName], 200),
		folder: value(setFolder, "INBOX"), sent: value(setSent, ""),
		copy: value(setCopy, "true") == "true", plus: value(setPlus, "false") == "true", quote: value(setQuote, "true") == "true",
	}
	if found := addresses(set.address); len(found) != 1 || found[0].Address != set.address {
		return settings{}, wrong(setAddress, "an address like support@example.com is needed")
	}
	var err error
	if set.aliases, err = aliasesOf(s); err != nil {
		return settings{}, err
	}
	if set.oauth, err = readOAuth(s); err != nil {
		return settings{}, err
	}
	if s[setPass] == "" && set.oauth == nil {
		return settings{}, needed(setPass)
	}
	set.imap = server{kind: "imap", host: value(setIMAPHost, ""), port: s[setIMAPPort], security: value(setIMAPSecurity, secTLS), user: value(setUser, set.address), password: s[setPass]}
	set.smtp = server{kind: "smtp", host: value(setSMTPHost, ""), port: s[setSMTPPort], security: value(setSMTPSecurity, secTLS), user: value(setSMTPUser, set.imap.user), password: s[setSMTPPass]}
	if set.smtp.password == "" {
		set.smtp.password = set.imap.password
	}
	set.imap.oauth, set.smtp.oauth = set.oauth != nil, set.oauth != nil
	usual(s[setAuth], &set.imap, &set.smtp)
	if err := set.imap.complete("993", "143"); err != nil {
		return settings{}, err
	}
	return set, set.smtp.complete("465", "587")
}

// aliasesOf reads the further addresses of a mailbox, lower case.
func aliasesOf(s channel.Settings) (all []*netmail.Address, err error) {
	for line := range strings.Lines(s[setAliases]) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		found, err := netmail.ParseAddress(line)
		if err != nil || len(addresses(found.Address)) != 1 || addresses(found.Address)[0].Address != found.Address {
			return nil, wrong(setAliases, oneLine(line, 100)+" is not an address")
		}
		found.Address = strings.ToLower(found.Address)
		all = append(all, found)
	}
	return all, nil
}

// ownAddresses are all addresses of the mailbox, its main one first.
func ownAddresses(s channel.Settings) []string {
	own := []string{strings.ToLower(strings.TrimSpace(s[setAddress]))}
	aliases, _ := aliasesOf(s) // checked when they were entered
	for _, a := range aliases {
		own = append(own, a.Address)
	}
	return own
}

// serversOf are the names under which the mailbox's own servers say what they found out about senders.
func serversOf(s channel.Settings) []string {
	all := strings.Fields(strings.ToLower(s[setServers]))
	if len(all) == 0 && s[setAuth] == byGoogle {
		all = []string{"mx.google.com"}
	}
	return all
}

// complete fills in the port and holds the server to what we connect to.
func (s *server) complete(portTLS, portOther string) error {
	if s.host == "" {
		return needed(s.key(setHost))
	}
	if strings.ContainsAny(s.host, " /@\t\r\n") || strings.Contains(s.host, ":") && net.ParseIP(s.host) == nil {
		return wrong(s.key(setHost), "the name of a server is needed")
	}
	switch s.security {
	case secTLS, secSTARTTLS:
	case secNone:
		if !loopback(s.host) {
			return wrong(s.key(setSecurity), "without encryption only on this machine")
		}
	default:
		return wrong(s.key(setSecurity), "tls, starttls or none")
	}
	if s.port = strings.TrimSpace(s.port); s.port == "" {
		s.port = portOther
		if s.security == secTLS {
			s.port = portTLS
		}
	}
	if n, err := strconv.Atoi(s.port); err != nil || n < 1 || n > 65535 {
		return wrong(s.key(setPort), "a number from 1 to 65535")
	}
	return nil
}

func needed(field string) error {
	return &channel.Rejected{Reason: channel.ReasonRequired, Field: field, Detail: "this is needed"}
}

func wrong(field, detail string) error {
	return &channel.Rejected{Reason: channel.ReasonBadSettings, Field: field, Detail: detail}
}
