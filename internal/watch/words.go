// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"strings"
	"time"
)

// said are what an alert says in a language: what is the matter, and what to do.
type said struct{ what, act string }

// They are filled in with the finding: {name}, {count}, {time}, {size}.
var texts = map[string]map[Condition]said{
	"de": {
		AccountDown: {"Konto {name} ist seit {time} gestört", "Unter Kanäle nachsehen, was das Netzwerk sagt; bei „Anmeldung“ neu anmelden."},
		Dead:        {"Aufgegebene Arbeit: {count} × {name}", "Auf der Systemseite den Grund lesen und beheben, dann erneut versuchen oder verwerfen."},
		Stuck:       {"{count} Zustellungen waren nicht lesbar", "Auf der Systemseite ansehen. Sie sind aufbewahrt und können nach einem Update erneut gelesen werden."},
		Undecided:   {"Bei {count} Antworten ist offen, ob sie ankamen", "Im Anliegen entscheiden: angekommen oder noch einmal senden."},
		Lag:         {"Arbeit wartet seit {time}: {count} × {name}", "Prüfen, ob Datenbank und Netzwerk erreichbar sind und der Rechner ausgelastet ist."},
		Disk:        {"Nur noch {size} frei: {name}", "Platz schaffen. Ist die Platte fast voll, nimmt hilft nichts mehr an."},
		CanaryLost:  {"Lebenszeichen von {name} fehlt seit {time}", "Eine Nachricht an dieses Konto schicken und nachsehen, wo sie bleibt."},
		WebhookOff:  {"Webhook an {name} wurde abgeschaltet", "Drei Tage lang nahm das Ziel nichts an, oder es gibt es nicht mehr. Dort nachsehen und den Webhook unter Einstellungen wieder einschalten."},
		TrailBroken: {"Das Protokoll wurde an hilft vorbei verändert", "Mit „hilft audit verify“ nachsehen, welche Zeilen es sind, und klären, wer in die Datenbank geschrieben hat."},
		NoBackup:    {"Letzte Sicherung vor {time}", "Nachsehen, warum nicht gesichert wird, und eine Sicherung machen."},
	},
	"en": {
		AccountDown: {"Account {name} has not been well for {time}", "See under Channels what the network says; sign in again where it asks for that."},
		Dead:        {"Work was given up: {count} × {name}", "Read why on the system page and mend it; then try again, or discard."},
		Stuck:       {"{count} deliveries could not be read", "Look at them on the system page. They are kept, and can be read again after an upgrade."},
		Undecided:   {"It is open whether {count} replies arrived", "Decide in the case: arrived, or send again."},
		Lag:         {"Work has waited for {time}: {count} × {name}", "See whether database and network can be reached, and whether the machine is too busy."},
		Disk:        {"Only {size} left: {name}", "Make room. When the disk is nearly full, hilft accepts nothing more."},
		CanaryLost:  {"{name} has shown no sign of life for {time}", "Send this account a message and see where it stays."},
		WebhookOff:  {"The webhook to {name} was switched off", "Its target took nothing for three days, or is gone. Look there, and switch the webhook on again under Settings."},
		TrailBroken: {"The audit trail was changed behind hilft's back", "See with \"hilft audit verify\" which rows it is, and find out who has written to the database."},
		NoBackup:    {"The last backup was {time} ago", "See why no backup is made, and make one."},
	},
}

var frames = map[string]map[step]string{
	"de": {reminded: "Immer noch: ", resolved: "Behoben: "},
	"en": {reminded: "Still: ", resolved: "Resolved: "},
}

var (
	testWords   = map[string]said{"de": {"Probe", "So kommen Meldungen von hilft an. Es ist nichts zu tun."}, "en": {"Test", "This is how alerts of hilft arrive. There is nothing to do."}}
	neverWords  = map[string]string{"de": "Es gibt noch keine Sicherung", "en": "There is no backup yet"}
	solvedWords = map[string]string{"de": "Es ist nichts mehr zu tun.", "en": "There is nothing left to do."}
)

// words are the title and the text of a message.
func words(language string, s step, f Finding) (title, text string) {
	if texts[language] == nil {
		language = "en"
	}
	if s == tried {
		return testWords[language].what, testWords[language].act
	}
	w := texts[language][f.Condition]
	if f.Condition == NoBackup && f.Seconds == 0 {
		w.what = neverWords[language]
	}
	fill := strings.NewReplacer("{name}", oneLine(f.Name), "{count}", fmt.Sprint(f.Count), "{time}", lasting(language, time.Duration(f.Seconds)*time.Second), "{size}", fmt.Sprintf("%d MB", f.Bytes>>20))
	title = frames[language][s] + fill.Replace(w.what)
	if s == resolved {
		return title, solvedWords[language]
	}
	return title, fill.Replace(w.act)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// lasting is a span of time in its largest unit.
func lasting(language string, d time.Duration) string {
	units := map[string][3]string{"de": {"min", "h", "Tagen"}, "en": {"min", "h", "days"}}[language]
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d %s", int(d/(24*time.Hour)), units[2])
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d %s", int(d/time.Hour), units[1])
	}
	return fmt.Sprintf("%d %s", int(d/time.Minute), units[0])
}
