// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package hilft

import "errors"

// Kind says what an error means for the one who asked. It is the only thing about an error that a machine may act on.
type Kind int

const (
	Internal        Kind = iota // our fault; the cause is in the log
	Invalid                     // the request makes no sense as it is
	NotFound                    // it does not exist, or the one who asks may not know that it does
	Conflict                    // it contradicts what has happened meanwhile
	Forbidden                   // signed in, but not allowed
	Unauthenticated             // not signed in, or the signature is wrong
	Unavailable                 // cannot be done right now; nothing was accepted
	TooLarge                    // bigger than we take
)

func (k Kind) String() string {
	return [...]string{"internal", "invalid", "not_found", "conflict", "forbidden", "unauthenticated", "unavailable", "too_large"}[k]
}

// Error is how meaning travels between rooms. Say is a message key that people may read in their language
// ("account.settings.port"); Field names the input it is about, if there is one. Err is the cause, for the log alone:
// nothing of it reaches the person who asked.
type Error struct {
	Kind  Kind
	Say   string
	Field string
	Err   error
}

func (e *Error) Error() string {
	s := e.Say
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Fail makes an error of a kind with a message key; cause may be nil.
func Fail(kind Kind, say string, cause error) error { return &Error{Kind: kind, Say: say, Err: cause} }

// FailField is Fail about one input field.
func FailField(kind Kind, say, field string, cause error) error {
	return &Error{Kind: kind, Say: say, Field: field, Err: cause}
}

// KindOf tells the kind of the first Error in the chain; Internal where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
