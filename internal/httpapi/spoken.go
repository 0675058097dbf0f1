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
)

// spoken reads what a visitor of the chat has said before.
func (a *API) spoken(ctx context.Context, id hilft.AccountID, thread string, most int) ([]ChatWord, error) {
	all, err := a.Desk.Spoken(ctx, id, thread, most)
	if err != nil {
		return nil, err
	}
	words := make([]ChatWord, 0, len(all))
	for _, m := range all {
		words = append(words, ChatWord{ID: m.Remote, At: m.At, Text: m.Body})
	}
	return words, nil
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(ctx) }
