// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Role } from '../api/types'

/** What somebody can be, who may do most first. An administrator is one in the whole house. */
export const roles: Role[] = ['administrator', 'lead', 'agent', 'reviewer', 'reader']
