import { beforeAll, describe, expect, it } from 'vitest'
import { draws } from '../draws.ts'
import { modes } from './disturb.ts'
import { core, type PartName } from './fleet.ts'
import { judge } from './judge.ts'
import { type Line, playLine } from './play.ts'

/** A small fleet, and one part of each kind. `npm run chaos` plays all parts with 200 deployments. */
const options = { seed: 1, deployments: draws(11, 14), disturbedMs: draws(45_000, 120_000) }
const parts: readonly PartName[] = ['target-1', 'registry-1', 'source-1', ...core]
const all = parts.flatMap((part) => modes.map((mode): Line => ({ part, mode })))
/** Every third has each part and each mode. */
const lines = all.filter((_, place) => place % draws(3, 1) === 0)

type Played = Awaited<ReturnType<typeof playLine>>

describe('a fleet of which one part is disturbed', () => {
  let calm: Played

  beforeAll(async () => {
    calm = await playLine(options)
  })

  it.each(lines)('goes on, is told and recovers: $part $mode', async (line) => {
    const { outcome, placed } = await playLine(options, line)
    expect(judge(line, outcome, calm.outcome, placed).faults).toEqual([])
  })
})

describe('chaos', () => {
  it('is the same for the same seed', async () => {
    const line: Line = { part: 'target-1', mode: 'fails' }
    const [one, two] = [await playLine(options, line), await playLine(options, line)]
    expect([...one.outcome.tookMs]).toEqual([...two.outcome.tookMs])
  })
})
