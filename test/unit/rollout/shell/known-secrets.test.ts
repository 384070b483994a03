import { describe, expect, it } from 'vitest'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import { memoryRegistry } from '../../../../src/registry/memory-registry.ts'
import type { ModelDeployment } from '../../../../src/resources/deployment/model-deployment.ts'
import { createKnownSecrets, type KnownSecrets } from '../../../../src/rollout/shell/known-secrets.ts'
import { createDeploymentReconciler } from '../../../../src/rollout/shell/reconcile-deployment.ts'
import type { Secret } from '../../../../src/security/contract.ts'
import { secretOf } from '../../../../src/security/secret.ts'
import { memoryStore } from '../../../../src/store/memory-store.ts'
import { typedStore } from '../../../../src/store/typed-store.ts'
import { silentLogger } from '../../../../src/telemetry/logger.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { ada, pinned, specWith } from '../machine/fixtures.ts'

const value = 'hunter2-and-more'
const key = 'default/churn'

async function knowing(...values: readonly string[]): Promise<KnownSecrets> {
  const known = createKnownSecrets()
  for (const each of [value, ...values])
    await known.learn(key, 'vault:token', Promise.resolve(secretOf(each)))
  return known
}

describe('the known secrets', () => {
  it('are removed from the reason of a failed operation', async () => {
    const { operations } = (await knowing()).scrubObserved(key, {
      revisions: [],
      operations: [{ operationId: 'o1', state: 'failed', reason: `401 for ${value}` }],
    })
    expect(operations[0]?.reason).toBe('401 for [secret]')
  })

  it('stay known after they were rotated: the newest four values of a reference', async () => {
    const known = await knowing('second', 'third', 'third', 'fourth')
    expect(known.scrubText(key, `${value} second third fourth`)).toBe('[secret] [secret] [secret] [secret]')
    await known.learn(key, 'vault:token', Promise.resolve(secretOf('fifth')))
    expect(known.scrubText(key, `${value} second third fourth fifth`)).toBe(
      `${value} [secret] [secret] [secret] [secret]`,
    )
  })

  it('do not come back when one is learnt after the deployment was forgotten', async () => {
    const known = createKnownSecrets()
    let come: (secret: Secret) => void = () => {}
    const learning = known.learn(key, 'vault:token', new Promise((resolve) => (come = resolve)))
    known.forget(key)
    come(secretOf(value))
    await learning
    expect([known.knows(key, 'vault:token'), known.scrubText(key, value)]).toEqual([false, value])
  })

  it('are those of one deployment, and are forgotten with it', async () => {
    const known = await knowing()
    expect(known.scrubText('default/other', value)).toBe(value)
    known.forget(key)
    expect(known.scrubText(key, value)).toBe(value)
  })

  it('are forgotten when the deployment was deleted', async () => {
    const clock = createFakeClock()
    const store = typedStore(memoryStore({ clock }))
    const knownSecrets = createKnownSecrets()
    const spec = specWith({ rolling: { step: 100, every: '0s' } })
    const deployment: ModelDeployment = {
      apiVersion: 'modelspine.dev/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name: 'churn', namespace: 'default', labels: {}, annotations: {} },
      spec: { ...spec, runtime: { ...spec.runtime, secrets: { TOKEN: 'vault:token' } } },
    }
    const reconcile = createDeploymentReconciler({
      store,
      clock,
      logger: silentLogger,
      registries: {
        memory: memoryRegistry({ clock, versions: [{ ...pinned(1), aliases: ['champion'] }] }),
      },
      targets: { prod: memoryTarget({ clock }) },
      metrics: {},
      check: () => [],
      permit: async ({ revision: { name }, weight }) => ({
        revision: name,
        weight,
        verdict: 'allow',
        message: '',
        policyRevision: '',
        findings: [],
      }),
      secret: async () => secretOf(value),
      knownSecrets,
      sent: () => {},
      committed: () => {},
      resyncMs: 60_000,
    })
    const lease = await store.acquireLease('modelspine', 'me', 60_000)
    if (lease === null) throw new Error('the lease is taken')
    const held = { ...lease, remainingMs: () => 60_000 }
    const nowMs = clock.now()
    await store.putSpec(deployment, {
      actor: ada,
      finalizers: ['modelspine.dev/target'],
      nowMs,
      uid: 'u1',
      events: () => [],
    })
    const look = () => reconcile(key, { held, abortSignal: new AbortController().signal })
    await look()
    expect(knownSecrets.scrubText(key, value)).toBe('[secret]')
    await store.delete('ModelDeployment', key, { actor: ada, nowMs, events: () => [] })
    while ((await look()).kind !== 'done');
    expect(await store.get('ModelDeployment', key)).toBeNull()
    expect(knownSecrets.scrubText(key, value)).toBe(value)
  })
})
