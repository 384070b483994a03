import { describe, expect, it } from 'vitest'
import { type MlflowScene, mlflowScene } from './scene.ts'

interface Polling extends MlflowScene {
  /** Lets the registry look once more, and gives the models that it told of. */
  look(): Promise<readonly string[]>
  readonly stop: AbortController
}

async function polling(fill: (scene: MlflowScene) => void, pollMs = 1000): Promise<Polling> {
  const scene = await mlflowScene({ pollMs })
  fill(scene)
  const stop = new AbortController()
  const told: string[] = []
  const reading = (async () => {
    for await (const model of scene.registry.changes?.(stop.signal) ?? []) told.push(model)
  })()
  await lookEnds(scene)
  return {
    ...scene,
    stop,
    async look() {
      await scene.clock.advance(pollMs * 1.2)
      if (stop.signal.aborted) await reading
      else await lookEnds(scene)
      return told.splice(0)
    },
  }
}

/** At its end a look makes the timer of the next, and what it told was read. */
async function lookEnds({ clock }: MlflowScene): Promise<void> {
  while (clock.pendingTimers === 0) await new Promise(setImmediate)
  await new Promise(setImmediate)
}

function twoModels({ mlflow: { world } }: MlflowScene): void {
  for (const name of ['churn', 'fraud']) {
    world.createModel(name)
    for (const source of ['s3://a', 's3://b']) world.createVersion({ name, source })
  }
}

describe('polling for changes', () => {
  it('tells of nothing that was so before, and of nothing while nothing changes', async () => {
    const { look } = await polling(twoModels)
    expect([await look(), await look()]).toEqual([[], []])
  })

  it.each<[string, (scene: MlflowScene) => void]>([
    ['a moved alias', ({ mlflow }) => mlflow.world.setAlias('fraud', 'champion', '1')],
    [
      'an approval of an older version',
      ({ mlflow }) => mlflow.world.version('fraud', '1').tags.set('a', 'b'),
    ],
    ['a tag of the model', ({ mlflow }) => mlflow.world.model('fraud').tags.set('a', 'b')],
    ['a new version', ({ mlflow }) => mlflow.world.createVersion({ name: 'fraud', source: 's3://c' })],
    ['a deleted version', ({ mlflow }) => mlflow.world.deleteVersion('fraud', '1')],
    [
      'a version whose status changed',
      ({ mlflow }) => Object.assign(mlflow.world.version('fraud', '2'), { status: 'FAILED_REGISTRATION' }),
    ],
  ])('tells of %s', async (_what, change) => {
    const scene = await polling(twoModels)
    change(scene)
    expect(new Set(await scene.look())).toEqual(new Set(['fraud']))
    expect(await scene.look()).toEqual([])
  })

  it('tells of a new model', async () => {
    const scene = await polling(twoModels)
    scene.mlflow.world.createModel('new')
    expect(await scene.look()).toEqual(['new'])
  })

  it('asks for a bounded number of pages at each look, and sees all of them in turns', async () => {
    const scene = await polling(({ mlflow: { world } }) => {
      world.pageSize = 2
      for (let place = 0; place < 20; place += 1) {
        world.createModel(`m${place}`)
        world.createVersion({ name: `m${place}`, source: 's3://a' })
      }
    })
    // Ten pages of each list: the first look read four, and each further one the first and three more.
    const costs: number[] = []
    const told: string[] = []
    const change = (): void => void scene.mlflow.world.setAlias('m0', 'champion', '1')
    for (let round = 0; round < 8; round += 1) {
      const before = scene.mlflow.calls.length
      if (round === 3) change()
      told.push(...(await scene.look()))
      costs.push(scene.mlflow.calls.length - before)
    }
    expect(Math.max(...costs)).toBe(8)
    expect(told).toEqual(['m0'])
  })

  it('goes on after a look that failed, and tells of what it missed', async () => {
    const scene = await polling(twoModels)
    scene.mlflow.intercept = () => ({ status: 500 })
    scene.mlflow.world.setAlias('churn', 'champion', '1')
    expect(await scene.look()).toEqual([])
    scene.mlflow.intercept = () => undefined
    expect(await scene.look()).toEqual(['churn'])
  })

  it('ends with its signal', async () => {
    const scene = await polling(twoModels)
    scene.stop.abort()
    const asked = scene.mlflow.calls.length
    await scene.look()
    await scene.clock.advance(60_000)
    expect(scene.mlflow.calls).toHaveLength(asked)
  })

  it('is not driven round by a server that repeats a token', async () => {
    const scene = await polling(({ mlflow }) => {
      mlflow.intercept = () => ({ status: 200, body: '{"next_page_token":"again"}' })
    })
    const before = scene.mlflow.calls.length
    await scene.look()
    expect(scene.mlflow.calls.length - before).toBeLessThanOrEqual(8)
  })

  it('is left out where the options say so', async () => {
    for (const [options, changes] of [
      [{ pollMs: false }, false],
      [{}, true],
    ] as const) {
      const { registry } = await mlflowScene(options)
      expect([registry.capabilities.changes, registry.changes !== undefined]).toEqual([changes, changes])
    }
  })
})

describe('the options of a registry', () => {
  it.each([
    [{ pollMs: 0 }, 'pollMs'],
    [{ rememberedVersions: 0 }, 'rememberedVersions'],
    [{ tags: { approval: "it's" } }, 'tags.approval'],
    [{ tags: { owner: 'modelspine.approval' } }, 'tags.owner'],
    [{ stages: { Production: 'good' as 'approved' } }, 'stages.Production'],
  ])('name the field that cannot work: %j', async (options, field) => {
    await expect(mlflowScene(options)).rejects.toMatchObject({ code: 'invalid-options', details: { field } })
  })
})
