// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft/channel"
)

// Keys of the settings. They are stored with every account.
const (
	setOrigins  = "origins"
	setBrand    = "brand"
	setGreeting = "greeting"
	setAccent   = "accent"
	setLanguage = "language"
	setAskEmail = "ask_email"
	setPrivacy  = "privacy"
	setHours    = "hours"
	setZone     = "zone"
	setAttended = "attended"
)

const (
	defaultAccent = "#0b7a75"
	contrastMin   = 4.5 // WCAG 2.2, 1.4.3: white letters on the accent
	brandMax      = 60
	greetingMax   = 500
)

func settings() []channel.Field {
	return []channel.Field{
		{
			Key: setOrigins, Kind: channel.FieldList, Required: true, Example: "https://shop.example.org",
			Label: channel.Text{"de": "Websites", "en": "Websites"},
			Help: channel.Text{
				"de": "Wo der Chat stehen darf: eine Adresse je Zeile, ohne Pfad.",
				"en": "Where the chat may stand: one address a line, without a path.",
			},
		},
		{
			Key: setBrand, Kind: channel.FieldText, Required: true, Example: "Nordnetz",
			Label: channel.Text{"de": "Name im Chat", "en": "Name in the chat"},
			Help:  channel.Text{"de": "Wer hier antwortet.", "en": "Who answers here."},
		},
		{
			Key: setGreeting, Kind: channel.FieldText,
			Label: channel.Text{"de": "Begrüßung", "en": "Greeting"},
			Help: channel.Text{
				"de": "Steht über dem ersten Wort. Leer: eine kurze Begrüßung in der Sprache der Seite.",
				"en": "Stands above the first word. Empty: a short greeting in the language of the page.",
			},
		},
		{
			Key: setAccent, Kind: channel.FieldText, Default: defaultAccent, Example: defaultAccent,
			Label: channel.Text{"de": "Farbe", "en": "Colour"},
			Help: channel.Text{
				"de": "Sechs Hexadezimalziffern. Weiße Schrift muss darauf lesbar sein (Kontrast mindestens 4,5).",
				"en": "Six hexadecimal digits. White letters must be readable on it (contrast of 4.5 or more).",
			},
		},
		{
			Key: setLanguage, Kind: channel.FieldChoice, Default: "auto",
			Label: channel.Text{"de": "Sprache", "en": "Language"},
			Choices: []channel.Choice{
				{Value: "auto", Label: channel.Text{"de": "Wie die Seite", "en": "As the page"}},
				{Value: "de", Label: channel.Text{"de": "Deutsch", "en": "German"}},
				{Value: "en", Label: channel.Text{"de": "Englisch", "en": "English"}},
			},
		},
		{
			Key: setAskEmail, Kind: channel.FieldBool, Default: "false",
			Label: channel.Text{"de": "Nach Name und E-Mail fragen", "en": "Ask for name and e-mail"},
			Help: channel.Text{
				"de": "Freiwillig, vor dem ersten Wort: damit Sie auch antworten können, wenn das Fenster zu ist.",
				"en": "Voluntary, before the first word: so that you can answer when the window is closed.",
			},
		},
		{
			Key: setHours, Kind: channel.FieldList, Example: "Mo-Fr 9:00-17:00",
			Label: channel.Text{"de": "Antwortzeiten", "en": "Hours"},
			Help: channel.Text{
				"de": "Wann jemand antwortet, eine Zeile je Zeitraum: Mo-Fr 9:00-17:00. Außerhalb sagt der Chat, wann Sie wieder da sind, und fragt nach einer E-Mail-Adresse. Leer: immer.",
				"en": "When somebody answers, one line a period: Mon-Fri 9:00-17:00. Outside them the chat says when you are back, and asks for an e-mail address. Empty: always.",
			},
		},
		{
			Key: setZone, Kind: channel.FieldText, Default: defaultZone, Example: defaultZone, Advanced: true,
			Label: channel.Text{"de": "Zeitzone der Antwortzeiten", "en": "Time zone of the hours"},
		},
		{
			Key: setAttended, Kind: channel.FieldBool, Default: "false",
			Label: channel.Text{"de": "Sagen, wenn niemand da ist", "en": "Say when nobody is there"},
			Help: channel.Text{
				"de": "Hat eine Viertelstunde lang niemand hilft benutzt, sagt der Chat auch das.",
				"en": "When nobody has used hilft for a quarter of an hour, the chat says that, too.",
			},
		},
		{
			Key: setPrivacy, Kind: channel.FieldURL, Example: "https://shop.example.org/datenschutz",
			Label: channel.Text{"de": "Datenschutzhinweise", "en": "Privacy notice"},
			Help:  channel.Text{"de": "Der Chat verlinkt sie.", "en": "The chat links to it."},
		},
	}
}

// public is what everybody may see of an account's settings: what the widget is drawn from.
type public struct {
	Brand    string `json:"brand"`
	Greeting string `json:"greeting,omitempty"`
	Accent   string `json:"accent"`
	Language string `json:"language"`
	AskEmail bool   `json:"askEmail,omitempty"`
	Privacy  string `json:"privacy,omitempty"`
}

// Front tells on which origins an account's chat may stand, as browsers write them, and what everybody may see of its
// settings, as JSON. Settings that Check does not accept give no origins.
func (Connector) Front(settings channel.Settings) (origins []string, visible []byte) {
	origins, err := check(settings)
	if err != nil {
		return nil, []byte("{}")
	}
	visible, err = json.Marshal(public{
		Brand:    settings[setBrand],
		Greeting: settings[setGreeting],
		Accent:   or(settings[setAccent], defaultAccent),
		Language: or(settings[setLanguage], "auto"),
		AskEmail: settings[setAskEmail] == "true",
		Privacy:  settings[setPrivacy],
	})
	if err != nil {
		return nil, []byte("{}")
	}
	return origins, visible
}

// check reads the settings of an account, or says as a *Rejected which one is wrong.
func check(settings channel.Settings) (origins []string, err error) {
	for line := range strings.Lines(settings[setOrigins]) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		origin, err := parseOrigin(line)
		if err != nil {
			return nil, wrong(setOrigins, err.Error())
		}
		if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	if len(origins) == 0 {
		return nil, wrong(setOrigins, "at least one website")
	}
	if brand := settings[setBrand]; strings.TrimSpace(brand) == "" || utf8.RuneCountInString(brand) > brandMax {
		return nil, wrong(setBrand, fmt.Sprintf("1 to %d characters", brandMax))
	}
	if utf8.RuneCountInString(settings[setGreeting]) > greetingMax {
		return nil, wrong(setGreeting, fmt.Sprintf("at most %d characters", greetingMax))
	}
	if err := checkAccent(or(settings[setAccent], defaultAccent)); err != nil {
		return nil, wrong(setAccent, err.Error())
	}
	if !slices.Contains([]string{"", "auto", "de", "en"}, settings[setLanguage]) {
		return nil, wrong(setLanguage, "auto, de or en")
	}
	if !slices.Contains([]string{"", "true", "false"}, settings[setAskEmail]) {
		return nil, wrong(setAskEmail, "true or false")
	}
	if _, err := time.LoadLocation(or(settings[setZone], defaultZone)); err != nil || strings.EqualFold(settings[setZone], "local") {
		return nil, wrong(setZone, "a time zone such as "+defaultZone)
	}
	if _, err := parseHours(settings[setHours], settings[setZone]); err != nil {
		return nil, wrong(setHours, err.Error())
	}
	if !slices.Contains([]string{"", "true", "false"}, settings[setAttended]) {
		return nil, wrong(setAttended, "true or false")
	}
	if link := settings[setPrivacy]; link != "" && webAddress(link) == nil {
		return nil, wrong(setPrivacy, "an address with http or https")
	}
	return origins, nil
}

func wrong(field, detail string) error {
	return &channel.Rejected{Reason: channel.ReasonBadSettings, Field: field, Detail: detail}
}

// parseOrigin reads the address of a website and returns its origin as browsers send it (RFC 6454, section 6.2): lower
// case, without the port that the scheme implies.
func parseOrigin(s string) (string, error) {
	u := webAddress(s)
	if u == nil {
		return "", fmt.Errorf("%q is no address with http or https", s)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("%q has more than scheme, host and port", s)
	}
	host := strings.ToLower(u.Host)
	for _, implied := range []string{"https:443", "http:80"} {
		if scheme, port, _ := strings.Cut(implied, ":"); u.Scheme == scheme {
			host = strings.TrimSuffix(host, ":"+port)
		}
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '*' }) {
		return "", fmt.Errorf("%q: write the host as browsers send it, in ASCII and without wildcards", s)
	}
	return u.Scheme + "://" + host, nil
}

// webAddress parses an address of the web; nil where it is none.
func webAddress(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return nil
	}
	return u
}

func checkAccent(s string) error {
	rgb, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return fmt.Errorf("# and six hexadecimal digits, as in %s", defaultAccent)
	}
	if c := contrastWithWhite(uint32(rgb)); c < contrastMin {
		return fmt.Errorf("too light for white letters: contrast %.1f, at least %.1f", math.Floor(c*10)/10, contrastMin)
	}
	return nil
}

// contrastWithWhite is the contrast ratio of WCAG 2.2 between a colour and white.
func contrastWithWhite(rgb uint32) float64 {
	linear := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 1.05 / (0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0) + 0.05)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
