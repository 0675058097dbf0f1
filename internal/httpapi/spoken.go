// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/desk"
)

// spoken reads what a visitor of the chat has said before.
func (a *API) spoken(ctx context.Context, id hilft.AccountID, thread string, most int) ([]ChatWord, error) {
	all, err := a.Desk.Spoken(ctx, id, thread, most)
	if err != nil {
		return nil, err
	}
	words := make([]ChatWord, 0, len(all))
	for _, m := range all {
		w := ChatWord{ID: m.Remote, At: m.At, Text: m.Body}
		for _, f := range m.Files {
			w.Files = append(w.Files, channel.File{Name: f.Name, Type: f.Type, Size: f.Size, Alt: f.Alt, Hash: f.Hash})
		}
		words = append(words, w)
	}
	return words, nil
}

// visitorHref is where a visitor's browser, on a page of somebody else's, fetches a file of their conversation.
func (a *API) visitorHref(f channel.File) string {
	href := a.mediaHref(desk.File{Name: f.Name, Type: f.Type, Hash: f.Hash}, pass{})
	if a.MediaURL == "" {
		return a.PublicURL + href
	}
	return href
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(ctx) }
