import { describe, expect, it } from 'vitest'
import { memoryTarget } from '../../../../../src/deployment-target/memory-target.ts'
import { ModelspineError } from '../../../../../src/errors.ts'
import { memoryAuditLog, memoryRegistry, memoryStore } from '../../../../../src/index.ts'
import { timeoutsOf } from '../../../../../src/plane/call-timeouts.ts'
import { guardAudit } from '../../../../../src/plane/wiring/guards/guard-audit.ts'
import { guardMetrics } from '../../../../../src/plane/wiring/guards/guard-metrics.ts'
import { guardPolicy } from '../../../../../src/plane/wiring/guards/guard-policy.ts'
import { guardRegistry, type LoopLookups } from '../../../../../src/plane/wiring/guards/guard-registry.ts'
import { guardSecrets } from '../../../../../src/plane/wiring/guards/guard-secrets.ts'
import { guardStore } from '../../../../../src/plane/wiring/guards/guard-store.ts'
import { type GuardTargetOptions, guardTarget } from '../../../../../src/plane/wiring/guards/guard-target.ts'
import { SharedAnswers } from '../../../../../src/plane/wiring/guards/shared/shared-answers.ts'
import { decideAll } from '../../../../../src/policy/decide-all.ts'
import type { Key } from '../../../../../src/resources/metadata.ts'
import { createFakeClock } from '../../../../../src/testing/fake-clock.ts'
import { policyRequests } from '../../../../../src/testing/policy-requests.ts'
import { guardScene, outcome, settled } from './guard-scene.ts'

const timeouts = timeoutsOf()
const never = (): Promise<never> => new Promise(() => {})
const key = 'default/digits'
const want = { revisions: [], split: [], scale: { min: 1, max: 1 } }
const sending = { operationId: 'o', fence: 1, secret: never }
const lease = { name: 'l', holder: 'h', fence: 1, store: 's', expiresAtMs: 0 }
const reference = { registry: 'models', name: 'digits', version: '1' }
const query = { metric: 'm', labels: { deployment: key }, interval: { fromMs: 0, toMs: 1 } }
const request = policyRequests.deploy()
const unlimited: GuardTargetOptions = {
  limited: false,
  words: { observed: () => ({}), observedMany: () => ({}), changed: () => ({}), checked: () => ({}) },
  together: { clock: createFakeClock(), togetherMs: 5, most: 100 },
}

function hangingStore() {
  const hanging = Object.fromEntries(
    Object.keys(memoryStore()).map((name) => [name, never]),
  ) as unknown as ReturnType<typeof memoryStore>
  return {
    ...hanging,
    async *list() {
      await never()
      yield* []
    },
  }
}

/** Look-ups that share no answer. */
function lookups(deploymentOf: LoopLookups['deploymentOf'] = () => undefined): LoopLookups {
  return { shared: new SharedAnswers(createFakeClock(), 0), deploymentOf }
}

/** Every call out of the plane, with parts that never answer. */
function hanging() {
  const scene = guardScene()
  const { parts } = scene
  const target = guardTarget(
    parts.guard('target', 'prod'),
    { ...memoryTarget(), observe: never, apply: never, destroy: never, list: never, standDown: never },
    timeouts,
    unlimited,
  )
  const registry = guardRegistry(
    parts.guard('registry', 'models'),
    { ...memoryRegistry(), resolve: never },
    timeouts,
    lookups(),
  )
  const metrics = guardMetrics(
    parts.guard('metrics', 'prom'),
    { capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }), query: never },
    timeouts,
  )
  const secrets = guardSecrets(parts.guard('secrets', 'env'), { resolve: never }, timeouts)
  const audit = guardAudit(parts.guard('audit'), { ...memoryAuditLog(), append: never }, timeouts)
  const policy = guardPolicy(
    parts.guard('policy', 'opa'),
    { name: 'opa', actions: ['deploy'], decide: never },
    timeouts,
  )
  const store = guardStore(parts.guard('store'), hangingStore(), timeouts)
  const listed = async (): Promise<void> => {
    for await (const _ of store.list('ModelRoute'));
  }
  const calls: Readonly<Record<string, () => unknown>> = {
    observe: () => target.observe(key),
    apply: () => target.apply(key, want, sending),
    destroy: () => target.destroy(key, sending),
    'list of targets': () => target.list(),
    standDown: () => target.standDown?.(),
    'resolve of registries': () => registry.resolve(reference),
    query: () => metrics.query(query),
    'resolve of secrets': () => secrets.resolve('TOKEN'),
    append: () => audit.append([]),
    decide: () => policy.decide(request),
    get: () => store.get('ModelRoute', key),
    putSpec: () => store.putSpec({} as never, {} as never),
    putStatus: () => store.putStatus('ModelRoute', key, {}, { expect: '1', events: [] }),
    delete: () => store.delete('ModelRoute', key, {} as never),
    'list of stores': listed,
    readEvents: () => store.readEvents(1),
    acknowledgeEvents: () => store.acknowledgeEvents(['1']),
    acquireLease: () => store.acquireLease('l', 'h', 1),
    renewLease: () => store.renewLease(lease, 1),
    releaseLease: () => store.releaseLease(lease),
  }
  return { ...scene, calls }
}

describe('the guards of the parts', () => {
  it.each<[call: string, seconds: number, error: string]>([
    ['observe', 10, 'target-unavailable: target "prod" gave no answer to observe'],
    ['apply', 30, 'target-unavailable: target "prod" gave no answer to apply'],
    ['destroy', 30, 'target-unavailable: target "prod" gave no answer to destroy'],
    ['list of targets', 10, 'target-unavailable: target "prod" gave no answer to list'],
    ['standDown', 5, 'target-unavailable: target "prod" gave no answer to standDown'],
    ['resolve of registries', 10, 'registry-unavailable: registry "models" gave no answer to resolve'],
    ['query', 10, 'metric-error: metric source "prom" gave no answer to query'],
    ['resolve of secrets', 5, 'secret-unavailable: secret store "env" gave no answer to resolve'],
    ['append', 10, 'audit-unavailable: the audit log gave no answer to append'],
    ['decide', 10, 'policy-error: policy "opa" gave no answer to decide'],
    ...(
      [
        'get',
        'putSpec',
        'putStatus',
        'delete',
        'readEvents',
        'acknowledgeEvents',
        'acquireLease',
        'renewLease',
        'releaseLease',
      ] as const
    ).map((call) => [call, 5, `store-unavailable: the store gave no answer to ${call}`] as const),
    ['list of stores', 5, 'store-unavailable: the store gave no answer to list'],
  ] as [string, number, string][])(
    'end the call %s after its default of %i s',
    async (call, seconds, error) => {
      const { calls, clock, parts } = hanging()
      let ended = ''
      const waiting = outcome(Promise.resolve(calls[call]?.())).then((said) => {
        ended = String(said)
      })
      await clock.advance(seconds * 1000 - 1)
      expect(ended).toBe('')
      await clock.advance(1)
      await waiting
      expect(ended).toBe(`${error} within ${seconds} s`)
      expect(parts.faults()).toHaveLength(1)
    },
  )

  it('keep a target in mind that cannot list, until the next sweep lists again', async () => {
    const { calls, clock, parts, told } = hanging()
    const waiting = outcome(Promise.resolve(calls['list of targets']?.()))
    await clock.advance(610_000)
    await waiting
    expect(parts.faults()).toHaveLength(1)
    expect(told).toHaveLength(1)
  })

  it.each(['setAlias', 'setApproval', 'setTags', 'register'] as const)(
    'limit %s of a registry',
    async (verb) => {
      const { parts, clock } = guardScene()
      const told: unknown[] = []
      const registry = guardRegistry(
        parts.guard('registry', 'models'),
        {
          ...memoryRegistry(),
          [verb]: (...call: { abortSignal?: AbortSignal }[]) => {
            told.push(call.at(-1)?.abortSignal)
            return never()
          },
        },
        timeouts,
        lookups(),
      )
      const calls: Readonly<Record<typeof verb, () => Promise<unknown> | undefined>> = {
        setAlias: () => registry.setAlias?.('m', 'champion', '1'),
        setApproval: () => registry.setApproval?.('m', '1', 'approved'),
        setTags: () => registry.setTags?.('m', '1', {}),
        register: () => registry.register?.({} as never),
      }
      const waiting = outcome(Promise.resolve(calls[verb]()))
      await clock.advance(10_000)
      expect(await waiting).toContain(`registry "models" gave no answer to ${verb} within 10 s`)
      expect(told).toMatchObject([{ aborted: true }])
    },
  )

  it('take no call that a new method of the store would make around them', () => {
    const { parts } = guardScene()
    const store = memoryStore()
    expect(Object.keys(guardStore(parts.guard('store'), store, timeouts)).sort()).toEqual(
      Object.keys(store).sort(),
    )
  })

  it('take what a part has, and its optional methods only where it has them', async () => {
    const { parts } = guardScene()
    const bare = memoryTarget()
    const { changes: _, protocols: __, ...without } = bare
    const target = guardTarget(parts.guard('target', 'a'), without, timeouts, unlimited)
    expect([target.changes, target.protocols]).toEqual([undefined, undefined])
    await target.standDown?.()
    expect(target.capabilities).toEqual(bare.capabilities)
    expect(target.checkSettings({})).toEqual([])
  })

  it('let the loop wait at a full target, registry and metric source, and never people', async () => {
    const { parts } = guardScene(1)
    const limited = { ...unlimited, limited: true }
    const part = parts.guard('target', 'prod')
    const hung = { ...memoryTarget(), observe: never }
    const loop = guardTarget(part, hung, timeouts, limited)
    void loop.observe('n/a').catch(() => {})
    expect(await settled(loop.observe('n/b'))).toBe(false)
    let asked = 0
    hung.observe = async () => {
      asked += 1
      return never()
    }
    void guardTarget(part, hung, timeouts, unlimited).observe('n/b')
    expect(asked).toBe(1)

    const [one, two] = [new AbortController().signal, new AbortController().signal]
    const runs = new Map<AbortSignal | undefined, Key>([
      [one, 'n/a'],
      [two, 'n/b'],
    ])
    const resolve = async (): Promise<never> => {
      asked += 1
      return never()
    }
    const registry = guardRegistry(
      parts.guard('registry', 'models'),
      { ...memoryRegistry(), resolve },
      timeouts,
      lookups((signal) => runs.get(signal)),
    )
    void registry.resolve(reference, { abortSignal: one })
    expect(await settled(registry.resolve(reference, { abortSignal: two }))).toBe(false)
    void registry.resolve(reference)
    expect(asked).toBe(3)

    const capabilities = () => ({ counts: true, routerMeasured: false, delayMs: 0 })
    let queried = 0
    const source = {
      capabilities,
      query: () => {
        queried += 1
        return never()
      },
    }
    const metrics = guardMetrics(parts.guard('metrics', 'prom'), source, timeouts)
    void metrics.query(query)
    const other = metrics.query({ ...query, labels: { deployment: 'n/b' } })
    expect(await settled(Promise.resolve(other))).toBe(false)
    expect(queried).toBe(1)
  })
})

describe('the guard of a policy', () => {
  const allowed = {
    verdict: 'allow',
    findings: [],
    obligations: [],
    policyRevision: '1',
    inputDigest: '',
  } as const

  it('lets an engine answer at once, and stops waiting for one that does not', async () => {
    const { parts, clock } = guardScene()
    let told: AbortSignal | undefined
    const quick = guardPolicy(
      parts.guard('policy', 'quick'),
      { name: 'quick', actions: ['deploy'], decide: () => allowed },
      timeouts,
    )
    expect(quick.decide(request)).toBe(allowed)
    const slow = guardPolicy(
      parts.guard('policy', 'slow'),
      {
        name: 'slow',
        actions: ['deploy'],
        decide: (_request, options) => {
          told = options?.abortSignal
          return never()
        },
      },
      timeouts,
    )
    const decided = Promise.resolve(decideAll([quick, slow], request, { clock }))
    await clock.advance(10_000)
    expect((await decided).verdict).toBe('error')
    expect((await decided).findings[0]?.message).toContain('gave no answer to decide within 10 s')
    expect(told?.aborted).toBe(true)
  })

  it('passes the abort of the caller on, which is no fault', async () => {
    const { parts, clock } = guardScene()
    let told: AbortSignal | undefined
    const engine = guardPolicy(
      parts.guard('policy', 'opa'),
      {
        name: 'opa',
        actions: ['deploy'],
        decide: (_request, options) => {
          told = options?.abortSignal
          return never()
        },
      },
      timeouts,
    )
    const caller = new AbortController()
    const decided = outcome(
      Promise.resolve(decideAll([engine], request, { clock, abortSignal: caller.signal })),
    )
    caller.abort()
    expect(await decided).toContain('aborted')
    await clock.advance(20_000)
    expect([told?.aborted, parts.faults()]).toEqual([true, []])
  })

  it('keeps the faults of each action apart', async () => {
    const { parts, clock } = guardScene()
    const engine = guardPolicy(
      parts.guard('policy', 'opa'),
      {
        name: 'opa',
        actions: ['deploy', 'promote'],
        decide: ({ action }) => (action === 'promote' ? never() : allowed),
      },
      timeouts,
    )
    const promotion = policyRequests.promote()
    for (let times = 0; times < 3; times += 1) {
      const waiting = outcome(Promise.resolve(engine.decide(promotion)))
      await clock.advance(10_000)
      expect(await waiting).toContain('gave no answer')
      expect(engine.decide(request)).toBe(allowed)
      expect(parts.faults()).toHaveLength(1)
    }
    expect(() => engine.decide(promotion)).toThrow('gave no answer')
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the bundle is gone')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('the bundle is gone'))],
    ['answers rubbish', () => ({ verdict: 'maybe' })],
    ['answers an error', () => ({ ...allowed, verdict: 'error' })],
  ])('names an engine that %s three times', async (_what, decide) => {
    const { parts, clock, called } = guardScene()
    let broken = true
    const engine = guardPolicy(
      parts.guard('policy', 'opa'),
      { name: 'opa', actions: ['deploy'], decide: () => (broken ? decide() : allowed) as typeof allowed },
      timeouts,
    )
    for (let times = 0; times < 3; times += 1) {
      expect(parts.faults()).toEqual([])
      expect((await decideAll([engine], request, { clock })).verdict).toBe('error')
    }
    expect(parts.faults()).toMatchObject([{ part: 'policy', name: 'opa' }])
    broken = false
    expect((await decideAll([engine], request, { clock })).verdict).toBe('allow')
    expect([parts.faults(), called]).toEqual([[], ['all']])
  })
})

describe('the guard of an audit log', () => {
  it('takes an answer without a record for each entry as a failure', async () => {
    const { parts } = guardScene()
    const audit = guardAudit(parts.guard('audit'), { ...memoryAuditLog(), append: async () => [] }, timeouts)
    expect(await outcome(audit.append([{} as never]))).toBe(
      'audit-unavailable: the audit log gave a wrong answer to append: it is not a record for each entry',
    )
    expect(parts.faults()).toMatchObject([{ part: 'audit', reason: 'AuditUnavailable' }])
  })

  it('does not blame the log for an entry that is not JSON', async () => {
    const { parts } = guardScene()
    const append = async (): Promise<never> => Promise.reject(new TypeError('not JSON'))
    const audit = guardAudit(parts.guard('audit'), { ...memoryAuditLog(), append }, timeouts)
    expect(await outcome(audit.append([{} as never]))).toContain('not JSON')
    expect(parts.faults()).toEqual([])
  })
})

describe('the guard of a secret store', () => {
  it('never shows what came instead of a secret', async () => {
    const { parts } = guardScene()
    const env = guardSecrets(
      parts.guard('secrets', 'env'),
      { resolve: async () => 'hush' as never },
      timeouts,
    )
    expect(await outcome(env.resolve('TOKEN'))).toBe(
      'secret-unavailable: secret store "env" gave a wrong answer to resolve: it is not a secret',
    )
  })

  it('does not blame the store for a name that it does not have', async () => {
    const { parts } = guardScene()
    const missing = new ModelspineError('secret-not-found', 'no TOKEN')
    const env = guardSecrets(
      parts.guard('secrets', 'env'),
      { resolve: async () => Promise.reject(missing) },
      timeouts,
    )
    for (let times = 0; times < 4; times += 1) await outcome(env.resolve('TOKEN'))
    expect(parts.faults()).toEqual([])
  })
})
