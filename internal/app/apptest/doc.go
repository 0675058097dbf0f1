// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package apptest runs the real house, the binary that people run, and drives it from outside: as its administrator and
// agents do over the JSON API, and as a network does with signed webhooks. Stories, kill tests and measurements share it.
//
// It knows of the house what the world knows: addresses, JSON, exit codes. It imports no room, so that what passes here
// passes for the people outside as well.
package apptest
