// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"maps"
	"slices"

	"github.com/hilft/hilft"
)

// Role is what somebody is here: in the house, or in one brand.
type Role string

const (
	// RoleAdministrator is of the house: they run it, and are leads in every brand.
	RoleAdministrator Role = "administrator"
	// RoleMember is of the house too: what they may do each brand says for itself, by one of the roles below.
	RoleMember Role = "member"

	RoleLead     Role = "lead"     // does what agents do, and sees to the brand's letters and to what could not be read
	RoleAgent    Role = "agent"    // answers customers
	RoleReviewer Role = "reviewer" // reads, and writes notes for those who answer
	RoleReader   Role = "reader"   // reads
)

// BrandRoles are those that somebody can have in a brand, who may do most first.
var BrandRoles = []Role{RoleLead, RoleAgent, RoleReviewer, RoleReader}

// Right is something that not everybody may do in a brand.
type Right string

const (
	Read Right = "read" // see its cases, its people and the state of its accounts
	Note Right = "note" // write for colleagues
	Work Right = "work" // answer, assign, solve
	Lead Right = "lead" // see to its letters, and to deliveries that could not be read
)

// Rights are all of them.
var Rights = []Right{Read, Note, Work, Lead}

// rights says what a role may do in a brand. Who is not in it may do nothing.
var rights = map[Role][]Right{
	RoleAdministrator: {Read, Note, Work, Lead},
	RoleLead:          {Read, Note, Work, Lead},
	RoleAgent:         {Read, Note, Work},
	RoleReviewer:      {Read, Note},
	RoleReader:        {Read},
}

// Rights are what the role allows in a brand.
func (r Role) Rights() []Right { return slices.Clone(rights[r]) }

// Sight is what somebody sees of the house, and what they may do there: their role in every brand. It is taken anew for
// every request. The zero Sight sees nothing.
type Sight struct {
	Agent hilft.AgentID
	all   bool // an administrator
	roles map[hilft.BrandID]Role
}

// Sight is what the agent sees, as their roles were when they were read. Who has left sees nothing.
func (a Agent) Sight() Sight {
	if !a.ClosedAt.IsZero() {
		return Sight{Agent: a.ID}
	}
	return Sight{Agent: a.ID, all: a.Role == RoleAdministrator, roles: a.Roles}
}

// House is the sight of hilft itself and of its tools: all brands, and nobody's name under what is done.
func House() Sight { return Sight{all: true} }

// Role is what somebody is in a brand; empty: nothing, they do not see it.
func (s Sight) Role(b hilft.BrandID) Role {
	if s.all {
		return RoleAdministrator
	}
	return s.roles[b]
}

// May tells whether they may do something in a brand.
func (s Sight) May(b hilft.BrandID, r Right) bool { return slices.Contains(rights[s.Role(b)], r) }

// MaySomewhere tells whether they may do something in any brand.
func (s Sight) MaySomewhere(r Right) bool {
	if s.all {
		return true
	}
	return slices.ContainsFunc(slices.Collect(maps.Values(s.roles)), func(in Role) bool { return slices.Contains(rights[in], r) })
}

// Demand returns nil where they may do something in a brand. Where they do not see the brand it returns unseen, which says
// that what was asked for is not there; else Forbidden (access.not_your_role).
func (s Sight) Demand(b hilft.BrandID, r Right, unseen error) error {
	switch {
	case s.May(b, r):
		return nil
	case !s.May(b, Read):
		return unseen
	}
	return hilft.Fail(hilft.Forbidden, "access.not_your_role", nil)
}
