// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package web

import "embed"

//go:embed all:dist-widget
var distWidget embed.FS

// Widget returns the chat widget: one JavaScript function, to be called by what is written behind it with what
// everybody may see of an account. Nil where it was not built.
func Widget() []byte {
	script, err := distWidget.ReadFile("dist-widget/widget.js")
	if err != nil {
		return nil
	}
	return script
}
