// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package hilft

import (
	"fmt"
	"runtime"
)

// Panicked is what may be said of a recovered panic: the language's own words, else only of what type it was, for it may
// hold what people wrote.
func Panicked(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}
