import { describe, expect, it } from 'vitest'
import { logRise } from '../../../../../src/rollout/gates/evidence/log-rise.ts'

describe('the logarithm of a rise', () => {
  it('is right to the last digits, small or large', () => {
    for (const value of [1e-5, 0.01, 0.5, 0.999]) {
      for (let part = -0.9; part < 3; part += 0.013) {
        const rise = part * value
        expect(Math.abs(logRise(value, rise) / Math.log1p(rise / value) - 1)).toBeLessThan(3e-15)
      }
      for (const tiny of [1e-12, -3e-9, 2e-6]) {
        expect(Math.abs(logRise(value, tiny * value) / Math.log1p(tiny) - 1)).toBeLessThan(3e-15)
      }
      expect(logRise(value, 0)).toBe(0)
    }
  })
})
