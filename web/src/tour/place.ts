// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

/** A part of the page, in pixels of the window. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}

interface Size {
  width: number
  height: number
}

const gap = 12

/**
 * Where a card stands that tells of a part of the page: to its right, left, below or above, wherever it fits first; in the
 * far half of the window where it fits nowhere, and in the middle where there is no such part.
 */
export function besides(part: Box | undefined, card: Size, window: Size): { left: number; top: number } {
  const within = (at: number, size: number, most: number) => Math.max(gap, Math.min(at, most - size - gap))
  const [middle, centre] = [(window.width - card.width) / 2, (window.height - card.height) / 2]
  if (!part) return { left: middle, top: centre }
  const left = within(part.left, card.width, window.width)
  const top = within(part.top, card.height, window.height)
  const [right, bottom] = [part.left + part.width + gap, part.top + part.height + gap]
  if (right + card.width + gap <= window.width) return { left: right, top }
  if (part.left - gap - card.width >= gap) return { left: part.left - gap - card.width, top }
  if (bottom + card.height + gap <= window.height) return { left, top: bottom }
  if (part.top - gap - card.height >= gap) return { left, top: part.top - gap - card.height }
  const low = part.top + part.height / 2 > window.height / 2
  return { left: middle, top: low ? gap : window.height - card.height - gap }
}
