// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package people knows the customers: what each network calls them, and who they are.
//
// It promises that a person of one brand is never seen by another, and that two identities are never taken for one
// person by a name alone. The room owns the tables person and identity.
package people
