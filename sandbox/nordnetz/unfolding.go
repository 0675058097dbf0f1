// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import "github.com/hilft/hilft/sandbox/mail"

// unfolding is what is said while somebody watches, in this order.
func unfolding() []Word {
	return []Word{
		{By: "ole", On: Toot, After: "ole1", Edit: true, Text: "@nordnetz @jule Hier auch, Ecke Kaiserstraße. Seit heute früh tot, Telefon auch. (Tippfehler bereinigt, Netz leider nicht.)"},
		{By: "oskar", On: Toot, Text: "@nordnetz In der Preetzer Straße ist das Internet weg. Ich sage es nur, falls Sie es noch nicht wissen."},
		{
			Key: "praxis", By: "henrike", On: Mail, Subject: "Praxis ohne Telefon und Internet, bitte dringend",
			Text: `Guten Tag,

unsere Kinderarztpraxis in Gaarden ist seit heute Morgen weder telefonisch noch per Internet erreichbar. Eltern stehen vor der Tür, weil sie niemanden ans Telefon bekommen. Der Router wurde von unserer Technikerin geprüft, er ist in Ordnung.

Können Sie unsere Nummer sofort auf ein Mobiltelefon umleiten? Das wäre im Moment wichtiger als alles andere.

Dr. Henrike Sommerfeld
`,
		},
		{By: "katharina", On: Chat, Text: "Hallo, ich hatte vorhin wegen meines Vertragsendes gemailt (katharina.voss). Ich sehe gerade, dass ihr einen Chat habt, das geht vielleicht schneller?"},
		{By: "jonas", On: Direct, Text: "@nordnetz Ich hatte eben öffentlich wegen des Routers geschrieben. Die Bestellnummer wollte ich da nicht reinsetzen: B-2291-KI, Lieferung an den Nachbarn wäre auch okay."},
		{By: "nele", On: Toot, After: "nummer", Delete: true},
		{By: "nele", On: Direct, Text: "@nordnetz Upps, die Kundennummer gehört wohl nicht ins Öffentliche, hab den Beitrag gelöscht. Fehler 7 beim Freischalten habe ich aber immer noch."},
		{By: "luca", On: Toot, Text: "@nordnetz 250 gebucht, 31 kommen an. Ich habe gemessen, morgens, mittags, abends. Zeichne ich euch auch gern als Kurve auf."},
		{By: "samira", On: Chat, Text: "Hallo 🙂 ich habe die neue TV-Box angeschlossen, der Fernseher sagt aber „kein Signal“. Heute ist Filmabend, die Gäste sind eingeladen …"},
		{By: "kabel", On: Toot, After: "troll", Text: "@nordnetz immer noch keine antwort lol. schreibt doch gleich dass ihr pleite seid"},
		{
			By: "gerd", On: Mail, Subject: "Techniker nicht gekommen, zum zweiten Mal",
			Text: `Guten Tag,

für gestern Vormittag war ein Techniker angekündigt. Ich habe mir dafür frei genommen. Gekommen ist niemand, angerufen hat auch niemand. Das war schon am {-9} so.

Ich möchte keinen Gutschein. Ich möchte einen Termin, der stattfindet, und jemanden, der mich anruft, falls er doch nicht stattfindet.

Gerd Lorenzen
`,
		},
		{
			By: "chiara", On: Mail, Subject: "Student contract without a German bank account?",
			Text: `Hello Nordnetz,

I start my semester in Kiel next month and would like the 50 plan for my room. My bank account is in Italy. Is that possible, and do I need to send a proof that I am a student before or after I sign?

Thank you!
Chiara
`,
		},
		{By: "pascal", On: Chat, Text: "Moin, Werkstatt Thoms hier. Haben Sie eine Uhrzeit für Gaarden? Ich muss sonst die Teile per Telefon bestellen und da geht nachmittags keiner mehr ran."},
		{By: "wiebke", On: Toot, Text: "@nordnetz@norden.example Ganze Klasse wartet auf den Film für den Geschichtsunterricht und unser Schulanschluss in Gaarden ist weg. Gibt es irgendwo eine Seite, auf der steht, was los ist und bis wann?"},
		{
			By: "marlies", On: Mail, Subject: "Ist dieser Brief von Ihnen?",
			Text: `Sehr geehrte Damen und Herren,

ich habe Post bekommen, dass mein Anschluss abgeschaltet wird, wenn ich nicht innerhalb von drei Tagen 189 € überweise. Oben steht Nordnetz, aber die Kontonummer ist im Ausland und mein Name ist falsch geschrieben. Ich bin unsicher und überweise erst einmal nichts.

Freundliche Grüße
Marlies Groth
`,
		},
		{By: "finn", On: Toot, Text: "@nordnetz@norden.example Does the 250 plan price go up after 12 months or after 24? The website says both, depending on where I click."},
		{By: "tom", On: Chat, Text: "Me again. It came back for two minutes and dropped. Just so you know it's not stable yet."},
		{
			By: "hinnerk", On: Mail, Subject: "Fax",
			Text: `Moin,

mein Fax geht seit der Umstellung nicht mehr. Ja, ich brauche das noch, das Amt will es so. Was muss ich einstellen?

Hinnerk Clausen
`,
		},
		{
			By: "birte", On: Mail, After: "router", Subject: "Re: Kein Internet seit gestern Abend, Router schon zweimal zurückgesetzt",
			Text: `Noch ein Nachtrag: Eine Nachbarin aus der Iltisstraße hat dasselbe Problem, an einem ganz anderen Router. Es liegt also ziemlich sicher nicht an meinem.

Birte Hansen
`,
		},
		{By: "margit", On: Mail, Subject: "Bitte keine Werbung mehr", Text: `Guten Tag,

ich bekomme jede Woche eine E-Mail mit Angeboten von Ihnen. Ich bin mit dem zufrieden, was ich habe. Bitte nehmen Sie mich aus der Liste, den kleinen Link unten kann ich leider nicht lesen.

Margit Ohlsen
`},
		{By: "oskar", On: Toot, Text: "@nordnetz So, in der Preetzer Straße läuft es wieder. Ich bedanke mich. Das Kreuzworträtsel habe ich in der Zwischenzeit auch fertig."},
		{
			By: "thies", On: Mail, Subject: "Anschluss Baustelle Deichtor, neuer Termin",
			HTML: `<p>Moin,</p><p>für die Baustelle brauchen wir den Anschluss eine Woche früher als bestellt:</p><table border="1" cellpadding="6" style="border-collapse:collapse"><tr><th align="left">Ort</th><th align="left">bestellt</th><th align="left">gebraucht</th></tr><tr><td>Container 1 (Büro)</td><td>übernächste Woche</td><td>nächste Woche Montag</td></tr><tr><td>Container 2 (Waage)</td><td>übernächste Woche</td><td>reicht so</td></tr></table><p>Geht das? Der Bagger steht sonst nicht im Weg, versprochen.</p><p>Thies Brodersen<br>Deichbau Brodersen</p>`,
			Text: `Moin,

für die Baustelle brauchen wir den Anschluss eine Woche früher als bestellt:

Container 1 (Büro): statt übernächster Woche schon nächste Woche Montag
Container 2 (Waage): reicht wie bestellt

Geht das? Der Bagger steht sonst nicht im Weg, versprochen.

Thies Brodersen
Deichbau Brodersen
`,
		},
		{By: "emil", On: Chat, Text: "Kleine Ergänzung: Das alte Passwort klebt unten auf der Box, das geht aber auch nicht."},
		{By: "jule", On: Toot, After: "gaarden", Text: "@nordnetz Zwischenstand aus dem Treppenhaus: immer noch nichts, dafür kennen sich jetzt alle Nachbarn. Wisst ihr schon mehr?"},
		{By: "samira", On: Chat, Text: "Habe den anderen HDMI-Anschluss probiert, da kommt wenigstens das Logo. Und dann wieder schwarz."},
		{
			By: "svenja", On: Mail, After: "doppelt", Subject: "Re: Doppelt abgebucht: Rechnung November",
			Text: `Guten Tag,

ich habe gerade noch einmal auf den Kontoauszug geschaut: Die zweite Abbuchung hat eine andere Mandatsnummer als die erste. Vielleicht hilft Ihnen das beim Suchen.

Svenja Brandt
`,
		},
		{By: "kabel", On: Toot, Text: "@nordnetz 1 von 5 sternen weil man keine 0 geben kann. glasfaser aus der steinzeit"},
		{By: "luca", On: Toot, Text: "@nordnetz Nachtrag: Das ist über WLAN gemessen, zwei Zimmer weiter. Zählt das trotzdem?"},
		{
			By: "henrike", On: Mail, After: "praxis", Subject: "Re: Praxis ohne Telefon und Internet, bitte dringend",
			Text: `Ergänzend: Die Umleitung bitte auf das Praxishandy, die Nummer liegt Ihnen im Kundenkonto vor. Ich möchte sie hier nicht noch einmal hinschreiben.

Dr. Sommerfeld
`,
		},
		{
			By: "priya", On: Mail, After: "twice", Subject: "Re: Charged for a move I cancelled",
			Text: `Hello again,

I found the confirmation of the cancellation and attached it. I hope that makes it easier.

Priya
`, Files: []mail.File{{Name: "cancellation.txt", Type: "text/plain; charset=utf-8", Data: []byte("Nordnetz, appointment desk\n\nWe have cancelled your relocation appointment. There is no charge.\n")}},
		},
		{By: "frauke", On: Chat, Text: "Jetzt leuchtet sie! Nein, doch nicht. Sie blinkt wieder."},
		{By: "aylin", On: Direct, Text: "@nordnetz@norden.example Noch eine Frage: Muss ich die Störung melden, damit mir die Tage gutgeschrieben werden, oder passiert das von allein?"},
		{By: "finn", On: Direct, Text: "@nordnetz@norden.example One more thing, privately: I signed up under my old surname. Is a copy of the marriage certificate enough to change it?"},
		{
			By: "mehmet", On: Mail, After: "kiosk", Subject: "Re: Kartenzahlung geht nicht, Geschäftskunde",
			Text: `Update: Vorhin ging es für ein paar Minuten, jetzt wieder nicht. Ich schreibe die Kunden an, die anschreiben lassen.

Mehmet Arslan
`,
		},
		{By: "ole", On: Toot, Text: "@nordnetz Kurz da, wieder weg. Wie der Sommer an der Förde."},
		{
			By: "lindner", On: Mail, After: "umzug", Subject: "Re: Umzug nach Preetz im übernächsten Monat",
			Text: `Noch etwas: Die Hausnummer in Preetz ist ein Neubau, den manche Karten noch nicht kennen. Falls Ihre Seite sagt, die Adresse gebe es nicht: doch, wir haben sie gesehen.

Familie Lindner
`,
		},
		{By: "katharina", On: Chat, Text: "Keine Eile übrigens, ich trinke nebenbei Tee."},
		{By: "chiara", On: Chat, Text: "Hello! I sent an e-mail before about the student contract. Can I also pay by card for the first month?"},
		{By: "wiebke", On: Toot, Text: "@nordnetz@norden.example Film gucken wir jetzt morgen, heute wird gelesen. Die Frage nach der Seite mit den Störungen bleibt."},
		{
			By: "thies", On: Mail, Subject: "Abwesenheit: Anschluss Baustelle Deichtor", Header: []string{"Auto-Submitted: auto-replied"},
			Text: "Moin,\n\nich bin auf der Baustelle und lese Mails erst abends. In dringenden Fällen hilft das Büro.\n\nThies Brodersen\n",
		},
		{By: "margit", On: Mail, Subject: "Noch eine Frage zum Telefonbuch", Text: `Guten Tag,

stehe ich eigentlich noch im Telefonbuch? Ich würde gern darin bleiben, meine Schulfreundinnen suchen mich sonst vergeblich.

Margit Ohlsen
`},
		{By: "pascal", On: Chat, Text: "Teile sind bestellt, hat geklappt. Wenn es nachher wieder läuft, reicht mir eine kurze Nachricht."},
		{By: "jonas", On: Toot, After: "lieferung", Text: "@nordnetz Update für alle, die mitfiebern: Das Paket ist jetzt in einer anderen Region. Immerhin, es lebt."},
		{By: "hannelore", On: Mail, Subject: "Noch etwas vergessen", Text: `Liebes Nordnetz,

in meinem Brief habe ich vergessen zu fragen, ob ich das Telefonieren mit Bild extra bezahlen muss. Meine Tochter sagt nein, aber sie sagt auch, dass Kuchen nicht dick macht.

Ihre Hannelore Witt
`},
	}
}
