// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package mail

import "time"

// bound is how long a hostile mail may keep us busy; the race detector makes everything slower.
const bound = 15 * time.Second
