// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest'
import { refusedBefore } from './upload'

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
