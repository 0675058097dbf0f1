// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package app puts the house together: it reads the settings, opens the rooms from the ground up, and closes them the
// other way round. It is the only room that knows all the others.
package app
