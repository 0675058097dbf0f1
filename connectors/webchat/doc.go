// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package webchat is the connector for the chat on our own websites.
//
// # What works
//
// Visitors write in a small window on the shop's or the company's pages, and an agent answers by hand, in words of
// their own. A visitor who comes back in the same browser finds the conversation again. Everything is private: nobody
// but the visitor and the house reads it.
//
// # How to set it up
//
//  1. Name the addresses of the websites on which the chat may stand, one a line: https://shop.example.org. A site on
//     any other address cannot open the chat.
//
//  2. Put one line before </body> on their pages, with the address of this house and the id of the account:
//
//     <script async src="https://desk.example.org/chat/ACCOUNT/widget.js"></script>
//
//  3. A site with a content security policy allows this house in script-src, and in connect-src with https: and wss:.
//     The widget needs no inline script, no inline style, no eval, no images and no fonts.
//
// # What the visitor's browser keeps
//
// Before the visitor clicks the button: nothing, and nothing is loaded but the script itself. After it: one signed id,
// without which the visitor's own conversation could not be shown to them; their words until the conversation is known
// to have them; which message they have seen last; and the name and address that the visitor entered, if they did. All of it in localStorage; there are no
// cookies.
//
// # Limits
//
//   - A message has at most 4,000 characters. It may have five files of at most 10 MB each, in both
//     directions.
//   - A name or an e-mail address is what the visitor claims. Nothing proves it.
//   - Sent means stored in the visitor's mailbox. The widget tells when a message stood on the visitor's screen; nothing
//     tells whether they have read it.
//   - Who loses the browser's storage loses the way to the conversation; the house keeps it.
//
// # How it is built
//
// The network's server is this house: another room keeps the sockets, gives out the ids and stores what comes in. The
// connector knows how words read on the wire (Hear, Translate), how answers are written into the mailbox (Send) and
// which settings everybody may see (Front). It opens no connection of its own.
package webchat
