// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package web holds the agents' browser app as files to serve. The app is built by `npm run build` into dist, which
// the repository keeps empty: a binary built before that has one page that says so.
//
// Beside every file that compresses well lie its .br and .gz twins. Files under assets/ carry a hash of their content
// in their names and never change; index.html does, and is the answer to every address of the app.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

//go:embed unbuilt/index.html
var unbuilt embed.FS

// Built reports whether the browser app is in this binary.
func Built() bool {
	_, err := fs.Stat(dist, "dist/index.html")
	return err == nil
}

// Files returns the app, with index.html at its root; not built, a page that says how to.
func Files() fs.FS {
	if Built() {
		return sub(dist, "dist")
	}
	return sub(unbuilt, "unbuilt")
}

func sub(files embed.FS, folder string) fs.FS {
	s, err := fs.Sub(files, folder)
	if err != nil {
		panic("web: " + err.Error()) // the folder is named in this file and embedded by the compiler
	}
	return s
}
