import { describe, expect, it } from 'vitest'
import { draws } from '../../draws.ts'
import { playRow, rows } from './safety.ts'

/** Every second has each splitter, strategy and trigger. `npm run chaos -- safety` plays all. */
const chosen = rows.filter((_, place) => place % draws(2, 1) === 0)

describe('a safety move', () => {
  it.each(chosen)(
    'ends the requests to a bad revision in time: $splitter splits, $strategy, $trigger',
    async (row) => {
      expect((await playRow(row, 30_000)).faults).toEqual([])
    },
  )
})
