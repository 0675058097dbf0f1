// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package mail

import "time"

// bound is how long a hostile mail may keep us busy.
const bound = 4 * time.Second // a quarter of it where the machine is its own
