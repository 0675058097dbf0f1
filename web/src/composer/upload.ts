// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Problem, problemOf, Unreachable } from '../api/problem'
import type { Limits } from '../api/types'
import type { Held } from './draft'

/** Puts a file up, telling how far it is (0 to 1). XMLHttpRequest, because fetch does not tell. */
export function putUp(file: File, onProgress: (done: number) => void, signal: AbortSignal): Promise<Held> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `/api/files?name=${encodeURIComponent(file.name)}`)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.responseType = 'json'
    request.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total)
    request.onload = () => {
      if (request.status !== 201) return reject(problemOf(request.status, request.response))
      const { ticket, name, size } = request.response as Omit<Held, 'alt'>
      resolve({ ticket, name, size, alt: '' })
    }
    request.onerror = () => reject(new Unreachable())
    request.onabort = () => reject(new DOMException('', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

/** Why a file cannot be attached to those that are there, before anything is sent: the code of a problem, or nothing. */
export function refusedBefore(file: { size: number }, others: { size: number }[], limits: Pick<Limits, 'files_max' | 'file_size' | 'files_size'>): string {
  if (!limits.files_max) return 'reply.no_files'
  if (others.length >= limits.files_max) return 'reply.too_many_files'
  if (limits.file_size && file.size > limits.file_size) return 'reply.file_too_large'
  if (limits.files_size && others.reduce((n, o) => n + o.size, file.size) > limits.files_size) return 'reply.files_too_large'
  return file.size === 0 ? 'upload.empty' : ''
}

/** The files of what is pasted. Office programs put a picture beside the text that was copied: there the text is meant. */
export function pastedFiles(data: Pick<DataTransfer, 'types' | 'files'>): File[] {
  return data.types.includes('text/plain') ? [] : [...data.files]
}

/** The code of what went wrong. */
export function codeOf(e: unknown): string {
  return e instanceof Problem ? e.code : 'unreachable'
}
