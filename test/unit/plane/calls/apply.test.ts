import { describe, expect, it } from 'vitest'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import { allow, deny, memoryProvider, memoryStore, rule, rulesPolicy } from '../../../../src/index.ts'
import { problemsOf } from '../../../../src/resources/problems/problem.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { ann, collect, digits, planeFixture, registerVersions, route, serving } from '../plane-fixture.ts'

const bob = { name: 'bob@example.com' }

describe('apply', () => {
  it('says whether it created, updated or left the resource unchanged, and counts generations', async () => {
    const { plane } = planeFixture()
    const key = 'default/digits'
    const kind = 'ModelDeployment'
    expect(await plane.apply(digits('1'), { actor: ann })).toEqual({
      kind,
      key,
      generation: 1,
      change: 'created',
    })
    expect(await plane.apply(digits('1'), { actor: bob })).toEqual({
      kind,
      key,
      generation: 1,
      change: 'unchanged',
    })
    expect(await plane.apply(digits('2'), { actor: bob })).toEqual({
      kind,
      key,
      generation: 2,
      change: 'updated',
    })
    expect(await plane.get('digits')).toMatchObject({ key, generation: 2, actor: bob })
    expect(await plane.get('nobody')).toBeNull()
  })

  it('writes nothing and emits no event when the same spec is already stored', async () => {
    const { plane, store, events } = planeFixture()
    await plane.apply(digits('1'), { actor: ann })
    const before = await store.get('ModelDeployment', 'default/digits')
    await plane.apply(digits('1'), { actor: bob })
    expect(await store.get('ModelDeployment', 'default/digits')).toEqual(before)
    expect(await store.readEvents(10)).toHaveLength(1)
    expect(events.map(({ action }) => action)).toEqual(['deployment-applied'])
  })

  it('keeps the generation and its author when only labels change', async () => {
    const { plane } = planeFixture()
    await plane.apply(digits('1'), { actor: ann })
    const labelled = { ...digits('1'), metadata: { name: 'digits', labels: { team: 'risk' } } }
    expect(await plane.apply(labelled, { actor: bob })).toMatchObject({ generation: 1, change: 'updated' })
    expect(await plane.get('digits')).toMatchObject({
      actor: ann,
      resource: { metadata: { labels: { team: 'risk' } } },
    })
  })

  it.each([
    ['percent', 'reply', false],
    ['percent', 'address', true],
    ['none', 'reply', true],
    ['none', 'none', false],
  ] as const)(
    'judges its own measurements at a target with split %s and attribution %s: %s',
    async (split, attribution, can) => {
      const { plane, registry } = planeFixture({ target: { capabilities: { split, attribution } } })
      await registerVersions(registry, '1')
      const applied = plane.apply(
        digits('1', {
          strategy: { canary: { steps: [{ weight: 5 }, { analyze: ['right'], for: '1m' }] } },
          analysis: [{ name: 'right', metric: 'requests.errors', pass: { atMost: 0.1 } }],
        }),
        { actor: ann },
      )
      if (can) await applied
      else await expect(applied).rejects.toThrow('do not tell which revision answered')
    },
  )

  it('reports in one error every reason why this plane cannot run the deployment', async () => {
    const { plane, store } = planeFixture({
      plane: {
        metrics: {
          prom: {
            capabilities: () => ({ counts: false, routerMeasured: false, delayMs: 0 }),
            query: () => ({ kind: 'no-data' }),
          },
        },
      },
      target: {
        capabilities: { scaleToZero: false, maxRevisions: 1, attribution: 'none' },
        checkSettings: () => [{ field: 'gpu', message: 'is no number' }],
      },
    })
    const applied = plane.apply(
      digits('1', {
        model: 'elsewhere/digits:1',
        target: { name: 'local', settings: { gpu: 'one' } },
        runtime: { secrets: { TOKEN: 'vault:token' } },
        scale: { min: 0, max: 1 },
        policies: ['nobody'],
        strategy: { canary: { steps: [{ weight: 5 }, { analyze: ['slow', 'right', 'odd'], for: '1m' }] } },
        analysis: [
          { name: 'slow', metric: 'p99', source: 'prom', minSamples: 50, pass: { atMost: 1 } },
          { name: 'right', metric: 'requests.errors', pass: { atMost: 0.1 } },
          { name: 'odd', metric: 'x', source: 'datadog', pass: { atMost: 1 } },
        ],
      }),
      { actor: ann },
    )
    await expect(applied).rejects.toMatchObject({ code: 'plan-refused', retryable: false })
    const { details } = (await applied.catch((error: unknown) => error)) as {
      details: { problems: string[] }
    }
    expect(details.problems).toMatchInlineSnapshot(`
      [
        "spec.model.registry: this plane has no registry "elsewhere". Write one of "models".",
        "spec.runtime.secrets.TOKEN: this plane has no secret store [secret]. This plane has no secret stores.",
        "spec.policies[0]: this plane has no policy engine "nobody". This plane has no policy engines.",
        "spec.analysis[2].source: this plane has no metric source "datadog". Write one of "prom", "plane".",
        "spec.target.settings.gpu: is no number",
        "spec.scale.min is 0, and target "local" cannot scale to zero. Write 1 or more.",
        "spec.strategy is canary, which needs two revisions side by side, and target "local" holds one at a time. Use another target.",
        "spec.analysis[0].minSamples is 50, and the source does not count samples of p99. Leave it out, or use a metric that is counted.",
        "spec.analysis[1].source: the target's replies do not tell which revision answered. Use a source that the target itself feeds.",
      ]
    `)
    expect(await store.get('ModelDeployment', 'default/digits')).toBeNull()
    expect(await store.readEvents(1)).toEqual([])
  })

  it('refuses a target that is not known', async () => {
    const { plane } = planeFixture()
    await expect(plane.apply(digits('1', { target: 'mars' }), { actor: ann })).rejects.toThrow(
      'spec.target.name: this plane has no target "mars". Write one of "local".',
    )
  })

  it('tells unknown names together with what the schema refuses, each once and each with its field', async () => {
    const { plane } = planeFixture()
    const refused = plane.apply(
      digits('1', {
        model: 'modls/digits:1',
        target: 'locl',
        scale: { min: -1 },
        policies: ['no such name'],
        deadline: 'soon' as never,
      }),
      { actor: ann },
    )
    await expect(refused).rejects.toMatchObject({ code: 'invalid-resource' })
    const error = await refused.catch((each: unknown) => each)
    expect(problemsOf(error).map(({ field, remedy }) => [field, remedy])).toEqual([
      ['spec.scale.min', expect.any(String)],
      ['spec.policies[0]', expect.any(String)],
      ['spec.deadline', expect.any(String)],
      ['spec.model', 'Did you mean "models"?'],
      ['spec.target', 'Did you mean "local"?'],
    ])
  })

  it.each([
    null,
    undefined,
    7,
    'ModelRoute',
    [],
    {},
    { spec: null },
    { kind: 'ModelRoute', spec: [] },
    { kind: 'toString' },
  ])('refuses %j as an invalid resource', async (input) => {
    const { plane } = planeFixture()
    await expect(plane.apply(input as never, { actor: ann })).rejects.toMatchObject({
      code: 'invalid-resource',
    })
    await expect(plane.plan(input as never, { actor: ann })).rejects.toMatchObject({
      code: 'invalid-resource',
    })
  })

  it.each(['__proto__', 'constructor', 'toString', ''])(
    'knows no part of the plane by the name %j',
    async (name) => {
      const { plane } = planeFixture()
      const wrong = digits('1', {
        target: { name } as never,
        policies: [name],
        model: { registry: name, text: 'x' },
      })
      await expect(plane.apply(wrong, { actor: ann })).rejects.toThrow(/spec\.(target|model|policies)/)
    },
  )

  it('refuses a route to a provider that the plane does not have, with the nearest name', async () => {
    const { plane, store } = planeFixture({
      plane: { providers: { openai: memoryProvider({ chat: () => 'Hello!' }) } },
    })
    const wrong = route('m', {
      backends: [{ provider: 'opnai', model: 'm' }],
      fallback: [{ provider: 'mars', model: 'm' }],
    })
    const problems = [
      'spec.backends[0].provider: this plane has no provider "opnai". Did you mean "openai"?',
      'spec.fallback[0].provider: this plane has no provider "mars". Write one of "openai".',
    ]
    await expect(plane.apply(wrong, { actor: ann })).rejects.toMatchObject({
      code: 'plan-refused',
      details: { problems },
    })
    expect(await store.get('ModelRoute', 'default/m')).toBeNull()
    expect(await plane.plan(wrong, { actor: ann })).toMatchObject({ problems })
  })

  it('refuses a route to a deployment whose protocol the plane cannot speak', async () => {
    const { plane } = planeFixture({ plane: { connect: { memry: () => memoryProvider({}) } } })
    await plane.apply(digits('1'), { actor: ann })
    const problems = [
      'spec.backends[0].deployment is default/digits, whose endpoints speak "memory". This plane speaks "memry". Did you mean "memry"? Give the plane connect["memory"], or correct the name.',
    ]
    await expect(plane.apply(route('m'), { actor: ann })).rejects.toMatchObject({ details: { problems } })
    expect(await plane.plan(route('m'), { actor: ann })).toMatchObject({ problems })
  })

  it('learns a protocol that only a running endpoint tells', async () => {
    const endpoint = { protocol: 'odd', address: 'odd://here' }
    const fixture = planeFixture({ target: { endpoint: () => endpoint }, plane: { connect: {} } })
    const { plane, registry } = fixture
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    await plane.apply(route('before'), { actor: ann })
    await plane.start()
    await fixture.until(async () => (await fixture.phase()) === 'converged')
    await expect(plane.apply(route('after'), { actor: ann })).rejects.toThrow(
      'whose endpoints speak "odd". This plane speaks no protocol. Give the plane connect["odd"], or correct the name.',
    )
    await plane.stop()
  })

  it('judges fallbacks, other namespaces and provider names as it judges backends', async () => {
    const spoken = { protocol: 'echo', address: '' }
    const fixture = planeFixture({
      target: { endpoint: () => spoken },
      plane: { connect: {}, providers: { other: memoryProvider({}) } },
    })
    const { plane, registry } = fixture
    await registerVersions(registry, '1')
    await plane.apply({ ...digits('1'), metadata: { name: 'digits', namespace: 'risk' } }, { actor: ann })
    await plane.start()
    await fixture.until(async () => (await fixture.phase('risk/digits')) === 'converged')
    const inRisk = (spec: object) => ({
      metadata: { name: 'm', namespace: 'risk' },
      spec: { operations: ['infer' as const], backends: [{ provider: 'other', model: 'm' }], ...spec },
    })
    await expect(
      plane.apply(inRisk({ fallback: [{ deployment: 'digits' }] }), { actor: ann }),
    ).rejects.toThrow(
      'spec.fallback[0].deployment is risk/digits, whose endpoints speak "echo". This plane speaks "other".',
    )
    await expect(
      plane.apply(inRisk({ backends: [{ deployment: 'default/digits' }] }), { actor: ann }),
    ).resolves.toMatchObject({ change: 'created' })
    spoken.protocol = 'other'
    await plane.stop()
  })

  it('forgets what a deployment spoke at a target that it leaves', async () => {
    const odd = { protocol: 'odd', address: 'odd://here' }
    const other = memoryTarget({ clock: createFakeClock(), endpoint: () => ({ ...odd, protocol: 'memory' }) })
    const fixture = planeFixture({ target: { endpoint: () => odd } })
    const plane = planeFixture({
      beside: fixture,
      plane: { targets: { local: fixture.target, other } },
    }).plane
    await serving(fixture)
    await expect(plane.apply(route('m'), { actor: ann })).rejects.toThrow('speak "odd"')
    await plane.apply(digits('1', { target: 'other' }), { actor: ann })
    await expect(plane.apply(route('m'), { actor: ann })).resolves.toMatchObject({ change: 'created' })
    await fixture.plane.stop()
  })

  it('takes a route to a deployment that is yet to come', async () => {
    const { plane } = planeFixture({ plane: { connect: {} } })
    await expect(plane.apply(route('m'), { actor: ann })).resolves.toMatchObject({ change: 'created' })
  })

  it('stores no resource that a policy denies, and names the rule and its reason', async () => {
    const policy = rulesPolicy('company', [
      rule('owners', {
        on: 'deploy',
        check: ({ actor }) => (actor.name === ann.name ? allow() : deny(`${actor.name} owns no model`)),
      }),
    ])
    const { plane, store, events } = planeFixture({ plane: { policies: [policy] } })
    await expect(plane.apply(digits('1'), { actor: bob })).rejects.toMatchObject({
      code: 'policy-denied',
      message:
        'applying ModelDeployment default/digits is refused: company/owners: bob@example.com owns no model',
      details: { findings: [{ policy: 'company', rule: 'owners', level: 'hard' }] },
    })
    expect(await store.get('ModelDeployment', 'default/digits')).toBeNull()
    expect(events).toEqual([])
    await plane.apply(digits('1'), { actor: ann })
    await expect(plane.apply(digits('2'), { actor: bob })).rejects.toMatchObject({ code: 'policy-denied' })
    expect(await plane.get('digits')).toMatchObject({ generation: 1 })
  })

  it('stores no resource when a policy throws', async () => {
    const policy = rulesPolicy('company', [
      rule('owners', {
        on: 'deploy',
        check: () => {
          throw new Error('the bundle is gone')
        },
      }),
    ])
    const { plane, store } = planeFixture({ plane: { policies: [policy] } })
    await expect(plane.apply(digits('1'), { actor: ann })).rejects.toMatchObject({
      code: 'policy-error',
      retryable: true,
      message: expect.stringContaining('the bundle is gone'),
    })
    expect(await store.get('ModelDeployment', 'default/digits')).toBeNull()
  })

  it('shows the stored resource to the policy and records the decision', async () => {
    const seen: unknown[] = []
    const policy = rulesPolicy('company', [
      rule('look', {
        on: 'deploy',
        check: ({ previous }) => {
          seen.push(previous?.spec)
          return allow()
        },
      }),
    ])
    const { plane, store } = planeFixture({ plane: { policies: [policy] } })
    await plane.apply(digits('1'), { actor: ann })
    await plane.apply(digits('2'), { actor: ann })
    expect(seen).toMatchObject([undefined, { model: { version: '1' } }])
    const [first] = await store.readEvents(1)
    expect(first?.entry).toMatchObject({
      action: 'deployment-applied',
      actor: ann,
      key: 'default/digits',
      generation: 1,
      details: { model: 'models/digits:1', policyRevision: expect.stringMatching(/./), findings: [] },
    })
  })

  it('gives each of several concurrent calls a generation of its own', async () => {
    const { plane, store } = planeFixture()
    const applied = await Promise.all(
      ['1', '2', '3', '4', '5'].map((version) => plane.apply(digits(version), { actor: ann })),
    )
    expect(applied.map(({ generation }) => generation).sort()).toEqual([1, 2, 3, 4, 5])
    expect(applied.filter(({ change }) => change === 'created')).toHaveLength(1)
    const waiting = await store.readEvents(10)
    expect(waiting.map(({ entry }) => entry.generation)).toEqual([1, 2, 3, 4, 5])
  })

  it('asks the policy again after a conflict with the loop, and throws a conflict that stays', async () => {
    const clock = createFakeClock()
    const store = memoryStore({ clock })
    let conflicts = 3
    let asked = 0
    const policy = rulesPolicy('company', [
      rule('count', {
        on: 'deploy',
        check: () => {
          asked += 1
          return allow()
        },
      }),
    ])
    const contested = {
      ...store,
      putSpec: async (...call: Parameters<typeof store.putSpec>) => {
        conflicts -= 1
        // A status that is written meanwhile has this effect: the version is not the expected one.
        if (conflicts >= 0) return store.putSpec(call[0], { ...call[1], expect: 'another' })
        return store.putSpec(...call)
      },
    }
    const { plane } = planeFixture({ plane: { store: contested, policies: [policy] } })
    expect(await plane.apply(digits('1'), { actor: ann })).toMatchObject({ change: 'created' })
    expect(asked).toBe(4)
    conflicts = Number.POSITIVE_INFINITY
    await expect(plane.apply(digits('2'), { actor: ann })).rejects.toMatchObject({ code: 'conflict' })
  })

  it('refuses a deployment that is being deleted, and begins with a new uid once it is gone', async () => {
    const fixture = planeFixture({ target: { goneAfterMs: 1000 } })
    const { plane, until } = fixture
    await serving(fixture)
    const before = await plane.approve('digits', { actor: ann })
    expect(before.status?.approvals).toHaveLength(1)
    await plane.delete('digits', { actor: ann })
    await expect(plane.apply(digits('1'), { actor: ann })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('apply it again when it is gone'),
    })
    await until(async () => (await plane.get('digits')) === null)
    expect(await plane.apply(digits('1'), { actor: ann })).toMatchObject({ generation: 1, change: 'created' })
    await until(async () => (await plane.get('digits'))?.status?.rollout.phase === 'converged')
    const after = await plane.get('digits')
    expect(after?.uid).not.toBe(before.uid)
    expect(after?.status?.approvals).toEqual([])
    await plane.stop()
  })

  it('accepts a route to a deployment that is not declared yet', async () => {
    const { plane } = planeFixture()
    expect(await plane.apply(route(), { actor: ann })).toMatchObject({
      kind: 'ModelRoute',
      change: 'created',
    })
    expect((await plane.getRoute('digits'))?.spec.backends).toMatchObject([{ deployment: 'digits' }])
    expect(await plane.getRoute('other')).toBeNull()
    expect(await collect(plane.listRoutes())).toHaveLength(1)
  })

  it('refuses a route to a deployment that is being deleted, also as fallback, and plan tells it', async () => {
    const fixture = planeFixture({
      target: { goneAfterMs: 5_000 },
      plane: { providers: { openai: memoryProvider({}) } },
    })
    const { plane } = fixture
    await serving(fixture)
    await plane.delete('digits', { actor: ann })
    const why = (field: string): string =>
      `spec.${field} is default/digits, which ann@example.com deleted and which is going away. Name another deployment, or wait until it is gone and declare it again.`
    expect((await plane.plan(route(), { actor: ann })).problems).toEqual([why('backends[0].deployment')])
    await expect(plane.apply(route(), { actor: ann })).rejects.toMatchObject({
      code: 'plan-refused',
      details: { problems: [why('backends[0].deployment')] },
    })
    const behind = route('digits', {
      backends: [{ provider: 'openai', model: 'm' }],
      fallback: [{ deployment: 'digits' }],
    })
    await expect(plane.apply(behind, { actor: ann })).rejects.toMatchObject({
      details: { problems: [why('fallback[0].deployment')] },
    })
    expect(await plane.getRoute('digits')).toBeNull()
    await fixture.until(async () => (await plane.get('digits')) === null)
    expect((await plane.apply(route(), { actor: ann })).change).toBe('created')
    await plane.stop()
  })

  it('reports an invalid resource before it checks anything else', async () => {
    const { plane } = planeFixture()
    const broken = { ...digits('1'), spec: { model: 'models/digits:1', traget: 'local' } }
    await expect(plane.apply(broken as never, { actor: ann })).rejects.toMatchObject({
      code: 'invalid-resource',
    })
  })

  it('stores deployments that list returns in the order of their keys', async () => {
    const { plane, registry } = planeFixture()
    await registerVersions(registry, '1')
    for (const name of ['zebra', 'ant', 'digits']) {
      await plane.apply({ ...digits('1'), metadata: { name } }, { actor: ann })
    }
    expect((await collect(plane.list())).map(({ key }) => key)).toEqual([
      'default/ant',
      'default/digits',
      'default/zebra',
    ])
  })
})
