// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// Mail has no conversations of its own, so we name them: a thread is a hash of the Message-ID of its first mail and of who
// wrote it, short enough to travel in every Message-ID of ours and in a plus address. Together with a MAC under the
// account's key it is a token: whoever sends it back in References has had a mail of ours from this conversation.
const (
	threadPrefix = "m-"
	threadSize   = 16
	keySize      = 10
	macSize      = 10
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// threadBegun names the conversation that somebody began with a mail. It is the author's own: anybody can name the mail of
// another as the one that they answer, and our answer to them brings a token, which must not be one for the conversation
// of the other.
func threadBegun(author, root string) string {
	return threadPrefix + letters.EncodeToString(hash("thread", author+"\x00"+root)[:threadSize])
}

// threadOf brings what the house calls a conversation into the form of our names. A name of ours stays as it is.
func threadOf(name string) string {
	if _, ok := threadBytes(name); ok {
		return name
	}
	return threadBegun("", name)
}

func threadBytes(thread string) ([]byte, bool) {
	text, ok := strings.CutPrefix(thread, threadPrefix)
	if !ok {
		return nil, false
	}
	b, err := letters.DecodeString(text)
	return b, err == nil && len(b) == threadSize
}

// messageID makes the Message-ID of the mail of ours that has this key, without brackets: the same on every attempt.
func messageID(secret []byte, thread, key, domain string) string {
	b, _ := threadBytes(threadOf(thread))
	b = append(bytes.Clone(b), hash("key", key)[:keySize]...)
	return "k." + letters.EncodeToString(append(b, sign(secret, "message-id", b)...)) + "@" + domain
}

// threadOfMessageID returns the conversation in a Message-ID that we made.
func threadOfMessageID(secret []byte, id string) (thread string, ok bool) {
	local, _, _ := strings.Cut(strings.ToLower(id), "@")
	token, ok := strings.CutPrefix(local, "k.")
	if !ok {
		return "", false
	}
	return verify(secret, "message-id", token, threadSize+keySize)
}

// replyAddress makes an address of ours that carries the token of a conversation. It is not ok when the address would be
// longer than mail allows (RFC 5321, section 4.5.3.1.1).
func replyAddress(secret []byte, thread, address string) (plus string, ok bool) {
	b, ok := threadBytes(threadOf(thread))
	local, domain, at := strings.Cut(address, "@")
	plus = local + "+k" + letters.EncodeToString(append(bytes.Clone(b), sign(secret, "reply-address", b)...))
	return plus + "@" + domain, ok && at && len(plus) <= 64
}

// threadOfAddress returns the conversation in an address that we made out of one of our own.
func threadOfAddress(secret []byte, own []string, address string) (thread string, ok bool) {
	local, domain, _ := strings.Cut(envelope(ownOf(own, address)), "@")
	token, ok := strings.CutPrefix(envelope(strings.ToLower(address)), local+"+k")
	if !ok {
		return "", false
	}
	token, ok = strings.CutSuffix(token, "@"+domain)
	if !ok {
		return "", false
	}
	return verify(secret, "reply-address", token, threadSize)
}

// loopMark is what our mails carry so that we know them again when somebody sends them back unread.
func loopMark(secret []byte, address string) string {
	return letters.EncodeToString(sign(secret, "loop", []byte(address)))
}

func verify(secret []byte, purpose, token string, size int) (thread string, ok bool) {
	b, err := letters.DecodeString(token)
	if err != nil || len(b) != size+macSize || len(secret) == 0 || !hmac.Equal(b[size:], sign(secret, purpose, b[:size])) {
		return "", false
	}
	return threadPrefix + letters.EncodeToString(b[:threadSize]), true
}

func sign(secret []byte, purpose string, data []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("hilft mail " + purpose + "\x00"))
	mac.Write(data)
	return mac.Sum(nil)[:macSize]
}

func hash(purpose, s string) []byte {
	sum := sha256.Sum256([]byte("hilft mail " + purpose + "\x00" + s))
	return sum[:]
}
