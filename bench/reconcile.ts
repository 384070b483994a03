import { systemClock } from '../src/clock.ts'
import { createControlPlane, memoryRegistry, memoryStore, memoryTarget } from '../src/index.ts'
import { createBackoff } from '../src/reconcile/backoff.ts'
import { createLoop } from '../src/reconcile/loop.ts'
import { createQueue } from '../src/reconcile/queue.ts'
import type { Key } from '../src/resources/metadata.ts'
import { typedStore } from '../src/store/typed-store.ts'
import { type BenchResult, median } from './bench.ts'
import { hourMs, plainReconciler } from './plain-reconciler.ts'

const deployments = 10_000
const rounds = 5

/**
 * Measures converged deployments on the memory store: how many reconciles per second, how much memory each
 * deployment takes, and how the time compares with a loop that does only the reads.
 */
export async function run(): Promise<BenchResult> {
  const store = typedStore(memoryStore())
  const target = memoryTarget()
  const registry = memoryRegistry({
    name: 'models',
    versions: [
      {
        name: 'm',
        version: '1',
        approval: 'approved',
        artifact: { kind: 'files', files: [{ uri: 'file:///m' }] },
      },
    ],
  })
  const keys = Array.from({ length: deployments }, (_, place): Key => `default/d-${place}`)
  const heapBefore = heap()
  const plane = createControlPlane({ store, targets: { local: target }, registries: { models: registry } })
  for (const key of keys) {
    await plane.apply(
      {
        kind: 'ModelDeployment',
        metadata: { name: key.slice('default/'.length) },
        spec: { model: 'models/m:1', target: 'local' },
      },
      { actor: { name: 'bench' } },
    )
  }
  const lease = await store.acquireLease('modelspine', 'bench', hourMs)
  if (lease === null) throw new Error('the lease is held')
  const reconcile = plainReconciler({ store, clock: systemClock, target, registry, metrics: {} })
  const held = { ...lease, remainingMs: () => hourMs }
  for (const key of keys) {
    for (;;) {
      const result = await reconcile(key, { held, abortSignal: never })
      if (result.kind !== 'requeue') throw new Error(`a reconcile gave ${result.kind}`)
      const stored = await store.get('ModelDeployment', key)
      if (stored?.status?.rollout.phase === 'converged') break
    }
  }
  await store.acknowledgeEvents((await store.readEvents(Number.MAX_SAFE_INTEGER)).map(({ id }) => id))
  const bytes = (heap() - heapBefore) / deployments

  const looped: number[] = []
  const bare: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    looped.push(
      await timed(() => throughLoop(keys, (key, abortSignal) => reconcile(key, { held, abortSignal }))),
    )
    bare.push(
      await timed(() =>
        throughLoop(keys, async (key) => {
          await store.get('ModelDeployment', key)
          await registry.resolve({ registry: 'models', name: 'm', version: '1' })
          await target.observe(key)
          return { kind: 'done' }
        }),
      ),
    )
  }
  await plane.stop()
  return {
    name: 'reconcile',
    rows: [
      {
        what: `${deployments} converged deployments`,
        value: deployments / (median(looped) / 1000),
        unit: '/s',
      },
      {
        what: 'time, compared with a loop that does only the reads',
        value: median(looped) / median(bare),
        unit: '×',
      },
      { what: 'memory per deployment, target included', value: bytes, unit: 'bytes' },
    ],
  }
}

const never = new AbortController().signal

async function throughLoop(
  keys: readonly Key[],
  reconcile: (
    key: Key,
    abortSignal: AbortSignal,
  ) => Promise<{ readonly kind: 'done' } | { readonly kind: string }>,
): Promise<void> {
  const queue = createQueue<Key>({ clock: systemClock })
  for (const key of keys) queue.add(key)
  let left = keys.length
  const finished = Promise.withResolvers<void>()
  const loop = createLoop<Key>({
    queue,
    backoff: createBackoff({ clock: systemClock }),
    clock: systemClock,
    reconcile: async (key, { abortSignal }) => {
      await reconcile(key, abortSignal)
      return { kind: 'done' }
    },
    onResult: () => {
      left -= 1
      if (left === 0) finished.resolve()
    },
  })
  loop.start()
  await finished.promise
  await loop.stop()
}

async function timed(run: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await run()
  return performance.now() - started
}

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
