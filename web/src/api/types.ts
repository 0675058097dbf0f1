// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// What the server says, under the names the app uses. This is the one file that knows where the types come from:
// schema.gen.ts is made from the API's own document by `npm run types`.

import type { components } from './schema.gen'

export type { paths } from './schema.gen'

type Said = components['schemas']

export type Me = Said['Me']
export type Language = Me['language']
export type Scheme = Me['scheme']
export type Visibility = Said['CaseRow']['visibility']
/** A list that every brand has. */
export type BuiltIn = keyof Said['CountsByView']
/** A list of the inbox as its address names it (inbox/look.ts): one that every brand has or a saved one, and what it is narrowed to. */
export type View = string
export type SavedView = Said['SavedView']
export type ViewBody = Said['ViewBody']
export type Filter = Said['Filter']
export type TogetherBody = Said['TogetherRequestBody']
export type Took = Said['Took']
export type Words = Record<string, string>

export type SignInState = Said['SignIn']
export type Passkey = Said['Passkey']
export type PushKind = Said['Push']['kinds'][number]
export type Door = Said['Door']
export type Bond = Said['Bond']
export type Provider = Said['Provider']
export type ProviderBody = Said['SetProviderRequestBody']
export type Grant = Said['Grant']
export type InvitationBody = Said['InviteRequestBody']
export type Webhook = Said['Webhook']
export type WebhookBody = Said['WebhookBody']
export type Deliveries = Said['DeliveryList']
export type Trail = Said['Trail']
export type TrailEntry = Said['TrailEntry']
export type TokenBody = Said['MakeTokenRequestBody']
export type Scope = TokenBody['scopes'][number]
export type NewApp = Said['Totp']
export type Letters = Said['Letters']
export type Agent = Said['Agent']
export type Colleague = Said['Colleague']
export type Staff = Said['Staff']
export type Role = Exclude<Said['Workplace']['role'], ''>
export type BrandBody = Pick<Said['Brand'], 'name' | 'language' | 'answer_in'>
export type AccountRef = Said['AccountRef']

export type SearchPage = Said['SearchPage']
export type SearchHit = Said['SearchHit']

export type CaseRow = Said['CaseRow']
export type Tag = Said['Tag']
export type Priority = CaseRow['priority']
export type ActedRow = Said['Acted']
export type InboxPage = Said['InboxPage']
export type Message = Said['Message']
export type Attached = Said['File']
export type CaseEvent = Said['Event']
export type Limits = Said['Limits']
export type Way = Said['Way']
export type Person = Said['Person']
export type DidPerson = Said['Did']
export type Identity = Said['Identity']
export type PersonLink = Said['HumanLink']
export type PersonNote = Said['PersonNote']
export type Consent = Said['Consent']
export type Company = Said['Business']
export type EarlierCase = Said['EarlierCase']
export type Case = Said['Case']
export type SharedDraft = Said['Draft']

export type Description = Said['Network']
export type Field = Said['Field']
export type Account = Said['Account']
export type AccountBody = Said['ConnectRequestBody']
export type Health = Said['Health']
export type ReplyBody = Said['ReplyRequestBody']
export type Watch = Said['Watch']
export type TargetBody = Said['TargetRequestBody']

export type ServiceBody = Said['Service']
export type ServiceAnswer = Said['ServiceAnswer']
export type Span = Said['Span']
export type Trade = ServiceAnswer['trades'][number]
