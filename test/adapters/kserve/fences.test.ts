import { inspect } from 'node:util'
import type { ModelspineError, TargetWant } from 'modelspine/adapter'
import { type KserveTarget, kserveTarget } from 'modelspine/adapters/kserve'
import { afterEach, describe, expect, it } from 'vitest'
import { callOptions, converge, key, wantOf } from './converge.ts'
import type { Json } from './kubernetes-world.ts'
import { revision } from './revision.ts'
import { kserveScene, type Scene } from './scene.ts'

const first = revision(1)
const plain = { ...first, runtime: { ...first.runtime, secrets: {} } }

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

async function scene(): Promise<{ readonly made: Scene; readonly late: KserveTarget }> {
  const made = await kserveScene('knative')
  const late = kserveTarget(made.options)
  ends.push(late.close, made.close)
  return { made, late }
}

const scaled = (replicas: number, each = first): TargetWant => ({
  ...wantOf([each]),
  scale: { min: replicas, max: replicas },
})

function replicasIn({ api }: Scene): unknown {
  const [service] = api.world.all('inferenceservices')
  return (service?.spec?.predictor as Json | undefined)?.minReplicas
}

async function destroyed({ target, api }: Scene, fence: number): Promise<void> {
  while ((await target.destroy(key, callOptions({ fence }))).kind !== 'unchanged') api.kserve.reconcile(true)
}

/** The first such call is held until others have done all of their work. Then the world answers it. */
function hold({ api }: Scene, begin: string, work: () => Promise<unknown>): () => Promise<unknown> {
  const held = Promise.withResolvers<void>()
  let isHeld = false
  api.before = async (call) => {
    if (isHeld || !call.startsWith(begin)) return
    isHeld = true
    held.resolve()
    await done
  }
  const done = held.promise.then(work)
  return () => done
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    (answer) => expect.unreachable(`the call answered ${inspect(answer)}`),
    (error: ModelspineError) => error,
  )
}

describe('a write of an older leader', () => {
  it('does not slip in after a newer one has written', async () => {
    const { made, late } = await scene()
    await converge(made, wantOf([first]))
    const work = hold(made, 'PATCH /inferenceservices', () =>
      made.target.apply(key, scaled(3), callOptions({ fence: 2 })),
    )
    const older = failureOf(late.apply(key, scaled(2), callOptions({ fence: 1 })))
    expect(await work()).toEqual({ kind: 'accepted' })
    expect(await older).toMatchObject({ code: 'fence-stale' })
    expect(replicasIn(made)).toBe(3)
  })

  it.each(['PATCH /configmaps', 'PATCH /inferenceservices'])(
    'does not slip in where nothing was yet: %s',
    async (begin) => {
      const { made, late } = await scene()
      const work = hold(made, begin, () =>
        made.target.apply(key, scaled(3, plain), callOptions({ fence: 2 })),
      )
      const older = failureOf(late.apply(key, scaled(2, plain), callOptions({ fence: 1 })))
      expect(await work()).toEqual({ kind: 'accepted' })
      expect(await older).toMatchObject({ code: 'fence-stale' })
      expect(replicasIn(made)).toBe(3)
      expect(made.api.world.find('configmaps', 'churn.modelspine')).toMatchObject({ data: { fence: '2' } })
    },
  )

  it('does not write the Secret of a revision over that of a newer one', async () => {
    const { made, late } = await scene()
    const secret = (value: string) => async () => ({ reveal: () => value })
    const work = hold(made, 'PATCH /secrets', () =>
      made.target.apply(key, wantOf([first]), callOptions({ fence: 2, secret: secret('new') })),
    )
    const older = failureOf(
      late.apply(key, wantOf([first]), callOptions({ fence: 1, secret: secret('old') })),
    )
    await work()
    expect(await older).toMatchObject({ code: 'fence-stale' })
    const { data } = made.api.world.find('secrets', `churn.${first.name}`)
    expect(data).toEqual({ TOKEN: Buffer.from('new').toString('base64') })
  })

  it.each(['PATCH /inferenceservices', 'PATCH /configmaps', 'GET /configmaps', 'GET /secrets'])(
    'brings nothing back that was destroyed meanwhile: %s',
    async (begin) => {
      const { made, late } = await scene()
      await converge(made, wantOf([first]))
      const work = hold(made, begin, () => destroyed(made, 4))
      // A fence of its own makes it write the record too.
      const older = failureOf(late.apply(key, scaled(2), callOptions({ fence: 3 })))
      await work()
      expect(await older).toMatchObject({ code: 'conflict' })
      expect([...made.api.world.objects.keys()]).toEqual([])
    },
  )
})

describe('a newer leader', () => {
  it('that does all of its work between two reads of the older one is seen by it', async () => {
    const { made, late } = await scene()
    await converge(made, wantOf([first]))
    const work = hold(made, 'GET /configmaps', () =>
      made.target.apply(key, scaled(3), callOptions({ fence: 2 })),
    )
    const older = failureOf(late.apply(key, scaled(2), callOptions({ fence: 1 })))
    await work()
    expect(await older).toMatchObject({ code: 'fence-stale' })
    expect(replicasIn(made)).toBe(3)
  })

  it('that begins between two reads of the older one is seen by it', async () => {
    const { made, late } = await scene()
    const work = hold(made, 'GET /configmaps', () =>
      made.target.apply(key, scaled(3, plain), callOptions({ fence: 2 })),
    )
    const older = failureOf(late.apply(key, scaled(2, plain), callOptions({ fence: 1 })))
    await work()
    expect(await older).toMatchObject({ code: 'fence-stale' })
    expect(replicasIn(made)).toBe(3)
  })
})
