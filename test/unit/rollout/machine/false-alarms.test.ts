import { describe, expect, it } from 'vitest'
import { falseAlarmsOf } from '../../../../src/rollout/machine/false-alarms.ts'
import { gateNamed, specWith } from './fixtures.ts'

const steps = [
  { weight: 5 },
  { analyze: ['errors', 'latency'], for: '10m' },
  { weight: 50 },
  { analyze: ['errors'], for: '10m' },
] as const
const analysis = [gateNamed('errors'), gateNamed('latency')]

describe('the false alarms of a rollout', () => {
  it('are divided among the gates of all steps', () => {
    expect(falseAlarmsOf(specWith({ canary: { steps } }, { analysis }))).toBeCloseTo(0.05 / 3, 15)
    expect(falseAlarmsOf(specWith({ canary: { steps } }, { analysis, falseAlarms: 0.3 }))).toBeCloseTo(
      0.1,
      15,
    )
  })

  it('are not given to a gate that compares plain numbers', () => {
    const plain = [gateNamed('errors', { compare: 'raw' }), gateNamed('latency', { compare: 'tested' })]
    expect(falseAlarmsOf(specWith({ canary: { steps } }, { analysis: plain }))).toBe(0.05)
  })

  it('are whole where there is one test, or none', () => {
    const blueGreen = { autoPromote: true, analyze: ['errors'], for: '1m', keepPrevious: '0s' } as const
    expect(falseAlarmsOf(specWith({ blueGreen }, { analysis: [gateNamed('errors')] }))).toBe(0.05)
    expect(falseAlarmsOf(specWith({ rolling: { step: 50, every: '0s' } }))).toBe(0.05)
  })
})
