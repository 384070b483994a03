import { describe, expect, it, onTestFinished } from 'vitest'
import { jsonError } from '../../shared/aws/small-aws.ts'
import { type RegistryScene, scene } from './scene.ts'

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
}

/** Models that were told, and a way to let the registry look once more. */
function listening({ registry, clock }: RegistryScene) {
  const told: string[] = []
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  const changes = registry.changes?.(ending.signal)
  const hear = async (): Promise<void> => {
    for await (const model of changes ?? []) told.push(model)
  }
  void hear()
  const looked = async (): Promise<void> => {
    while (clock.pendingTimers === 0) await new Promise(setImmediate)
  }
  return {
    told,
    looked,
    async look() {
      await looked()
      await clock.advance(40_000)
      await looked()
      await turns()
    },
  }
}

describe('changes of SageMaker', () => {
  it('tells of new versions and of approvals, and not of what was there before', async () => {
    const made = await scene()
    const { packages } = made
    const first = packages.put('churn')
    packages.put('fraud')
    const { told, look, looked } = listening(made)
    await looked()
    await look()
    expect(told).toEqual([])
    packages.put('scores')
    first.approval = 'Approved'
    await look()
    expect(told.sort()).toEqual(['churn', 'scores'])
    await look()
    expect(told).toHaveLength(2)
  })

  it('goes round all versions, some pages at each look, and always sees the newest', async () => {
    const made = await scene()
    const { packages } = made
    packages.pageSize = 1
    const old = packages.put('oldest')
    for (let place = 0; place < 11; place += 1) {
      made.clock.advance(1000)
      packages.put(`m${place}`)
    }
    const { told, look, looked } = listening(made)
    await looked()
    for (const _ of [1, 2]) await look()
    made.clock.advance(1000)
    packages.put('newest')
    old.approval = 'Approved'
    await look()
    expect(told).toContain('newest')
    for (const _ of [1, 2, 3]) await look()
    expect(told).toContain('oldest')
    const calls = made.sent().length
    await look()
    expect(made.sent().length - calls).toBeLessThanOrEqual(5)
  })

  it('begins its round anew when SageMaker no longer takes the token', async () => {
    const made = await scene()
    const { packages } = made
    packages.pageSize = 1
    for (let place = 0; place < 8; place += 1) packages.put(`m${place}`)
    const { told, look, looked } = listening(made)
    await looked()
    // The token at which the next look goes on is refused, until a list came to it anew.
    let isExpired = true
    made.simulator.intercept = (_operation, { NextToken }) => {
      if (NextToken === '4') isExpired = false
      const isRefused = NextToken === '5' && isExpired
      return isRefused ? jsonError(400, 'ValidationException', 'The token expired') : undefined
    }
    for (const _ of [1, 2, 3]) await look()
    packages.put('fresh')
    await look()
    expect(told).toEqual(['fresh'])
  })

  it('tells at once of what the registry itself wrote', async () => {
    const made = await scene()
    made.packages.put('churn')
    const { told } = listening(made)
    await made.registry.setAlias?.('churn', 'champion', '1')
    await turns()
    expect(told).toEqual(['churn'])
  })
})
