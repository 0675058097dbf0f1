// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// What the server says, under the names the app uses. This is the one file that knows where the types come from:
// schema.gen.ts is made from the API's own document by `npm run types`. Corrected here is only what the document
// leaves out: which things may be null, and the fields that a case shares with its row and a colleague with an agent.

import type { components } from './schema.gen'

export type { paths } from './schema.gen'

type Said = components['schemas']
type Corrected<T, C> = Omit<T, keyof C> & C

export type Me = Said['Me']
export type Language = Me['language']
export type Scheme = Me['scheme']
export type Visibility = Said['CaseRow']['visibility']
export type View = keyof Said['CountsByView']
export type Words = Record<string, string>

export type Agent = Said['Agent']
export type Colleague = Agent & Said['Colleague']
export type AccountRef = Said['AccountRef']

export type CaseRow = Corrected<Said['CaseRow'], { agent: Agent | null }>
export type InboxPage = Corrected<Said['InboxPage'], { cases: CaseRow[] }>
export type Message = Corrected<Said['Message'], { agent: Agent | null; author: Said['Author'] | null }>
export type Attached = Said['File']
export type CaseEvent = Corrected<Said['Event'], { agent: Agent | null; data: Record<string, string> | null }>
export type Limits = Said['Limits']
export type Way = Corrected<Said['Way'], { caution: Words | null; limits: Limits | null }>
export type Person = Said['Person']
export type EarlierCase = Said['EarlierCase']
export type Case = Omit<CaseRow, 'person'> & Corrected<Said['Case'], { messages: Message[]; events: CaseEvent[]; ways: Way[]; person: Person }>

export type Description = Said['Network']
export type Field = Said['Field']
export type Account = Said['Account']
export type AccountBody = Said['ConnectRequestBody']
export type Health = Said['Health']
export type ReplyBody = Said['ReplyRequestBody']
