import type { SagemakerGuardrails } from 'modelspine/adapters/sagemaker'
import { describe, expect, it } from 'vitest'
import { ann } from '../../../unit/plane/plane-fixture.ts'
import { minuteMs, type Played, played, weights } from './played-plane.ts'
import { endpoint } from './scene.ts'

const guardrails: SagemakerGuardrails = {
  kind: 'canary',
  sizePercent: 10,
  waitSeconds: 60,
  alarms: ['churn-errors'],
}
const strategy = { blueGreen: {} }
const [firstFile, secondFile] = ['s3://models/churn-1.tar.gz', 's3://models/churn-2.tar.gz']

/** Those that SageMaker took. After a stale read one more is sent, which SageMaker refuses as in progress. */
const updates = ({ scene }: Played) =>
  scene.api.exchanges.flatMap(({ operation, input, output }) =>
    operation === 'UpdateEndpoint' && output !== undefined ? [input] : [],
  )
const times = ({ scene }: Played, operation: string): number =>
  scene.world.journal.filter((entry) => entry.operation === operation).length
const percentIs = ({ scene, until }: Played, percent: number): Promise<void> =>
  until(() => scene.world.percent(endpoint) === percent)

/** A plane whose second version is on its way. */
async function shifting(spec: object = {}): Promise<Played> {
  const made = await played({ guardrails })
  await made.declare('1', { strategy })
  await made.converged()
  await made.declare('2', { strategy, ...spec })
  await percentIs(made, 0)
  return made
}

async function expectEnd(made: Played, file: string): Promise<void> {
  const { world } = made.scene
  await made.until(() => world.models().length === 1 && world.configs().length === 1)
  expect(weights(made.scene)).toEqual([[file, 1]])
}

// Many minutes of SageMaker pass in steps of a second, each with its requests.
describe('a rollout that SageMaker shifts', { timeout: 120_000 }, () => {
  it('brings a better model with one update, and in the end nothing is left', async () => {
    const made = await shifting()
    await percentIs(made, 10)
    expect(await made.phase('churn')).toBe('shifting')
    await made.converged()
    await expectEnd(made, secondFile)
    expect(updates(made)).toMatchObject([
      { DeploymentConfig: { AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'churn-errors' }] } } },
    ])
    expect([times(made, 'CreateModel'), times(made, 'CreateEndpointConfig')]).toEqual([2, 2])
    expect(times(made, 'UpdateEndpointWeightsAndCapacities')).toBe(0)
    await made.plane.delete('churn', { actor: ann })
    await made.until(async () => (await made.plane.get('churn')) === null)
    const { world } = made.scene
    expect([world.models(), world.configs(), world.endpoints()]).toEqual([[], [], []])
  })

  it('is turned back when an alarm goes off, and is not tried again until a person asks for it', async () => {
    const made = await shifting()
    const { world } = made.scene
    await percentIs(made, 10)
    world.alarm('churn-errors')
    await made.until(async () => (await made.phase('churn')) === 'failed')
    await expectEnd(made, firstFile)
    const { status } = (await made.plane.get('churn')) ?? {}
    expect(status?.rollout).toMatchObject({ cause: 'RevisionFailed' })
    expect(status?.last).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringContaining('the alarm churn-errors is in the ALARM state'),
    })
    await made.scene.clock.advance(2 * minuteMs)
    expect(updates(made)).toHaveLength(1)
    world.alarm('churn-errors', false)
    await made.plane.retry('churn', { actor: ann })
    await made.converged()
    await expectEnd(made, secondFile)
    expect(updates(made)).toHaveLength(2)
  })

  it('is turned back by a person, as soon as SageMaker takes another update, and all at once', async () => {
    const made = await shifting()
    await percentIs(made, 10)
    await made.plane.abort('churn', { actor: ann })
    await made.until(async () => (await made.phase('churn')) === 'failed')
    await expectEnd(made, firstFile)
    expect(
      updates(made)
        .slice(1)
        .every((input) => !('DeploymentConfig' in input)),
    ).toBe(true)
  })

  it.each([
    ['starts its instances', 0, 'good'],
    ['has moved a part', 10, 'bad'],
  ])(
    'ends the same when the plane ends while SageMaker %s (%i percent, a %s model)',
    async (_, percent, kind) => {
      const made = await shifting()
      await percentIs(made, percent)
      const next = await made.restart()
      if (kind === 'bad') made.scene.world.alarm('churn-errors')
      if (kind === 'bad') await next.until(async () => (await next.phase('churn')) === 'failed')
      else await next.converged()
      await expectEnd(next, kind === 'bad' ? firstFile : secondFile)
      expect(updates(next)).toHaveLength(1)
      expect(times(next, 'CreateModel')).toBe(2)
    },
  )

  it('ends the same when the plane ends before it has the answer to the update', async () => {
    const made = await played({ guardrails })
    await made.declare('1', { strategy })
    await made.converged()
    const { api } = made.scene
    api.afterwards = (operation) => {
      if (operation !== 'UpdateEndpoint') return false
      api.afterwards = undefined
      return true
    }
    await made.declare('2', { strategy })
    await percentIs(made, 0)
    const next = await made.restart()
    await percentIs(next, 10)
    made.scene.world.alarm('churn-errors')
    await next.until(async () => (await next.phase('churn')) === 'failed')
    await expectEnd(next, firstFile)
    expect(updates(next)).toHaveLength(1)
  })

  it('takes no other strategy, and says so', async () => {
    const made = await played({ guardrails })
    await made.declare('1', { strategy })
    await made.converged()
    await made.declare('2', { strategy: { canary: { steps: [{ weight: 20 }] } } })
    await made.until(async () => JSON.stringify(await made.plane.get('churn')).includes('SplitUnsupported'))
    expect(updates(made)).toEqual([])
    expect(weights(made.scene)).toEqual([[firstFile, 1]])
  })
})
