// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"strings"
)

// What is the name of an act: its group, a dot, and what was done. They are stored, and so never change.
type What string

const (
	SignedIn       What = "session.signed_in"
	SignInFailed   What = "session.failed"
	SignedOut      What = "session.signed_out"
	SessionEnded   What = "session.ended"
	SessionsEnded  What = "session.all_ended"
	PushOn         What = "session.push_on"
	PushOff        What = "session.push_off"
	ProofFailed    What = "session.proof_failed" // whoever sat at an open desk did not know its agent's password
	PasswordSet    What = "password.changed"
	PasswordGiven  What = "password.given"
	PasswordLink   What = "password.link_made"
	PasswordReset  What = "password.reset"
	AppAdded       What = "second_step.app_added"
	AppRemoved     What = "second_step.app_removed"
	PasskeyAdded   What = "second_step.passkey_added"
	PasskeyRemoved What = "second_step.passkey_removed"
	CodesRenewed   What = "second_step.codes_renewed"
	SecondRemoved  What = "second_step.removed"
	TokenMade      What = "token.made"
	TokenRevoked   What = "token.revoked"

	BondMade        What = "provider.bond_made"
	BondEnded       What = "provider.bond_ended"
	ProviderAdded   What = "provider.added"
	ProviderChanged What = "provider.changed"
	ProviderRemoved What = "provider.removed"
	OwnSignInSet    What = "provider.own_sign_in_set"

	AgentAdded      What = "agent.added"
	AgentInvited    What = "agent.invited"
	InviteLink      What = "agent.link_made"
	InviteWithdrawn What = "agent.invitation_withdrawn"
	AgentJoined     What = "agent.joined"
	AgentClosed     What = "agent.closed"
	RoleSet         What = "agent.role_set"

	HouseSetUp     What = "house.set_up"
	SessionLimits  What = "house.session_limits_set"
	SecondRoles    What = "house.second_step_roles_set"
	WatchLimits    What = "house.watch_limits_set"
	TargetAdded    What = "house.alert_target_added"
	TargetRemoved  What = "house.alert_target_removed"
	WorkRevived    What = "house.work_revived"
	WorkDiscarded  What = "house.work_discarded"
	HouseBackedUp  What = "house.backed_up"
	HouseRestored  What = "house.restored"
	HouseUpgraded  What = "house.upgraded"
	TrailExported  What = "house.trail_exported"
	BrandAdded     What = "brand.added"
	BrandChanged   What = "brand.changed"
	LettersChanged What = "brand.letters_changed"
	ServiceChanged What = "brand.service_changed"
	TaggingSet     What = "brand.tagging_set"
	TagRenamed     What = "brand.tag_renamed"
	TagRemoved     What = "brand.tag_removed"
	ViewShared     What = "brand.view_shared"
	ViewChanged    What = "brand.view_changed"
	ViewRemoved    What = "brand.view_removed"
	DoneTogether   What = "brand.done_together" // with many cases at once

	ReplyWithdrawn What = "reply.withdrawn"

	AccountConnected What = "account.connected"
	AccountChanged   What = "account.changed"
	AccountPaused    What = "account.paused"
	AccountResumed   What = "account.resumed"
	AccountRemoved   What = "account.removed"
	CanarySet        What = "account.canary_set"
	DeliveryRetried  What = "account.delivery_retried"
	DeliveryAside    What = "account.delivery_set_aside"

	WebhookAdded    What = "webhook.added"
	WebhookChanged  What = "webhook.changed"
	WebhookOn       What = "webhook.switched_on"
	WebhookOff      What = "webhook.switched_off"
	WebhookRenewed  What = "webhook.secret_renewed"
	WebhookReplayed What = "webhook.replayed"
	WebhookRemoved  What = "webhook.removed"

	PeopleLinked      What = "person.linked"
	PeopleParted      What = "person.parted"
	LinkDismissed     What = "person.link_dismissed"
	LinkUndone        What = "person.link_undone"
	CodeGiven         What = "person.code_given"
	PersonNoteRemoved What = "person.note_removed"
	ConsentWritten    What = "person.consent_written"
	CompanySet        What = "person.company_set"
	CompanyNamed      What = "person.company_named"

	CaseRead     What = "read.case"
	PersonRead   What = "read.person"
	MediaRead    What = "read.media"
	DeliveryRead What = "read.delivery"
)

// Whats are all of them.
var Whats = []What{
	SignedIn, SignInFailed, SignedOut, SessionEnded, SessionsEnded, PushOn, PushOff, ProofFailed, PasswordSet, PasswordGiven, PasswordLink, PasswordReset,
	AppAdded, AppRemoved, PasskeyAdded, PasskeyRemoved, CodesRenewed, SecondRemoved, TokenMade, TokenRevoked,
	ProviderAdded, ProviderChanged, ProviderRemoved, BondMade, BondEnded, OwnSignInSet,
	AgentAdded, AgentInvited, InviteLink, InviteWithdrawn, AgentJoined, AgentClosed, RoleSet,
	HouseSetUp, SessionLimits, SecondRoles, WatchLimits, TargetAdded, TargetRemoved, WorkRevived, WorkDiscarded, HouseBackedUp, HouseRestored, HouseUpgraded, TrailExported,
	BrandAdded, BrandChanged, LettersChanged, ServiceChanged, TaggingSet, TagRenamed, TagRemoved, ViewShared, ViewChanged, ViewRemoved, DoneTogether, ReplyWithdrawn,
	AccountConnected, AccountChanged, AccountPaused, AccountResumed, AccountRemoved, CanarySet, DeliveryRetried, DeliveryAside,
	WebhookAdded, WebhookChanged, WebhookOn, WebhookOff, WebhookRenewed, WebhookReplayed, WebhookRemoved,
	PeopleLinked, PeopleParted, LinkDismissed, LinkUndone, CodeGiven, PersonNoteRemoved, ConsentWritten, CompanySet, CompanyNamed,
	CaseRead, PersonRead, MediaRead, DeliveryRead,
}

// Group is the part of a name before the dot.
func (w What) Group() string {
	group, _, _ := strings.Cut(string(w), ".")
	return group
}

// reading is the group of what was read.
const reading = "read"

// Groups are all groups, in their order.
func Groups() (all []string) {
	for _, w := range Whats {
		if !slices.Contains(all, w.Group()) {
			all = append(all, w.Group())
		}
	}
	return all
}
