// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package channeltest is the conformance suite that every connector passes: what the page of package channel promises,
// as tests. A connector's test writes a stand-in of its network as a Network and calls
//
//	channeltest.Run(t, func(t testing.TB) channeltest.Network { return newStandIn(t) })
//
// Every sentence of the contract is a subtest of its own, against a stand-in of its own, and its failure says which
// sentence is broken. What a network does not have is skipped: by its Description, by its Features, or by a Fault that
// it cannot have. The suite decides nothing about how a network's data reads; that is for the connector's own tests,
// over recorded data.
package channeltest
