import { describe, expect, it } from 'vitest'
import {
  allow,
  type ControlPlaneOptions,
  deny,
  notApplicable,
  type PolicyEngine,
  type Rule,
  rule,
  rulesPolicy,
} from '../../../../src/index.ts'
import type { PolicyRequest } from '../../../../src/policy/contract.ts'
import { splitIn } from '../../../status.ts'
import {
  ann,
  collect,
  digits,
  inTime,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
  serving,
} from '../plane-fixture.ts'

const bob = { name: 'bob@example.com', roles: ['on-call'] }

async function atPause(plane: Partial<ControlPlaneOptions>): Promise<PlaneFixture> {
  const fixture = planeFixture({ plane })
  await serving(fixture)
  await registerVersions(fixture.registry, '2')
  const strategy = { canary: { steps: [{ weight: 5 }, { pause: 'until-promoted' as const }] } }
  await fixture.plane.apply(digits('2', { strategy }), { actor: ann })
  await fixture.until(async () => (await fixture.phase()) === 'pausing')
  return fixture
}

const policy = (...rules: readonly Rule[]): ControlPlaneOptions => ({
  policies: [rulesPolicy('people', rules)],
})

describe('a command', () => {
  it('is judged as the person who gives it, with the revision that it is about', async () => {
    const asked: PolicyRequest[] = []
    const note = rule('note', {
      on: ['command', 'delete'],
      check: (request) => {
        asked.push(request)
        return allow()
      },
    })
    const { plane } = await atPause(policy(note))
    const { status } = (await plane.get('digits')) ?? {}
    const revision = status?.desired
    await plane.pause('digits', { actor: bob })
    await plane.resume('digits', { actor: bob })
    await plane.promote('digits', { actor: bob, full: true })
    await plane.delete('digits', { actor: bob })
    expect(asked).toMatchObject([
      { action: 'command', actor: bob, command: 'pause' },
      { action: 'command', actor: bob, command: 'resume' },
      { action: 'command', actor: bob, command: 'promote', revision, full: true },
      { action: 'delete', actor: bob, resource: { kind: 'ModelDeployment', metadata: { name: 'digits' } } },
    ])
    await plane.stop()
  })

  it('is allowed when no engine declares commands', async () => {
    const { plane } = await atPause(policy(rule('ok', { on: 'deploy', check: () => allow() })))
    expect((await plane.pause('digits', { actor: bob })).status?.paused?.actor).toEqual(bob)
    await plane.stop()
  })

  it('that an engine denies, does not cover or cannot judge is refused and stores nothing', async () => {
    const people = rule('people', {
      on: 'command',
      check: ({ command }) => {
        if (command === 'pause') return deny('nobody pauses')
        if (command === 'approve') return notApplicable()
        throw new Error('the directory is down')
      },
    })
    const { plane, store } = await atPause(policy(people))
    const before = await store.get('ModelDeployment', 'default/digits')
    await expect(plane.pause('digits', { actor: bob })).rejects.toMatchObject({
      code: 'policy-denied',
      message: 'pause of default/digits is refused: people/people: nobody pauses',
    })
    await expect(plane.approve('digits', { actor: bob })).rejects.toMatchObject({ code: 'policy-denied' })
    await expect(plane.promote('digits', { actor: bob })).rejects.toMatchObject({ code: 'policy-error' })
    expect(await store.get('ModelDeployment', 'default/digits')).toEqual(before)
    await plane.stop()
  })

  it('leaves the decision in its audit record', async () => {
    const warn = rule('warn', { on: 'command', level: 'advisory', check: () => deny('it is Friday') })
    const { plane, audit } = await atPause(policy(warn))
    await plane.pause('digits', { actor: bob })
    await plane.stop()
    const paused = (await collect(audit.read())).find(({ action }) => action === 'rollout-paused')
    expect(paused?.details).toMatchObject({
      policyRevision: expect.stringMatching(/^[0-9a-f]{64}$/),
      findings: [{ message: 'it is Friday' }],
    })
  })
})

describe('an abort', () => {
  it('goes on when an engine fails, or has nothing to say, and records that', async () => {
    const broken = rule('broken', {
      on: 'command',
      check: ({ command }) => {
        if (command === 'pause') return notApplicable()
        throw new Error('the directory is down')
      },
    })
    const silent = rulesPolicy('silent', [rule('quiet', { on: 'command', check: () => notApplicable() })])
    for (const policies of [[silent], [silent, rulesPolicy('people', [broken])]]) {
      const { plane, audit } = await atPause({ policies })
      const { status } = await plane.abort('digits', { actor: bob })
      expect(splitIn(status)).toEqual([{ revision: status?.stable, weight: 100 }])
      await plane.stop()
      const record = (await collect(audit.read())).find(({ action }) => action === 'rollout-aborted')
      const messages = [expect.stringContaining('the directory is down')].slice(2 - policies.length)
      expect(
        ((record?.details.findings ?? []) as { message: string }[]).map(({ message }) => message),
      ).toEqual(messages)
    }
  })

  it('waits for a policy that hangs no longer than its time limit, also while the loop writes', async () => {
    let asked = 0
    const hanging: PolicyEngine = {
      name: 'hanging',
      actions: ['command'],
      decide: () => {
        asked += 1
        return new Promise(() => {})
      },
    }
    const fixture = await atPause({ policies: [hanging], timeouts: { policyMs: 5_000 } })
    const { plane, clock, registry } = fixture
    await registerVersions(registry, '3')
    const abort = plane.abort('digits', { actor: bob })
    let done = false
    void abort.then(() => {
      done = true
    })
    await clock.advance(1_000)
    await fixture.store.get('ModelDeployment', 'default/digits').then(async (stored) => {
      if (stored === null) throw new Error('gone')
      await fixture.store.putStatus(
        'ModelDeployment',
        'default/digits',
        { ...(stored.status as object) },
        {
          expect: stored.version,
          events: [],
        },
      )
    })
    expect(done).toBe(false)
    await clock.advance(4_100)
    expect(done).toBe(true)
    expect(asked).toBe(1)
    expect((await abort).status?.rollout).toMatchObject({ cause: 'Aborted' })
    await plane.stop()
  })

  it('is stopped by a deny', async () => {
    const { plane, phase } = await atPause(
      policy(
        rule('on-call', {
          on: 'command',
          check: ({ actor }) =>
            actor.roles?.includes('on-call') ? allow() : deny(`${actor.name} is not on call`),
        }),
      ),
    )
    await expect(plane.abort('digits', { actor: ann })).rejects.toMatchObject({ code: 'policy-denied' })
    expect(await phase()).toBe('pausing')
    await plane.abort('digits', { actor: bob })
    expect(await phase()).toBe('rolling-back')
    await plane.stop()
  })
})

describe('a deletion', () => {
  it('that a policy denies or cannot judge is refused and stores nothing', async () => {
    const keep = rule('keep', {
      on: 'delete',
      check: ({ actor, resource }) => {
        if (resource.kind === 'ModelRoute') throw new Error('the directory is down')
        return actor.roles?.includes('on-call') ? allow() : deny('only people on call delete')
      },
    })
    const fixture = planeFixture({ plane: policy(keep) })
    const { plane } = fixture
    await plane.apply(digits('1'), { actor: ann })
    await plane.apply(route('other', { backends: [{ deployment: 'other' }] }), { actor: ann })
    await expect(plane.delete('digits', { actor: ann })).rejects.toMatchObject({
      code: 'policy-denied',
      message: 'deleting ModelDeployment default/digits is refused: people/keep: only people on call delete',
    })
    await expect(plane.delete('other', { actor: bob, kind: 'ModelRoute' })).rejects.toMatchObject({
      code: 'policy-error',
    })
    expect((await plane.get('digits'))?.deletion).toBeUndefined()
    expect(await plane.getRoute('other')).not.toBeNull()
    await plane.delete('digits', { actor: bob })
    expect((await plane.get('digits'))?.deletion).toMatchObject({ actor: bob })
    await inTime(fixture, plane.stop())
  })
})
