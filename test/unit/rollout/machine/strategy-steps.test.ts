import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keepPreviousMs, nameSteps, stepsOf } from '../../../../src/rollout/machine/strategy-steps.ts'
import { specWith } from './fixtures.ts'

const weights = (steps: ReturnType<typeof stepsOf>): readonly number[] =>
  steps.flatMap((step) => (step.kind === 'weight' ? [step.weight] : []))

describe('the steps of a strategy', () => {
  it('of rolling raise the weight equally up to 100, with a pause after each raise but the last', () => {
    const steps = stepsOf(specWith({ rolling: { step: 40, every: '30s' } }))
    expect(steps).toEqual([
      { kind: 'weight', weight: 40 },
      { kind: 'pause', forMs: 30_000 },
      { kind: 'weight', weight: 80 },
      { kind: 'pause', forMs: 30_000 },
      { kind: 'weight', weight: 100 },
    ])
  })

  it('of rolling by 100 are one weight', () => {
    expect(stepsOf(specWith({ rolling: { step: 100, every: '30s' } }))).toEqual([
      { kind: 'weight', weight: 100 },
    ])
  })

  it('of a canary are the declared steps, then weight 100 when the last weight is lower', () => {
    const spec = specWith({
      canary: { steps: [{ weight: 5 }, { pause: 'until-promoted' }, { analyze: ['a'], for: '1m' }] },
    })
    expect(stepsOf(spec)).toEqual([
      { kind: 'weight', weight: 5 },
      { kind: 'pause' },
      { kind: 'analyze', gates: ['a'], forMs: 60_000 },
      { kind: 'weight', weight: 100 },
    ])
    expect(weights(stepsOf(specWith({ canary: { steps: [{ weight: 5 }, { weight: 100 }] } })))).toEqual([
      5, 100,
    ])
  })

  it('of a canary may measure after the last weight', () => {
    const steps = stepsOf(specWith({ canary: { steps: [{ weight: 100 }, { analyze: ['a'], for: '1m' }] } }))
    expect(steps.map(({ kind }) => kind)).toEqual(['weight', 'analyze'])
  })

  it('of blue-green switch at once, or after promote without autoPromote, and measure after the switch', () => {
    const settings = { for: '1m', keepPrevious: '2m' } as const
    const manual = specWith({ blueGreen: { ...settings, autoPromote: false, analyze: ['a'] } })
    expect(stepsOf(manual)).toEqual([
      { kind: 'pause' },
      { kind: 'weight', weight: 100 },
      { kind: 'analyze', gates: ['a'], forMs: 60_000 },
    ])
    const automatic = specWith({ blueGreen: { ...settings, autoPromote: true, analyze: [] } })
    expect(stepsOf(automatic)).toEqual([{ kind: 'weight', weight: 100 }])
    expect([
      keepPreviousMs(manual),
      keepPreviousMs(specWith({ rolling: { step: 50, every: '1s' } })),
    ]).toEqual([120_000, 0])
  })

  it('have a name that changes with any step', () => {
    const named = (weight: number): string => nameSteps([{ kind: 'weight', weight }, { kind: 'pause' }])
    expect(named(5)).toBe(named(5))
    expect(named(5)).not.toBe(named(6))
  })
})

describe('the name of a list of steps', () => {
  it('stays as it stands in stored statuses', () => {
    const steps = [{ kind: 'weight', weight: 5 }, { kind: 'pause' }, { kind: 'weight', weight: 100 }] as const
    const stored = '[{"kind":"weight","percent":5},{"kind":"pause"},{"kind":"weight","percent":100}]'
    expect(nameSteps(steps)).toBe(createHash('sha256').update(stored).digest('hex').slice(0, 10))
  })
})
