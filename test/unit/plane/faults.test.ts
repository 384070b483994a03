import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../src/errors.ts'
import { allow, deny, envSecrets, rule, rulesPolicy } from '../../../src/index.ts'
import { type ConditionType, conditionOf } from '../../../src/resources/deployment/condition.ts'
import type { AuditLog } from '../../../src/security/contract.ts'
import { memoryAuditLog } from '../../../src/security/memory-audit-log.ts'
import { madeOf } from '../../status.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions } from './plane-fixture.ts'

async function condition({ plane }: PlaneFixture, type: ConditionType): Promise<string | undefined> {
  const found = conditionOf((await plane.get('digits'))?.status?.conditions ?? [], type)
  return found && `${found.status} ${found.reason}`
}

async function ends(fixture: PlaneFixture): Promise<void> {
  const { plane, until, phase, audit, store } = fixture
  await until(async () => (await phase()) === 'converged', 300_000)
  expect(await condition(fixture, 'Ready')).toBe('True Serving')
  expect(await condition(fixture, 'Degraded')).toBeUndefined()
  await until(async () => (await store.readEvents(1)).length === 0)
  expect(await audit.verify()).toMatchObject({ ok: true })
  await plane.stop()
}

describe('a control plane among faults', () => {
  it('reports a registry that is down, keeps the split, and rolls out once the registry is back', async () => {
    let down = false
    const fixture = planeFixture()
    const { plane, registry, until, phase } = fixture
    const resolve = registry.resolve.bind(registry)
    registry.resolve = async (reference, options) => {
      if (down) throw new ModelspineError('registry-unavailable', 'connection refused')
      return resolve(reference, options)
    }
    await registerVersions(registry, '1', '2')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    down = true
    await plane.apply(digits('2'), { actor: ann })
    await until(async () => (await condition(fixture, 'ModelResolved')) === 'False RegistryUnavailable')
    expect((await plane.get('digits'))?.status?.traffic).toHaveLength(1)
    down = false
    await until(async () => {
      const { status } = (await plane.get('digits')) ?? {}
      return madeOf(status, status?.desired)?.model.version === '2'
    })
    await ends(fixture)
  })

  it('reports a version that does not exist, and deploys it when it is registered', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, phase } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('7'), { actor: ann })
    await until(async () => (await condition(fixture, 'ModelResolved')) === 'False ModelNotFound')
    expect(await phase()).toBe('pending')
    await registerVersions(registry, '7')
    await ends(fixture)
  })

  it('retries a target that cannot be reached', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, target } = fixture
    await registerVersions(registry, '1')
    for (let times = 0; times < 8; times += 1) target.failNext('observe')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await condition(fixture, 'Degraded')) === 'True TargetUnavailable')
    await ends(fixture)
  })

  it('creates a revision once although the target’s answer is lost', async () => {
    const fixture = planeFixture()
    const { plane, registry, target, world } = fixture
    await registerVersions(registry, '1')
    target.failNext('apply', 'after')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await ends(fixture)
    expect(world.journal.filter(({ kind }) => kind === 'created')).toHaveLength(1)
  })

  it('reports a target that knows a newer fence, and goes on when the target accepts the plane’s fence', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, target } = fixture
    await registerVersions(registry, '1')
    for (let times = 0; times < 4; times += 1) {
      target.failNext('apply', 'before', new ModelspineError('fence-stale', 'fence 1 is older than 7'))
    }
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await condition(fixture, 'Degraded')) === 'True FenceStale')
    await ends(fixture)
  })

  it('fails the rollout of a revision that is not ready at the deadline', async () => {
    const fixture = planeFixture({ target: { readyAfterMs: 3_600_000 } })
    const { plane, registry, until, phase } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1', { deadline: '30s' }), { actor: ann })
    await until(async () => (await phase()) === 'failed')
    expect(await condition(fixture, 'Progressing')).toBe('False ProgressDeadlineExceeded')
    await plane.stop()
  })

  it('fails a rollout that the target refuses, gives the reason, and goes on after retry', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, phase, target } = fixture
    await registerVersions(registry, '1')
    target.refuseNext('QuotaExceeded', 'no GPU is left')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'failed')
    expect((await plane.explain('digits')).waitsFor).toContain('no GPU is left')
    await plane.retry('digits', { actor: ann })
    await ends(fixture)
  })

  it('creates no revision while a policy throws, and asks the policy again', async () => {
    let broken = true
    const policy = rulesPolicy('promotion', [
      rule('healthy', {
        on: 'promote',
        check: () => {
          if (broken) throw new Error('the bundle is gone')
          return allow()
        },
      }),
    ])
    const fixture = planeFixture({ plane: { policies: [policy] } })
    const { plane, registry, until, world } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await condition(fixture, 'PolicyDenied')) === 'True PolicyError')
    expect(world.journal).toHaveLength(0)
    broken = false
    await ends(fixture)
  })

  it('creates no revision while a policy denies the promotion, and gives the policy’s reason', async () => {
    const policy = rulesPolicy('promotion', [
      rule('approved-only', {
        on: 'promote',
        check: ({ model }) =>
          model?.approval === 'approved' ? allow() : deny(`approval is ${model?.approval}`),
      }),
    ])
    const fixture = planeFixture({ plane: { policies: [policy] } })
    const { plane, registry, until, world } = fixture
    await registerVersions(registry, '1')
    await registry.setApproval('digits', '1', 'pending')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await condition(fixture, 'PolicyDenied')) === 'True Denied')
    expect((await plane.explain('digits')).waitsFor).toContain('approval is pending')
    expect(world.journal).toHaveLength(0)
    await registry.setApproval('digits', '1', 'approved')
    await ends(fixture)
  })

  it('keeps events in the store while the audit log is down, and loses none', async () => {
    let down = true
    const log = memoryAuditLog()
    const audit: AuditLog = {
      ...log,
      append: async (entries) => {
        if (down) throw new ModelspineError('audit-unavailable', 'disk is full')
        return log.append(entries)
      },
    }
    const fixture = { ...planeFixture({ plane: { audit } }), audit: log }
    const { plane, registry, until, phase, events, clock } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    expect(plane.health().faults).toEqual([
      { part: 'audit', reason: 'AuditUnavailable', message: 'disk is full' },
    ])
    down = false
    await clock.advance(60_000)
    expect(plane.health().faults).toEqual([])
    const recorded: string[] = []
    for await (const { action } of log.read()) recorded.push(action)
    expect(recorded).toEqual(events.map(({ action }) => action))
    await ends(fixture)
  })

  it('sends an effect later when too little time is left of the lease', async () => {
    const fixture = planeFixture({ plane: { leaseMs: 15_000 } })
    const { plane, registry, store, clock, world, until } = fixture
    const renew = store.renewLease.bind(store)
    store.renewLease = async (lease, ttlMs) => {
      // The plane asks for a renewal after 5 s. A granted lease is of use for 10 s.
      await new Promise<void>((resolve) => clock.schedule(4980, resolve))
      return renew(lease, ttlMs)
    }
    await registerVersions(registry, '1')
    await plane.start()
    await clock.advance(9960)
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(10)
    expect(world.journal).toEqual([])
    await until(() => world.journal.length === 1, 1000)
    await ends(fixture)
  })
})

describe('a control plane without a secret', () => {
  it('waits for the secret and then creates the revision, even on a target with random names', async () => {
    const env: Record<string, string> = {}
    const fixture = planeFixture({
      plane: { secrets: { env: envSecrets({ env }) } },
      target: { capabilities: { names: 'random' } },
    })
    const { plane, registry, until, target } = fixture
    const apply = target.apply.bind(target)
    target.apply = async (key, want, options) => {
      for (const reference of Object.values(want.revisions[0]?.runtime.secrets ?? {}))
        await options.secret(reference)
      return apply(key, want, options)
    }
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1', { runtime: { secrets: { TOKEN: 'env:TOKEN' } } }), { actor: ann })
    await until(async () => (await condition(fixture, 'Degraded')) === 'True SecretNotFound')
    env.TOKEN = 'hush'
    await ends(fixture)
  })
})
