import { describe, expect, it } from 'vitest'
import { playRow, rows } from './safety.ts'

describe('the time to safety', () => {
  it.each(rows)('is short: $splitter splits, $strategy, $trigger', async (row) => {
    expect((await playRow(row, 30_000)).faults).toEqual([])
  })
})
