import { describe, expect, it } from 'vitest'
import { recentRecords } from '../../../src/security/recent-records.ts'

describe('the last records', () => {
  it('are as many as the limit, and the oldest goes first', () => {
    const recent = recentRecords(3)
    for (const id of ['a', 'b', 'c', 'd']) recent.add(id, `line ${id}`)
    expect(['a', 'b', 'c', 'd'].map((id) => recent.lineOf(id))).toEqual([
      undefined,
      'line b',
      'line c',
      'line d',
    ])
  })

  it('keep the place of an id that comes again', () => {
    const recent = recentRecords(2)
    for (const id of ['a', 'b', 'a', 'c']) recent.add(id, `line ${id}`)
    expect(['a', 'b', 'c'].map((id) => recent.lineOf(id))).toEqual([undefined, 'line b', 'line c'])
    for (const id of ['d', 'e', 'f', 'f', 'g']) recent.add(id, 'again')
    expect(['c', 'd', 'e', 'f', 'g'].filter((id) => recent.lineOf(id) !== undefined)).toEqual(['f', 'g'])
  })
})
