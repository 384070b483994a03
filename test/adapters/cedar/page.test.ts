import { readFileSync } from 'node:fs'
import { createControlPlane, hostedTarget, memoryProvider, memoryRegistry, memoryStore } from 'modelspine'
import { cedarPolicy } from 'modelspine/adapters/cedar'
import { createFakeClock, policyRequests } from 'modelspine/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { codeBlocks } from '../../house/code-blocks.ts'
import './kept-library.ts'

const path = 'docs/adapters/cedar.md'
const [written, ...more] = codeBlocks({ path, text: readFileSync(path, 'utf8') }).filter(
  ({ info }) => info === 'cedar',
)
const policies = { name: 'page', text: written?.text ?? '' }

describe('the policies of the page', () => {
  it('are one block, and follow the schema', async () => {
    expect(more).toEqual([])
    await cedarPolicy({ actions: ['promote'], policies }).load()
  })

  it('decide as it says', async () => {
    const engine = cedarPolicy({ actions: ['promote'], policies })
    const release = { name: 'ana', roles: ['release'] }
    const request = { ...policyRequests.promote(), actor: release }
    const model = { ...request.model, metrics: { accuracy: 0.95 } } as typeof request.model & object
    const rules = async (asked: object): Promise<readonly string[]> =>
      (await engine.decide({ ...request, model, ...asked })).findings.map(({ rule }) => rule)
    expect(await rules({})).toEqual([])
    expect(await rules({ actor: { name: 'eve' } })).toEqual(['no-permit'])
    expect(await rules({ model: { ...model, metrics: { accuracy: 0.89996 } } })).toEqual(['evaluation'])
    expect(await rules({ weight: 100 })).toEqual(['four-eyes'])
    const risk = { ...release, roles: ['release', 'risk'] }
    expect(await rules({ weight: 100, actor: risk, approvals: [risk] })).toEqual(['four-eyes'])
    expect(await rules({ weight: 100, approvals: [{ name: 'bob', roles: ['risk'] }] })).toEqual([])
  })

  it('block a rollout until somebody else approves it', async () => {
    const clock = createFakeClock({ startMs: Date.now() })
    const plane = createControlPlane({
      store: memoryStore(),
      clock,
      policies: [cedarPolicy({ actions: ['promote'], policies })],
      registries: {
        models: memoryRegistry({
          name: 'models',
          versions: [
            {
              name: 'm',
              version: '1',
              approval: 'approved',
              metrics: { accuracy: 0.95 },
              artifact: { kind: 'hosted', provider: 'echo', model: 'm' },
            },
          ],
        }),
      },
      targets: { hosted: hostedTarget() },
      providers: { echo: memoryProvider({ chat: () => 'hi' }) },
    })
    onTestFinished(() => plane.stop())
    const ana = { name: 'ana', roles: ['release'] }
    await plane.apply(
      {
        kind: 'ModelDeployment',
        metadata: { name: 'm' },
        spec: { model: 'models/m:1', target: 'hosted' },
      },
      { actor: ana },
    )
    const settled = async (): Promise<readonly string[]> => {
      for (let look = 0; look < 20; look += 1) {
        await plane.reconcileOnce('m')
        await clock.advance(1000)
      }
      const { phase, waitsFor } = await plane.explain('m')
      return [phase, waitsFor]
    }
    const blocked = ['blocked', expect.stringContaining('all traffic needs the approval of somebody else')]
    expect(await settled()).toEqual(blocked)
    await plane.approve('m', { actor: ana })
    expect(await settled()).toEqual(blocked)
    await plane.approve('m', { actor: { name: 'bob', roles: ['risk'] } })
    expect(await settled()).toEqual(['converged', expect.anything()])
  })
})
