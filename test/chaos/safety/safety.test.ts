import { describe, expect, it } from 'vitest'
import { playRow, rows } from './safety.ts'

describe('a safety move', () => {
  it.each(rows)(
    'ends the requests to a bad revision in time: $splitter splits, $strategy, $trigger',
    async (row) => {
      expect((await playRow(row, 30_000)).faults).toEqual([])
    },
  )
})
