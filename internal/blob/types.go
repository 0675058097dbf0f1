// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package blob

import (
	"bytes"
	"net/http"
	"strings"
)

// TypeOf tells what a file is from its first 512 bytes: a media type without parameters,
// "application/octet-stream" where nothing is known.
func TypeOf(head []byte) string {
	head = head[:min(len(head), sniffSize)]
	if t := boxType(head); t != "" {
		return t
	}
	t, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if strings.HasPrefix(t, "text/") && bytes.Contains(bytes.ToLower(head), []byte("<svg")) {
		return "image/svg+xml"
	}
	return t
}

// boxType knows the files that begin with a "ftyp" box (ISO 14496-12, section 4.3), of which the standard library
// knows those alone that call themselves mp4. The major brand decides; it is what the file was made as.
func boxType(head []byte) string {
	if len(head) < 12 || string(head[4:8]) != "ftyp" {
		return ""
	}
	switch brand := string(head[8:12]); brand {
	case "avif", "avis":
		return "image/avif"
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		return "image/heic"
	case "M4A ", "M4B ":
		return "audio/mp4"
	case "qt  ":
		return "video/quicktime"
	case "isom", "iso2", "iso4", "iso5", "iso6", "avc1", "mp41", "mp42", "M4V ", "dash":
		return "video/mp4"
	}
	return ""
}

// Displayable tells whether a browser may show a file of this type inside a page: pictures made of dots, films and
// sound, which hold nothing that runs. SVG, HTML, XML, PDF and everything else are for downloading.
func Displayable(mediaType string) bool {
	switch mediaType {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif",
		"video/mp4", "video/webm",
		"audio/mpeg", "audio/mp4", "audio/wave", "application/ogg":
		return true
	}
	return false
}
