import { describe, expect, it } from 'vitest'
import type { Faults } from './faults.ts'
import type { Predictor } from './inference-service.ts'
import { knativeService } from './knative-service.ts'

const readyAfterMs = 100

/** A service that is told a predictor at a time of its own, and what of it is compared. */
function scene(faults: Faults = {}) {
  const service = knativeService('churn', { readyAfterMs })
  let nowMs = 0
  return {
    pass(ms: number): void {
      nowMs += ms
    },
    step(files: string, more: Partial<Predictor> = {}) {
      const predictor = { model: { storageUri: files }, ...more }
      const { component, shares, state } = service.step({ spec: { predictor } }, faults, nowMs)
      const traffic = shares.map(
        ({ process, percent }) => `${process.predictor.model?.storageUri} ${percent}`,
      )
      return { ...component, traffic, state }
    },
    /** Until the newest revision is ready. */
    roll(files: string, more: Partial<Predictor> = {}) {
      this.step(files, more)
      this.pass(readyAfterMs)
      return this.step(files, more)
    },
  }
}

describe('a simulated service in Knative mode', () => {
  it('has no traffic before its first revision is ready', () => {
    const service = scene()
    expect(service.step('a')).toMatchObject({ state: 'starting', traffic: [] })
    service.pass(readyAfterMs)
    expect(service.step('a')).toMatchObject({
      state: 'ready',
      traffic: ['a 100'],
      latestReadyRevision: 'churn-predictor-00001',
      latestRolledoutRevision: 'churn-predictor-00001',
    })
  })

  it('gives a canary its share once it is ready, and the rolled-out revision the rest', () => {
    const service = scene()
    service.roll('a')
    expect(service.step('b', { canaryTrafficPercent: 10 })).toMatchObject({
      traffic: ['a 10', 'a 90'],
      latestCreatedRevision: 'churn-predictor-00002',
      latestReadyRevision: 'churn-predictor-00001',
    })
    service.pass(readyAfterMs)
    expect(service.step('b', { canaryTrafficPercent: 10 }).traffic).toEqual(['b 10', 'a 90'])
    expect(service.step('b', { canaryTrafficPercent: 100 })).toMatchObject({
      traffic: ['b 100'],
      latestRolledoutRevision: 'churn-predictor-00002',
      previousRolledoutRevision: 'churn-predictor-00001',
    })
  })

  it('gives the share of the next canary to one that was turned back, until the next is ready', () => {
    const service = scene()
    service.roll('a')
    service.roll('b', { canaryTrafficPercent: 10 })
    expect(service.step('b', { canaryTrafficPercent: 0 }).traffic).toEqual(['b 0', 'a 100'])
    expect(service.step('c', { canaryTrafficPercent: 20 }).traffic).toEqual(['b 20', 'a 80'])
    service.pass(readyAfterMs)
    expect(service.step('c', { canaryTrafficPercent: 20 }).traffic).toEqual(['c 20', 'a 80'])
  })

  it('goes back to the revision before when the newest, which had all, is told a share', () => {
    const service = scene()
    service.roll('a')
    service.roll('b')
    expect(service.step('b', { canaryTrafficPercent: 0 })).toMatchObject({
      traffic: ['b 0', 'a 100'],
      latestRolledoutRevision: 'churn-predictor-00001',
    })
  })

  it('makes a revision of each template again, also of one that it had', () => {
    const service = scene()
    service.roll('a')
    service.roll('b', { canaryTrafficPercent: 10 })
    expect(service.roll('a').latestReadyRevision).toBe('churn-predictor-00003')
    expect(service.roll('a', { minReplicas: 2 }).latestReadyRevision).toBe('churn-predictor-00004')
  })

  it('keeps serving when a revision never becomes ready or fails to load', () => {
    for (const fate of ['never-ready', 'fails-to-load'] as const) {
      const service = scene({ fate: ({ model }) => (model?.storageUri === 'b' ? fate : 'loads') })
      service.roll('a')
      expect(service.roll('b')).toMatchObject({
        state: fate === 'never-ready' ? 'starting' : 'failed',
        traffic: ['a 100'],
      })
    }
  })

  it('names a wrong previous revision after two canaries in a row, where it is told to', () => {
    const service = scene({ wrongPrevious: true })
    service.roll('a')
    service.roll('b', { canaryTrafficPercent: 10 })
    expect(service.roll('c', { canaryTrafficPercent: 10 })).toMatchObject({
      previousRolledoutRevision: 'churn-predictor-00002',
      latestRolledoutRevision: 'churn-predictor-00001',
    })
  })

  it('counts only changes of the Knative Service', () => {
    const service = knativeService('churn', { readyAfterMs: 0 })
    const generation = (canaryTrafficPercent?: number): number => {
      const predictor = {
        model: { storageUri: 'a' },
        ...(canaryTrafficPercent !== undefined && { canaryTrafficPercent }),
      }
      return service.step({ spec: { predictor } }, {}, 0).workload.generation
    }
    expect([generation(), generation(100), generation(), generation(50)]).toEqual([1, 1, 1, 2])
  })
})
