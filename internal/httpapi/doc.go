// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package httpapi is the door to the world: the JSON API that the browser app and everybody else uses, the live stream,
// the hooks of networks, the sockets of the website chat, media, and the pages themselves. It is the only room that
// knows HTTP.
//
// It promises:
//
//   - Every write may carry an Idempotency-Key; the same request with the same key is carried out once.
//   - Errors are problems (RFC 9457) with a message key; of their causes nothing leaves the house.
//   - A hook is answered with 200 only after what it brought is durable.
//   - What strangers sent us, their files and their HTML, is never given to a browser as a page of ours.
//
// The API's description is served at /api/openapi.json and kept beside this file; a test compares them.
package httpapi

//go:generate go test . -run TestOpenAPI -update
