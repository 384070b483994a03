import { describe, expect, it } from 'vitest'
import { brokenLaws, metricSourceLaws } from '../../../../src/testing/index.ts'
import { counterSubject, type SourceDefect } from './counter-source.ts'
import { sourceDefects } from './source-defects.ts'

describe('a metric source over counters', () => {
  it('keeps every law when it is right', async () => {
    expect(await brokenLaws('MetricSource', metricSourceLaws, () => counterSubject())).toEqual([])
  })

  it.each(Object.entries(sourceDefects))('that %s is found', async (defect, laws) => {
    const found = metricSourceLaws.filter(({ name }) => laws.includes(name))
    expect(found).toHaveLength(laws.length)
    const broken = await brokenLaws('MetricSource', found, () => counterSubject(defect as SourceDefect))
    expect(broken.map(({ message }) => message)).toEqual(
      found.map(({ name }) => expect.stringContaining(`"${name}"`)),
    )
  })
})
