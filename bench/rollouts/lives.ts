import { seededRandom } from '../../src/clock.ts'
import { createControlPlane, memoryRegistry, memoryStore, memoryTarget } from '../../src/index.ts'
import type { ModelDeploymentSpecInput } from '../../src/resources/deployment/model-deployment.ts'
import type { Key } from '../../src/resources/metadata.ts'
import { typedStore } from '../../src/store/typed-store.ts'
import { createFakeClock } from '../../src/testing/fake-clock.ts'
import { hourMs, plainReconciler } from '../plain-reconciler.ts'
import { type Quality, Traffic } from './traffic.ts'

/** What became of one canary. */
export interface Life {
  readonly end: 'promoted' | 'turned-back' | 'paused'
  /** Requests that the candidate answered until then. */
  readonly met: number
  /** Why it ended so. */
  readonly message: string
}

export interface LifeOptions {
  readonly spec: Pick<ModelDeploymentSpecInput, 'strategy' | 'analysis' | 'falseAlarms'>
  readonly perSecond: number
  readonly stable: Quality
  readonly candidate: Quality
}

const files = { kind: 'files', files: [{ uri: 'file:///m' }] } as const
const versions = ['1', '2'].map(
  (version) => ({ name: 'm', version, approval: 'approved', artifact: files }) as const,
)

/** Leads canaries through the real loop: store, machine, gates and target, with a fake clock and seeded requests. */
export async function* lives(
  { from, to }: { readonly from: number; readonly to: number },
  options: LifeOptions,
): AsyncGenerator<Life> {
  for (let run = from; run < to; run += 1) yield await live(options, 1000 + run)
}

async function live({ spec, perSecond, stable, candidate }: LifeOptions, seed: number): Promise<Life> {
  const clock = createFakeClock({ seed })
  const store = typedStore(memoryStore({ clock }))
  const target = memoryTarget({ clock })
  const registry = memoryRegistry({ name: 'models', versions })
  const plane = createControlPlane({
    store,
    clock,
    targets: { local: target },
    registries: { models: registry },
  })
  const key: Key = 'default/m'
  let first: string | undefined
  const traffic = new Traffic(perSecond, seededRandom(seed), (revision) =>
    revision === first ? stable : candidate,
  )
  const reconcile = plainReconciler({ store, clock, target, registry, metrics: { plane: traffic } })
  const lease = await store.acquireLease('modelspine', 'bench', 1000 * hourMs)
  if (lease === null) throw new Error('the lease is held')
  const held = { ...lease, remainingMs: () => 1000 * hourMs }
  const declare = async (version: string): Promise<unknown> =>
    plane.apply(
      {
        kind: 'ModelDeployment',
        metadata: { name: 'm' },
        spec: { model: `models/m:${version}`, target: 'local', ...spec },
      },
      { actor: { name: 'bench' } },
    )
  const status = async () => {
    const stored = await store.get('ModelDeployment', key)
    if (stored?.status === undefined) throw new Error('the deployment has no status')
    return stored.status
  }
  const until = async (version: string): Promise<Awaited<ReturnType<typeof status>>> => {
    await declare(version)
    for (let look = 0; look < 5000; look += 1) {
      const result = await reconcile(key, { held, abortSignal: never })
      if (result.kind !== 'requeue') throw new Error(`a reconcile gave ${result.kind}`, { cause: result })
      const now = await status()
      const { phase } = now.rollout
      if (phase === 'converged' || phase === 'failed' || phase === 'holding' || phase === 'blocked')
        return now
      traffic.serve(now.traffic, clock.now(), result.afterMs)
      await clock.advance(result.afterMs)
    }
    throw new Error(`the rollout does not end: ${JSON.stringify((await status()).rollout)}`)
  }
  const settled = await until('1')
  first = settled.stable
  traffic.serve(settled.traffic, clock.now(), hourMs)
  await clock.advance(hourMs)
  const before = settled.stable
  const { stable: last, rollout, conditions, revisions } = await until('2')
  await plane.stop()
  const second = Object.keys(revisions).find((name) => name !== before) ?? ''
  const message = conditions.map((each) => `${each.type} ${each.reason}: ${each.message}`).join(' | ')
  const met = traffic.served(second)
  if (rollout.phase === 'holding') return { end: 'paused', met, message }
  return { end: last === before ? 'turned-back' : 'promoted', met, message }
}

const never = new AbortController().signal
