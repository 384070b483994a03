import fc from 'fast-check'
import {
  isModelspineError,
  type ModelDeploymentInput,
  ModelspineError,
  memoryAuditLog,
  memoryStore,
} from '../../../src/index.ts'
import type { AuditEntry, AuditRecord } from '../../../src/security/contract.ts'
import type { StateStore } from '../../../src/store/contract.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { ann, collect, digits, type PlaneFixture, planeFixture, registerVersions } from './plane-fixture.ts'

const bob = { name: 'bob@example.com' }

/** An act of a person, or a fault. */
export type Happening =
  | { readonly kind: 'apply'; readonly version: string; readonly strategy: StrategyName }
  | {
      readonly kind: 'command'
      readonly command: 'promote' | 'pause' | 'resume' | 'abort' | 'retry' | 'approve'
    }
  | { readonly kind: 'delete' | 'restart' | 'once' }
  | { readonly kind: 'target'; readonly fault: 'before' | 'after' | 'observe' | 'refuse' | 'busy' }
  | { readonly kind: 'audit'; readonly fault: 'append' | 'acknowledge' | 'none' }
  | { readonly kind: 'unready'; readonly version: string; readonly held: boolean }
  | { readonly kind: 'pass'; readonly ms: number }

type StrategyName = 'quick' | 'rolling' | 'stepwise' | 'blueGreen'

const strategies: Readonly<Record<StrategyName, NonNullable<ModelDeploymentInput['spec']['strategy']>>> = {
  quick: { rolling: { step: 100 } },
  rolling: { rolling: { step: 30, every: '1s' } },
  stepwise: {
    canary: { steps: [{ weight: 10 }, { pause: 'until-promoted' }, { weight: 60 }, { pause: '2s' }] },
  },
  blueGreen: { blueGreen: { autoPromote: false, keepPrevious: '5s' } },
}

const version: fc.Arbitrary<string> = fc.constantFrom('1', '2', '3')

export const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('apply'),
        version,
        strategy: fc.constantFrom(...(Object.keys(strategies) as StrategyName[])),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('command'),
        command: fc.constantFrom('promote', 'pause', 'resume', 'abort', 'retry', 'approve'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('delete', 'restart', 'once') }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('target'),
        fault: fc.constantFrom('before', 'after', 'observe', 'refuse', 'busy'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('audit'),
        fault: fc.constantFrom('append', 'acknowledge', 'none'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('unready'), version, held: fc.boolean() }) },
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(0, 50, 200, 3000, 70_000) }),
    },
  ) as fc.Arbitrary<Happening>,
  { minLength: 5, maxLength: 40 },
)

export interface Outcome {
  /** In the order in which the store committed them. */
  readonly committed: readonly AuditEntry[]
  readonly records: readonly AuditRecord[]
  /** The actions that listeners heard. */
  readonly heard: readonly string[]
  readonly verified: unknown
  readonly waiting: number
  readonly journal: readonly unknown[]
  readonly phases: ReadonlySet<string>
}

/** Plays the whole story on one deployment, then removes the faults and waits. */
export async function happen(story: readonly Happening[], seed = 1): Promise<Outcome> {
  const clock = createFakeClock({ seed })
  const inner = memoryStore({ clock })
  const log = memoryAuditLog()
  const committed: AuditEntry[] = []
  let auditFault: Extract<Happening, { kind: 'audit' }>['fault'] = 'none'
  const fail = (fault: typeof auditFault): void => {
    if (auditFault === fault) throw new ModelspineError('audit-unavailable', `told to fail at ${fault}`)
  }
  const store: StateStore = {
    ...inner,
    async putSpec(resource, options) {
      let entries: readonly AuditEntry[] = []
      const events: typeof options.events = (next) => {
        entries = options.events(next)
        return entries
      }
      const stored = await inner.putSpec(resource, { ...options, events })
      committed.push(...entries)
      return stored
    },
    async putStatus(kind, key, status, options) {
      const stored = await inner.putStatus(kind, key, status, options)
      committed.push(...options.events)
      return stored
    },
    async delete(kind, key, options) {
      let entries: readonly AuditEntry[] = []
      const events: typeof options.events = (next) => {
        entries = options.events(next)
        return entries
      }
      const left = await inner.delete(kind, key, { ...options, events })
      committed.push(...entries)
      return left
    },
    async acknowledgeEvents(...call) {
      fail('acknowledge')
      return inner.acknowledgeEvents(...call)
    },
    close: async () => {},
  }
  const audit = {
    ...log,
    async append(entries: readonly AuditEntry[]) {
      fail('append')
      return log.append(entries)
    },
    close: async () => {},
  }
  const first = planeFixture({ plane: { clock } })
  // All processes share one world, one registry and one clock.
  const world = { ...first, clock, store, audit }
  let fixture: PlaneFixture = planeFixture({ beside: world })
  const heard: string[] = []
  const phases = new Set<string>()
  const begin = async (): Promise<void> => {
    fixture.plane.on('event', ({ action }) => void heard.push(action))
    await fixture.plane.start()
  }
  const held = new Set<string>()
  const unlessForbidden = async (call: Promise<unknown>): Promise<void> => {
    await call.catch((error: unknown) => {
      if (!isModelspineError(error)) throw error
    })
  }
  const one = async (happening: Happening): Promise<void> => {
    const { plane, target } = fixture
    switch (happening.kind) {
      case 'apply':
        return unlessForbidden(
          plane.apply(digits(happening.version, { strategy: strategies[happening.strategy] }), {
            actor: ann,
          }),
        )
      case 'command':
        return unlessForbidden(plane[happening.command]('digits', { actor: bob }))
      case 'delete':
        return unlessForbidden(plane.delete('digits', { actor: bob }))
      case 'once':
        return unlessForbidden(plane.reconcileOnce('digits'))
      case 'restart':
        await plane.stop({ drainMs: 0 })
        fixture = planeFixture({ beside: world })
        return begin()
      case 'target':
        if (happening.fault === 'refuse') target.refuseNext('QuotaExceeded', 'no room')
        else if (happening.fault === 'busy') target.busyNext(500)
        else if (happening.fault === 'observe') target.failNext('observe')
        else target.failNext('apply', happening.fault)
        return
      case 'audit':
        auditFault = happening.fault
        return
      case 'unready': {
        const revisions = Object.values((await plane.get('digits'))?.status?.revisions ?? {})
        for (const revision of revisions.filter((each) => each.model.version === happening.version)) {
          if (happening.held) world.world.hold(revision.name, { state: 'unready', reason: 'ProbeFailing' })
          else world.world.release(revision.name)
          held.add(revision.name)
        }
        return
      }
      case 'pass':
        return clock.advance(happening.ms)
    }
  }
  await registerVersions(world.registry, '1', '2', '3')
  await begin()
  for (const happening of story) {
    // A stop and a single run wait for running work, and that work may wait for the clock.
    await Promise.all([one(happening), clock.advance(10)])
    phases.add((await fixture.phase()) ?? 'unseen')
  }
  auditFault = 'none'
  for (const name of held) world.world.release(name)
  await clock.advance(200_000)
  await Promise.all([fixture.plane.stop(), clock.advance(20_000)])
  return {
    committed,
    records: await collect(log.read()),
    heard,
    verified: await log.verify(),
    waiting: (await inner.readEvents(1)).length,
    journal: world.world.journal,
    phases,
  }
}
