import { describe, expect, it } from 'vitest'
import { acceptFence, type FenceRecord } from '../../../src/deployment-target/accept-fence.ts'

const key = 'default/churn'
const known: FenceRecord = { fence: 7, store: 'a' }

describe('acceptFence', () => {
  it.each<[string, FenceRecord | undefined, Parameters<typeof acceptFence>[2], FenceRecord]>([
    ['the first fence', undefined, { fence: 3, store: 'a' }, { fence: 3, store: 'a' }],
    ['the first fence without a store', undefined, { fence: 3 }, { fence: 3 }],
    ['the same fence of the same store', known, { fence: 7, store: 'a' }, known],
    ['a newer fence of the same store', known, { fence: 8, store: 'a' }, { fence: 8, store: 'a' }],
    ['a newer fence without a store', known, { fence: 8 }, { fence: 8, store: 'a' }],
    ['any store after a fence without one', { fence: 7 }, { fence: 7, store: 'b' }, { fence: 7, store: 'b' }],
    [
      'a takeover by another store',
      known,
      { fence: 1, store: 'b', takeOver: true },
      { fence: 1, store: 'b' },
    ],
    [
      'a takeover by a restored copy',
      known,
      { fence: 2, store: 'a', takeOver: true },
      { fence: 2, store: 'a' },
    ],
  ])('remembers %s', (_, record, call, remembered) => {
    expect(acceptFence(key, record, call)).toEqual(remembered)
  })

  it.each<[string, FenceRecord, Parameters<typeof acceptFence>[2], string]>([
    ['an older fence', known, { fence: 6, store: 'a' }, 'fence-stale'],
    ['an older fence without a store', known, { fence: 6 }, 'fence-stale'],
    ['an older fence after one without a store', { fence: 7 }, { fence: 6, store: 'b' }, 'fence-stale'],
    ['a newer fence of another store', known, { fence: 9, store: 'b' }, 'fence-foreign'],
  ])('refuses %s, and says how to take over', (_, record, call, code) => {
    const accept = (): FenceRecord => acceptFence(key, record, call)
    expect(accept).toThrow(expect.objectContaining({ code }))
    expect(accept).toThrow('call plane.takeOver("default/churn", { actor })')
  })
})
