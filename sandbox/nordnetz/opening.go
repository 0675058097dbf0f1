// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import (
	"time"

	"github.com/hilft/hilft/sandbox/mail"
)

// past is what has been said when the story begins.
func past() []Word {
	return []Word{
		{
			Key: "doppelt", By: "svenja", On: Mail, Ago: 118 * time.Minute, Subject: "Doppelt abgebucht: Rechnung November",
			Files: []mail.File{{Name: "Rechnung-November.pdf", Type: "application/pdf", Data: bill()}},
			Text: `Guten Tag,

am {-3} haben Sie 44,90 € von meinem Konto abgebucht und am {-2} noch einmal 44,90 €. Auf der Rechnung (hängt an) steht der Betrag aber nur einmal, und ich habe auch nur einen Vertrag bei Ihnen.

Weil in der Woche auch die Miete abgeht, ist mein Konto jetzt im Minus und die Bank nimmt dafür Zinsen. Ich möchte die zweite Abbuchung zurück, ohne dass ich dafür erst zur Bank muss.

Mit freundlichen Grüßen
Svenja Brandt

Am {-5} schrieb Nordnetz Rechnungen <rechnung@nordnetz.example>:
> Guten Tag Svenja Brandt,
>
> Ihre Rechnung für November liegt bereit. Den Betrag von 44,90 €
> ziehen wir in den nächsten Tagen von Ihrem Konto ein.
>
> Ihr Nordnetz
`,
		},
		{
			Key: "router", By: "birte", On: Mail, Ago: 97 * time.Minute, Subject: "Kein Internet seit gestern Abend, Router schon zweimal zurückgesetzt",
			Files: []mail.File{{Name: "router.png", Type: "image/png", Data: photo()}},
			Text: `Hallo,

seit gestern Abend geht bei uns nichts mehr (Kiel-Gaarden, Altbau, dritter Stock). Damit wir uns das Hin und Her sparen, hier gleich, was ich schon gemacht habe:

- Router zweimal auf Werkseinstellungen gesetzt und neu eingerichtet
- das Kabel zur Dose getauscht, auch gegen ein ganz neues
- alles zehn Minuten vom Strom genommen
- an der zweiten Dose im Flur probiert

Die DSL-Lampe blinkt die ganze Zeit, ein Foto hängt an. Bitte schicken Sie mir nicht noch einmal die Anleitung zum Neustart, die kann ich inzwischen auswendig. Ich arbeite von zu Hause und brauche eine Aussage, woran es liegt und bis wann.

Viele Grüße
Birte Hansen
`,
		},
		{
			Key: "kiosk", By: "mehmet", On: Mail, Ago: 81 * time.Minute, Subject: "Kartenzahlung geht nicht, Geschäftskunde",
			Text: `Sehr geehrte Damen und Herren,

in meinem Kiosk am Vinetaplatz ist seit heute früh das Internet weg und damit auch das Kartengerät. Die Hälfte meiner Kunden zahlt mit Karte. Ich habe den Geschäftstarif mit acht Stunden Entstörung, deshalb meine Frage: Läuft die Frist schon, oder muss ich die Störung irgendwo extra melden?

Mit freundlichen Grüßen
Mehmet Arslan
Kiosk am Ring
`,
		},
		{
			Key: "lob", By: "hannelore", On: Mail, Ago: 66 * time.Minute, Subject: "Ein Lob für Ihren Techniker Herrn Yildirim",
			Text: `Liebes Nordnetz,

man schreibt ja meistens nur, wenn etwas nicht geht. Heute ist es anders: Ihr Herr Yildirim war gestern bei mir und hat nicht nur die Dose gesetzt, sondern mir auch noch in Ruhe gezeigt, wie ich meine Tochter mit Bild anrufe. Er hat die Schuhe ausgezogen und den Dackel gekrault.

Bitte sagen Sie ihm das weiter, am besten vor seinem Chef.

Ihre Hannelore Witt (83)
`,
			HTML: `<div style="font-family:Georgia,serif;font-size:17px"><p>Liebes Nordnetz,</p><p>man schreibt ja meistens nur, wenn etwas <em>nicht</em> geht. Heute ist es anders: Ihr <b>Herr Yildirim</b> war gestern bei mir und hat nicht nur die Dose gesetzt, sondern mir auch noch in Ruhe gezeigt, wie ich meine Tochter mit Bild anrufe. Er hat die Schuhe ausgezogen und den Dackel gekrault.</p><p>Bitte sagen Sie ihm das weiter, am besten vor seinem Chef.</p><p style="color:#7a3b69">Ihre Hannelore Witt (83)</p></div>`,
		},
		{
			Key: "vertrag", By: "katharina", On: Mail, Ago: 58 * time.Minute, Subject: "Wann endet mein Vertrag?",
			Text: `Hallo zusammen,

ich finde in den Unterlagen zwei verschiedene Daten für das Ende der Laufzeit. Könnt ihr mir sagen, welches stimmt und bis wann ich Bescheid geben müsste, wenn ich in einen kleineren Tarif wechseln will?

Danke und liebe Grüße
Katharina
`,
		},
		{
			Key: "gaarden", By: "jule", On: Toot, Ago: 53 * time.Minute,
			Text: "@nordnetz Moin, ist in Kiel-Gaarden was kaputt? Bei uns im Haus hat seit heute Morgen niemand mehr Internet, und die Nachbarn gegenüber winken auch schon mit ihren Routern aus dem Fenster.",
		},
		{
			Key: "troll", By: "kabel", On: Toot, Ago: 49 * time.Minute,
			Text: "@nordnetz na, wieder alle in der kaffeepause?? mein toaster hat besseren empfang als euer netz. drecksladen. #nordnetz #neuland",
		},
		{
			Key: "lieferung", By: "jonas", On: Toot, Ago: 44 * time.Minute,
			Text: "@nordnetz Vor zwei Wochen Router bestellt, laut Sendungsverfolgung liegt er seit neun Tagen „in der Region“. Welche Region denn, die Antarktis? Langsam bräuchte ich den.",
		},
		{
			Key: "ole1", By: "ole", On: Toot, Ago: 38 * time.Minute, After: "gaarden",
			Text: "@nordnetz @jule Hier auch, Ecke Kaiserstraße. Seit heute früh tot, Telfon auch.",
		},
		{
			Key: "twice", By: "priya", On: Mail, Ago: 34 * time.Minute, Subject: "Charged for a move I cancelled",
			Text: `Hello,

my November bill has a line "relocation service 59.95". I did ask about moving the contract in September, but I stayed in my flat after all and cancelled the appointment the same week. Nobody came, nothing was changed.

Could you please take that line off, or tell me what it was for? I would rather understand it than just stop the payment.

Kind regards,
Priya Nair
`,
		},
		{
			Key: "nacht", By: "aylin", On: Direct, Ago: 27 * time.Minute,
			Text: "@nordnetz@norden.example Hi, ich arbeite nachts und schlafe tagsüber, deshalb schreibe ich statt anzurufen. In der Medusastraße geht seit heute früh nichts mehr. Kann ich mein Datenvolumen am Handy irgendwie aufgestockt bekommen, bis es wieder läuft?",
		},
		{
			Key: "umzug", By: "lindner", On: Mail, Ago: 19 * time.Minute, Subject: "Umzug nach Preetz im übernächsten Monat",
			Text: `Guten Tag,

wir ziehen mit drei Kindern und viel zu vielen Kisten von Kiel nach Preetz. Zwei Fragen, bevor wir etwas falsch machen:

1. Können wir unseren Vertrag und die Rufnummer mitnehmen?
2. Im neuen Haus gibt es bisher nur eine alte Telefondose im Keller. Muss dafür jemand kommen, und wenn ja, wie lange vorher sollten wir uns melden?

Viele Grüße aus dem Kistenlager
Familie Lindner
`,
		},
		{
			Key: "nummer", By: "nele", On: Toot, Ago: 11 * time.Minute,
			Text: "@nordnetz Meine SIM-Karte lässt sich nicht freischalten, die Seite sagt immer nur „Fehler 7“. Meine Kundennummer ist NN-0000-4711, könnt ihr mal schauen?",
		},
	}
}

// arrivals are the chats that stand open when somebody opens the desk for the first time.
func arrivals() []Word {
	return []Word{
		{By: "tom", On: Chat, Text: "Hi there, is there an outage in Kiel-Gaarden? My line went down in the middle of a video call and I have another one in an hour."},
		{By: "frauke", On: Chat, Text: "Hallo, bei mir blinkt die DSL-Lampe. Muss ich da jetzt was umstecken oder liegt das an Ihnen? Ich wohne in der Elisabethstraße."},
		{By: "emil", On: Chat, Text: "Moin! Mein WLAN heißt nach dem Update plötzlich wieder NordBox-2G und das Passwort stimmt nicht mehr. Wo stelle ich das zurück?"},
	}
}
