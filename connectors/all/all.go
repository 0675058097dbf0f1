// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package all is the list of the networks that are built in. To add one is to add a line.
package all

import (
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/connectors/api"
	"github.com/hilft/hilft/connectors/mail"
	"github.com/hilft/hilft/connectors/mastodon"
	"github.com/hilft/hilft/connectors/webchat"
)

// Connectors returns one connector for every network, in the order in which administrators see them.
func Connectors() []channel.Connector {
	return []channel.Connector{
		mail.Connector{},
		webchat.New(),
		mastodon.Connector{},
		api.Connector{},
	}
}
