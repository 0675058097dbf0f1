// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

const (
	mediaMost   = 4         // files of a status
	imageMax    = 16 << 20  // bytes of a file
	describeMax = 1500      // characters of a description
	uploadsKept = 200       // files that wait for a status
	uploadMax   = 17 << 20  // bytes of a request that brings a file
	memoryMax   = uploadMax // of it that is read at once
)

// mediaTypes are what is taken, and what the API calls it.
var mediaTypes = map[string]string{
	"image/jpeg": "image", "image/png": "image", "image/gif": "gifv", "image/webp": "image", "video/mp4": "video", "audio/mpeg": "audio",
}

// upload is a file that waits for its status.
type upload struct {
	id    int64
	by    *account
	file  Attachment
	waits int // how often it is asked for before it is ready
}

func (s *Server) createMedia(w http.ResponseWriter, r *http.Request, c caller) {
	if err := r.ParseMultipartForm(memoryMax); err != nil {
		refuse(w, http.StatusBadRequest, "The request cannot be read")
		return
	}
	file, head, err := r.FormFile("file")
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: File can't be blank")
		return
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(file)
	if err != nil {
		refuse(w, http.StatusBadRequest, "The request cannot be read")
		return
	}
	kind := mediaTypes[http.DetectContentType(data)]
	description := r.FormValue("description")
	switch {
	case kind == "":
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: File content type is invalid, File is invalid")
		return
	case len(data) > imageMax:
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: File file size must be less than 16 MB")
		return
	case clusters(description) > describeMax:
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: Description is too long (maximum is 1500 characters)")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &upload{id: s.w.nextID(), by: c.account, waits: s.opt.MediaWaits, file: Attachment{Type: kind, Description: description, Name: head.Filename, Data: data}}
	u.file.URL = s.public() + "/system/media_attachments/" + idText(u.id)
	s.w.uploads = append(s.w.uploads, u)
	if len(s.w.uploads) > uploadsKept {
		s.w.uploads = slices.Delete(s.w.uploads, 0, 1)
	}
	code := http.StatusOK
	if u.waits > 0 {
		code = http.StatusAccepted
	}
	answerWith(w, code, u.json())
}

func (s *Server) getMedia(w http.ResponseWriter, r *http.Request, c caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.w.upload(idOf(r.PathValue("id")), c.account)
	if u == nil {
		refuse(w, http.StatusNotFound, "Record not found")
		return
	}
	code := http.StatusOK
	if u.waits > 0 {
		u.waits--
		code = http.StatusPartialContent
	}
	answerWith(w, code, u.json())
}

// servePicture shows a file that was uploaded to those who look at the pages.
func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.w.posts {
		for _, f := range p.files {
			if strings.HasSuffix(f.URL, r.URL.Path) && f.Data != nil {
				w.Header().Set("Content-Type", http.DetectContentType(f.Data))
				w.Header().Set("X-Content-Type-Options", "nosniff")
				_, _ = w.Write(f.Data)
				return
			}
		}
	}
	s.nothingPage(w)
}

func (u *upload) json() mediaJSON {
	j := mediaOf(u.id, u.file)
	if u.waits > 0 {
		j.URL = nil
	}
	return j
}

func mediaOf(id int64, f Attachment) mediaJSON {
	m := mediaJSON{ID: idText(id), Type: f.Type, URL: &f.URL, PreviewURL: f.URL}
	if f.Description != "" {
		m.Description = &f.Description
	}
	return m
}

func (w *world) upload(id int64, by *account) *upload {
	for _, u := range w.uploads {
		if u.id == id && u.by == by {
			return u
		}
	}
	return nil
}

// attach takes the files that a status names. What it does not take, it says.
func (s *Server) attach(ids []string, by *account) (files []Attachment, wrong string) {
	if len(ids) > mediaMost {
		return nil, "Cannot attach more than 4 files"
	}
	for _, id := range ids {
		u := s.w.upload(idOf(id), by)
		switch {
		case u == nil:
			return nil, "Media attachments could not be found"
		case u.waits > 0:
			return nil, "Cannot attach files that have not finished processing. Try again in a moment!"
		}
		files = append(files, u.file)
	}
	return files, ""
}
