// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// canaryHeader bears the mark of a sign of life.
const canaryHeader = "X-Hilft-Canary"

// headMost is how many bytes of a mail are searched for that header.
const headMost = 64 << 10

// SendCanary sends a mail to our own address. It stays in the mailbox, where the provider's rules may remove it by its
// subject: we delete nothing.
func (l *line) SendCanary(ctx context.Context, mark string) error {
	sending, end, err := l.begin(ctx, sendFor)
	if err != nil {
		return err
	}
	defer end()
	if err := l.submit(sending, l.canary(mark)); err != nil {
		return fmt.Errorf("mail: canary: %w", err)
	}
	return nil
}

func (l *line) canary(mark string) message {
	from := envelope(l.set.address)
	var b bytes.Buffer
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	line("From", addressLine(l.set.name, from))
	line("To", addressLine(l.set.name, from))
	line("Subject", "hilft canary")
	line("Date", l.env.Now().Format(time.RFC1123Z))
	_, domain, _ := bytes.Cut([]byte(from), []byte("@"))
	line("Message-ID", "<canary."+hilft.NewID()+"@"+string(domain)+">")
	line("Auto-Submitted", "auto-generated")
	line(loopHeader, loopMark(l.acc.Key, l.set.address))
	line(canaryHeader, mark)
	line("MIME-Version", "1.0")
	writeText(&b, "plain", "hilft sends this mail to itself to see that mail arrives. It may be deleted.\n")
	return message{from: from, to: from, raw: b.Bytes()}
}

// CanaryIn reads the mark from a mail's header.
func (Connector) CanaryIn(raw channel.Raw) string {
	head := raw.Body[:min(len(raw.Body), headMost)]
	if raw.Kind != kindMail || !bytes.Contains(head, []byte(canaryHeader)) {
		return ""
	}
	m, err := mail.ReadMessage(bytes.NewReader(head))
	if err != nil {
		return ""
	}
	return m.Header.Get(canaryHeader)
}
