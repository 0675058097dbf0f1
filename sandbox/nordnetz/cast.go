// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

// Cast is everybody in the story.
func Cast() []Customer {
	return []Customer{
		// The outage in Kiel-Gaarden.
		{
			Key: "birte", Name: "Birte Hansen", Mail: "birte.hansen@foerde-post.example",
			Thanks: "Danke, dass Sie nicht wieder mit dem Neustart anfangen. Eben ist das Internet zurückgekommen, die DSL-Lampe leuchtet durchgehend. Ich lasse den Router jetzt in Ruhe.",
		},
		{
			Key: "jule", Name: "Jule Matthiesen", Handle: "jule", About: "Gaarden. Fahrrad, Siebdruck, zu viel Kaffee.",
			Thanks: "Danke für die klare Ansage! Dann plane ich den Abend ohne Netz und leih mir ein Buch aus.",
		},
		{
			Key: "mehmet", Name: "Mehmet Arslan", Mail: "kontakt@kiosk-am-ring.example",
			Thanks: "Vielen Dank für die schnelle Antwort. Das Kartengerät läuft leider immer noch nicht. Können Sie mich auf dem Laufenden halten, damit ich es den Kunden sagen kann?",
		},
		{
			Key: "ole", Name: "Ole Petersen", Handle: "ole_p", About: "Kiel. Segelt, wenn der Wind es zulässt.",
			Thanks: "Okay, wenigstens weiß ich jetzt, woran es liegt. Danke.",
		},
		{
			Key: "tom", Name: "Tom Whitfield", Mail: "tom.whitfield@harbourmail.example", English: true,
			Thanks: "Brilliant, thank you. I'll tell my team I'm on the phone hotspot until then.",
		},
		{
			Key: "aylin", Name: "Aylin Kaya", Handle: "aylin@fjordfunk.example", About: "Pflege, Nachtschicht, Katzen.",
			Thanks: "Danke dir! Bei mir geht es wieder, seit eben gerade.",
		},
		{Key: "oskar", Name: "Oskar Reimers", Handle: "oskar_r", About: "Rentner mit Router."},
		{
			Key: "frauke", Name: "Frauke Jessen", Mail: "frauke.jessen@foerde-post.example",
			Thanks: "Ah, gut zu wissen. Dann warte ich ab und stecke nichts mehr um. Danke!",
		},
		{
			Key: "henrike", Name: "Dr. Henrike Sommerfeld", Mail: "praxis@sommerfeld-kinderaerztin.example",
			Thanks: "Danke für die Rückmeldung. Die Rufumleitung funktioniert, das rettet uns den Tag. Bitte melden Sie sich, sobald die Leitung selbst wieder steht.",
		},
		{
			Key: "pascal", Name: "Pascal Thoms", Mail: "werkstatt@thoms-zweirad.example",
			Thanks: "Alles klar, dann sag ich dem Lieferanten Bescheid. Danke für die ehrliche Auskunft.",
		},

		// Bills.
		{
			Key: "svenja", Name: "Svenja Brandt", Mail: "svenja.brandt@wolkenbrief.example",
			Thanks: "Danke, damit kann ich etwas anfangen. Wenn das Geld bis Ende der Woche zurück ist, ist für mich alles gut.",
		},
		{
			Key: "priya", Name: "Priya Nair", Mail: "priya.nair@harbourmail.example", English: true,
			Thanks: "Thank you for explaining it line by line. That was all I needed.",
		},
		{
			Key: "gerd", Name: "Gerd Lorenzen", Mail: "gerd.lorenzen@foerde-post.example",
			Thanks: "Das ist ein Wort. Danke.",
		},
		{
			Key: "katharina", Name: "Katharina Voss", Mail: "katharina.voss@wolkenbrief.example",
			Thanks: "Super, dann ist das ja doch ganz einfach. Danke fürs Nachsehen!",
		},

		// Praise, moving house, this and that.
		{
			Key: "hannelore", Name: "Hannelore Witt", Mail: "hannelore.witt@foerde-post.example",
			Thanks: "Das freut mich aber, dass Sie sich die Zeit für eine Antwort nehmen. Grüßen Sie Herrn Yildirim von mir und von Käthe, das ist der Dackel.",
		},
		{
			Key: "lindner", Name: "Familie Lindner", Mail: "lindner-familie@wolkenbrief.example",
			Thanks: "Prima, dann machen wir es so. Wir freuen uns schon auf den Garten und aufs Internet darin.",
		},
		{
			Key: "jonas", Name: "Jonas Behrens", Handle: "jonasb", About: "Schreibt Software, backt Brot.",
			Thanks: "Jetzt ist es angekommen. Danke, dass ihr drangeblieben seid!",
		},
		{
			Key: "nele", Name: "Nele Carstens", Handle: "nele_c", About: "Studiert in Flensburg.",
			Thanks: "Puh, danke für den Hinweis. Nächstes Mal denke ich vorher nach.",
		},
		{Key: "kabel", Name: "Kabelsalat Deluxe", Handle: "kabelsalat@schimpfwiese.example", About: "Ich sage nur, was alle denken."},
		{
			Key: "emil", Name: "Emil Johannsen", Mail: "emil.johannsen@wolkenbrief.example",
			Thanks: "Ha, es war wirklich das Häkchen. Läuft. Danke!",
		},
		{
			Key: "chiara", Name: "Chiara Bellini", Mail: "chiara.bellini@harbourmail.example", English: true,
			Thanks: "That is very clear, thank you so much! I will bring the student card on Monday.",
		},
		{
			Key: "margit", Name: "Margit Ohlsen", Mail: "margit.ohlsen@foerde-post.example",
			Thanks: "Danke schön. Mein Enkel hat mir gezeigt, wie man hier antwortet.",
		},
		{
			Key: "luca", Name: "Luca Hoppe", Handle: "luca_h", About: "Streamt alte Spiele, meistens schlecht.",
			Thanks: "Mit dem Kabel sind es jetzt 240. Okay, ihr hattet recht. Danke.",
		},
		{
			Key: "wiebke", Name: "Wiebke Asmussen", Handle: "wiebke@fjordfunk.example", About: "Lehrerin. Deich, Hund, Korrekturen.",
			Thanks: "Das nenne ich mal eine Antwort. Danke!",
		},
		{
			Key: "hinnerk", Name: "Hinnerk Clausen", Mail: "hinnerk.clausen@foerde-post.example",
			Thanks: "Das Fax ist durch. Alle sechs Seiten. Danke.",
		},
		{
			Key: "samira", Name: "Samira Haddad", Mail: "samira.haddad@wolkenbrief.example",
			Thanks: "Perfekt, hab ich gefunden. Bild ist da, Ton ist da, Popcorn ist auch da.",
		},
		{
			Key: "finn", Name: "Finn Okafor", Handle: "finn@harbour.example", English: true,
			About: "Moved north for the sea. Stayed for the rolls.", Thanks: "Good to know, cheers. I'll wait for the letter.",
		},
		{
			Key: "thies", Name: "Thies Brodersen", Mail: "t.brodersen@deichbau-brodersen.example",
			Thanks: "Bestätigt. Montag, sieben Uhr, jemand ist vor Ort.",
		},
		{
			Key: "marlies", Name: "Marlies Groth", Mail: "marlies.groth@foerde-post.example",
			Thanks: "Danke, das beruhigt mich. Ich habe den Brief ins Altpapier getan.",
		},
	}
}
