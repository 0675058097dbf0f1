// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

export const clip = 'M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 5 5l-8.5 8.5a1.7 1.7 0 0 1-2.5-2.5L14.5 7.5'

type Attributes = Record<string, string | boolean>

/** Makes an element. Text is only ever text, and there is no way to give it HTML. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag)
  set(e, attributes)
  e.append(...children)
  return e
}

/** Draws an icon of 24 by 24 out of strokes. */
export function icon(...paths: string[]): SVGSVGElement {
  const ns = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(ns, 'svg')
  set(svg, { viewBox: '0 0 24 24', 'aria-hidden': 'true' })
  for (const d of paths) {
    const path = document.createElementNS(ns, 'path')
    path.setAttribute('d', d)
    svg.append(path)
  }
  return svg
}

function set(e: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) e.setAttribute(name, value === true ? '' : value)
  }
}
