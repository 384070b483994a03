import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gatePlot, gatePlotPath } from '../../bench/gates/gate-plot.ts'
import { watchedRun } from '../../bench/gates/watched-run.ts'

describe('the picture of the page on gates', () => {
  it('is what `npm run gate-plot` draws', () => {
    expect(readFileSync(gatePlotPath, 'utf8')).toBe(gatePlot())
  })

  it('shows a run whose last look alone has a verdict, by an interval that lies beyond the rule', () => {
    const looks = watchedRun()
    expect(looks.slice(0, -1).every(({ result }) => result.verdict === 'undecided')).toBe(true)
    expect(looks.at(-1)?.result.verdict).toBe('fail')
    expect(looks.at(-1)?.result.difference?.low).toBeGreaterThan(0.01)
    expect(looks.length).toBeGreaterThan(10)
  })
})
