import { once } from 'node:events'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parts } from '../../examples/mlflow-canary/platform.ts'
import { inputSchema, opaTool } from './opa/opa-tool.ts'
import { leftBy, startTour } from './support/tour.ts'

const name = 'mlflow-canary'
const policies = resolve('examples/mlflow-canary/policies')

describe('the example mlflow-canary', () => {
  beforeAll(async () => {
    const installed = await Promise.all(Object.values(parts).map((install) => install()))
    expect(installed.filter((part) => 'missing' in part)).toEqual([])
  })

  it('has policies that pass their own tests in every line, with the schema of the input', async () => {
    expect(await opaTool(['fmt', '--list', '--fail', policies])).toBe('')
    expect(await opaTool(['check', '--strict', '--schema', inputSchema, policies])).toBe('')
    const report = JSON.parse(await opaTool(['test', '--coverage', '--schema', inputSchema, policies]))
    expect(report.coverage).toBe(100)
  })

  it('tells its whole story, exits with 0 and leaves nothing behind', async () => {
    const { child, pid, out } = startTour(name)
    expect(await once(child, 'close'), out()).toEqual([0, null])
    const champions = [...out().matchAll(/digits@champion is version (\d+)/g)].map(([, version]) => version)
    expect(champions).toEqual(['1', '2', '2'])
    expect(out()).toContain('OPA refuses v2 at promote: condition PolicyDenied, reason Denied')
    expect(out()).toContain('four-eyes: nobody but its owner digits-team has reviewed digits:2')
    expect(out()).toMatch(/policy revision [0-9a-f]{12}/)
    expect(out()).toMatch(
      /undecided: prometheus-errors: requests\.errors is 0 \(\d+ samples\).*; this counts as passed/,
    )
    expect(out()).toContain('v2 is stable and takes all traffic')
    expect(out()).toMatch(/fail: accuracy: labels\.accuracy is 0(\.\d+)? \(\d+ samples\)/)
    expect(out()).toContain('v3 is rolled back after')
    expect(out()).toMatch(/\d+ records, each hashed with the one before: the log is intact/)
    expect(out()).toMatch(/failed requests\s+0/)
    expect(leftBy(name, pid)).toEqual([])
  }, 240_000)

  it('removes the remains of a killed run when it runs again, and leaves nothing behind after Ctrl-C', async () => {
    const killed = startTour(name)
    await killed.says('a server for v1 starts')
    killed.child.kill('SIGKILL')
    await once(killed.child, 'close')
    expect(leftBy(name, killed.pid).length).toBeGreaterThan(1)
    const next = startTour(name)
    await next.says('The company’s servers start')
    next.child.kill('SIGINT')
    next.child.kill('SIGINT')
    expect(await once(next.child, 'close')).toEqual([130, null])
    expect(next.out()).toContain('cleaned up after earlier runs that were killed: 1')
    // The Python of the killed run's team does what it was told, and ends when it then reads that nobody is there.
    await expect.poll(() => leftBy(name, killed.pid), { timeout: 60_000 }).toEqual([])
    expect(leftBy(name, next.pid)).toEqual([])
  }, 240_000)
})
