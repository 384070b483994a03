import { describe, expect, it } from 'vitest'
import { readGates } from '../../../../src/rollout/gates/read-gates.ts'
import { UnreadGates } from '../../../../src/rollout/gates/unread-gates.ts'
import type { MetricSource } from '../../../../src/telemetry/contract.ts'

const key = 'default/digits'
const fromMs = 1_000_000
const gate = (name: string, source: string) =>
  ({
    name,
    source,
    metric: name,
    minSamples: 1,
    pass: { atMost: 1 },
    noData: 'pause',
    onError: 'pause',
  }) as const
const gates = [gate('errors', 'well'), gate('drift', 'away')]

function scene() {
  const times: Record<string, number[]> = { well: [], away: [] }
  let nowMs = fromMs
  let isAway = true
  const source = (name: string): MetricSource => ({
    capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
    query({ interval }) {
      times[name]?.push((nowMs - fromMs) / 1000)
      if (name === 'away' && isAway) throw new Error('no connection')
      return { kind: 'value', value: 0, count: 10, covered: interval }
    },
  })
  const sources = { well: source('well'), away: source('away') }
  const unread = new UnreadGates(() => nowMs)
  const look = (more: { readonly atEnd?: boolean; readonly abortSignal?: AbortSignal } = {}) => {
    const { abortSignal = new AbortController().signal, ...rest } = more
    const asked = gates.map(({ name }) => ({ gate: name, toMs: nowMs }))
    const need = { kind: 'gates', gates: asked, candidate: 'b', fromMs, alpha: 0.05, ...rest } as const
    return readGates(sources, gates, key, need, abortSignal, unread)
  }
  return {
    times,
    unread,
    look,
    pass(seconds: number) {
      nowMs += seconds * 1000
    },
    mend() {
      isAway = false
    },
  }
}

describe('a gate whose source fails', () => {
  it('is asked after a second and then ever more rarely, and the others at their pace', async () => {
    const { look, pass, times } = scene()
    for (let second = 0; second < 60; second += 1) {
      await look()
      pass(1)
    }
    expect(times.away).toEqual([0, 1, 3, 7, 15, 30, 45])
    expect(times.well).toHaveLength(60)
  })

  it('keeps its verdict and its message meanwhile', async () => {
    const { look, pass } = scene()
    const first = await look()
    pass(0.5)
    expect(await look()).toEqual(first)
    expect(first[1]).toMatchObject({ verdict: 'error', message: expect.stringContaining('no connection') })
  })

  it('is asked at the end of the step, and at its usual pace once it answers', async () => {
    const { look, times, pass, mend } = scene()
    await look()
    pass(0.1)
    mend()
    expect((await look({ atEnd: true }))[1]).toMatchObject({ verdict: 'pass' })
    pass(0.1)
    await look()
    expect(times.away).toEqual([0, 0.1, 0.2])
  })

  it('is not postponed by the abort of a run, nor for a deployment that is forgotten', async () => {
    const { look, times, unread, pass } = scene()
    await look({ abortSignal: AbortSignal.abort() })
    await look()
    pass(0.1)
    unread.forget(key)
    await look()
    expect(times.away).toEqual([0, 0, 0.1])
  })
})
