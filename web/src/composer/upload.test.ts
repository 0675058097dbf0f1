// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest'
import { pastedFiles, refusedBefore } from './upload'

describe('a file that somebody wants to attach', () => {
  it('is refused before it is sent where the network would refuse it', () => {
    expect(refusedBefore({ size: 1 }, [], {})).toBe('reply.no_files')
    expect(refusedBefore({ size: 1 }, Array(5).fill({ size: 1 }), { files_max: 5 })).toBe('reply.too_many_files')
    expect(refusedBefore({ size: 11 }, [], { files_max: 5, file_size: 10 })).toBe('reply.file_too_large')
    expect(refusedBefore({ size: 0 }, [], { files_max: 5 })).toBe('upload.empty')
    expect(refusedBefore({ size: 10 }, Array(4).fill({ size: 10 }), { files_max: 5, file_size: 10 })).toBe('')
    expect(refusedBefore({ size: 10 }, [{ size: 10 }, { size: 1 }], { files_max: 5, files_size: 20 })).toBe('reply.files_too_large')
    expect(refusedBefore({ size: 10 }, [{ size: 9 }, { size: 1 }], { files_max: 5, files_size: 20 })).toBe('')
  })
})

describe('what is pasted', () => {
  const files = [new File(['x'], 'image.png')] as unknown as FileList
  it('is a file where there is nothing else, and the text where a program has put its picture beside it', () => {
    expect(pastedFiles({ types: ['Files'], files })).toHaveLength(1)
    expect(pastedFiles({ types: ['text/html', 'Files'], files })).toHaveLength(1)
    expect(pastedFiles({ types: ['text/plain', 'text/html', 'Files'], files })).toHaveLength(0)
  })
})
