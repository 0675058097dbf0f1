// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// A desk and a shop for the widget's tests: the server's side of the wire, with faults, and pages on another origin
// with a strict content security policy.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

export const widget = readFileSync(new URL('../../dist-widget/widget.js', import.meta.url), 'utf8')

const listen = (server) =>
  new Promise((done) => server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}`)))

/** Takes a file, or refuses it, as the server does for a page of another origin. */
function takeFile(desk, req, res) {
  const cors = {
    'access-control-allow-origin': req.headers.origin ?? '',
    'access-control-allow-headers': 'Authorization, Content-Type',
    'content-type': 'application/json',
  }
  if (req.method === 'OPTIONS') return res.writeHead(204, cors).end()
  let size = 0
  req.on('data', (part) => (size += part.length))
  req.on('end', () => {
    if (desk.fileRefused) return res.writeHead(desk.fileRefused, cors).end('{}')
    const name = new URL(req.url, 'http://desk').searchParams.get('name')
    desk.files.push({ name, size, token: req.headers.authorization })
    res.writeHead(201, cors).end(JSON.stringify({ ticket: `ticket-${name}`, name, size }))
  })
}

export async function openDesk(front = {}) {
  const desk = {
    requests: [], // every request that reached the desk
    words: [], // what is stored: each word once, as a unique key does
    frames: [], // every frame that was heard
    messages: [],
    files: [], // what was put up
    fileRefused: 0, // the status with which files are refused
    sockets: new Set(),
    fault: '', // before: the word is lost with its socket; after: stored, then the socket breaks; mute: no answer at all
    away: undefined, // what a visitor is told of who answers
    refuse: null, // an error frame for the next words
    front: { brand: 'Nordnetz', accent: '#0b7a75', language: 'auto', ...front },
  }
  const server = createServer((req, res) => {
    desk.requests.push(req.url)
    if (req.url.startsWith('/chat/a1/files')) return takeFile(desk, req, res)
    if (req.url !== '/chat/a1/widget.js') return res.writeHead(404).end()
    res.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' })
    res.end(`${widget.trimEnd().replace(/;$/, '')}(${JSON.stringify(desk.front)});`)
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (req, socket, head) => {
    desk.requests.push(req.url)
    if (desk.fault === 'away') return socket.destroy()
    sockets.handleUpgrade(req, socket, head, (ws) => serve(desk, ws))
  })
  desk.origin = await listen(server)
  const tell = (ws, frame) => ws.send(JSON.stringify(frame))

  function serve(desk, ws) {
    let visitor
    ws.on('message', (data) => {
      const f = JSON.parse(data)
      desk.frames.push(f)
      if (f.t === 'hello') {
        if (f.token && !f.token.startsWith('token-')) {
          tell(ws, { t: 'error', code: 'token' })
          return ws.close(1008)
        }
        visitor = f.token || `token-${randomUUID()}`
        ws.visitor = visitor
        desk.sockets.add(ws)
        const said = f.last ? [] : desk.words.filter((w) => w.visitor === visitor).map(({ id, at, text }) => ({ id, at, text }))
        const messages = desk.messages.filter((m) => m.visitor === visitor && m.id > f.last)
        return tell(ws, { t: 'welcome', token: visitor, said, messages, away: desk.away })
      }
      if (f.t === 'typing' || f.t === 'shown') return
      if (desk.fault === 'mute') return
      if (desk.fault === 'before') return ws.terminate()
      if (desk.refuse) return tell(ws, { t: 'error', id: f.id, ...desk.refuse })
      let word = desk.words.find((w) => w.visitor === visitor && w.id === f.id)
      if (!word) {
        word = { ...f, visitor, at: new Date().toISOString() }
        desk.words.push(word)
      }
      if (desk.fault === 'after') return ws.terminate()
      tell(ws, { t: 'ack', id: f.id, at: word.at, away: desk.away })
    })
    ws.on('close', () => desk.sockets.delete(ws))
  }

  /** Puts a message into a visitor's mailbox and tells the pages that are there. */
  desk.answer = (text, visitor = desk.frames.findLast((f) => f.t === 'hello').token || [...desk.sockets][0]?.visitor) => {
    const m = { id: desk.messages.length + 7, visitor, at: new Date().toISOString(), body: { from: 'Nordnetz', text } }
    desk.messages.push(m)
    for (const ws of desk.sockets) if (ws.visitor === visitor) tell(ws, { t: 'message', ...m })
    return m
  }
  desk.writes = () => {
    for (const ws of desk.sockets) tell(ws, { t: 'typing' })
  }
  desk.again = (m) => {
    for (const ws of desk.sockets) tell(ws, { t: 'message', ...m })
  }
  desk.cut = () => {
    for (const ws of desk.sockets) ws.terminate()
  }
  desk.close = async () => {
    desk.cut()
    sockets.close()
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  return desk
}

/** A shop's page as a careful owner serves it. */
export async function openShop(desk, { lang = 'de', head = '' } = {}) {
  const shop = { requests: [], blocked: [] }
  const server = createServer((req, res) => {
    shop.requests.push(req.url)
    if (req.url.startsWith('/blocked')) {
      let body = ''
      req.on('data', (b) => (body += b)).on('end', () => shop.blocked.push(body))
      return res.writeHead(204).end()
    }
    if (req.url === '/shop.css') {
      res.writeHead(200, { 'content-type': 'text/css' })
      return res.end('body{font:18px serif;margin:40px;background:#f4efe6} div{border:3px dotted red!important} button{display:none!important} p{color:#333}')
    }
    if (!req.url.startsWith('/kasse')) return res.writeHead(404).end()
    const ws = desk.origin.replace('http', 'ws')
    res.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src ${desk.origin}; connect-src ${desk.origin} ${ws}; style-src 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'; report-uri /blocked`,
    })
    res.end(`<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Kasse</title><link rel="stylesheet" href="/shop.css">${head}
<script async src="${desk.origin}/chat/a1/widget.js"></script></head><body><main><h1>Kasse</h1><p>Zwei Router, ein Kabel.</p></main></body></html>`)
  })
  shop.origin = await listen(server)
  shop.page = `${shop.origin}/kasse?bestellung=geheim#unten`
  shop.close = async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  return shop
}
