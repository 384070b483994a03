import type { Clock } from '../../../clock.ts'
import { type Priority, priorities } from '../../../reconcile/priority.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { Logger } from '../../../telemetry/logger.ts'
import { type PlaneFault, planeFault } from '../../health.ts'
import type { Rate, Rates } from '../../rates.ts'
import { createDeadlines } from './deadlines.ts'
import type { LoopHooks } from './guarded-call.ts'
import { GuardedPart } from './guarded-part.ts'
import type { PartLine, PartLineOptions } from './room/part-line.ts'

/** All guarded parts of a plane. */
export interface GuardedParts {
  /** Makes the guard of a part. */
  guard(part: PlaneFault['part'], name?: string): GuardedPart
  /** From now on, the loop's calls at the parts that are guarded have a limit. */
  limit(lineOf: (options: PartLineOptions) => PartLine): void
  /** From now on, parts ask this loop. */
  connect(hooks: LoopHooks): void
  /** What hinders the parts now. */
  faults(): readonly PlaneFault[]
  /** A run of the loop has ended. */
  ended(key: Key): void
  /** A deployment whose run is under way is more urgent now. */
  raised(key: Key, priority: Priority): void
  /** The deployment is gone. */
  forget(key: Key): void
  /** Nobody leads any more, so no deployment comes that was called back. */
  nobodyComes(): void
  /** Ends all calls as stopped. No timer is left or armed. */
  close(): void
}

export interface GuardedPartsOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** How many deployments may have calls under way at each part. */
  readonly concurrency: number
  readonly rates?: Rates | undefined
  told(name: 'part-failing' | 'part-recovered', fault: PlaneFault): void
}

/** Before the control side is opened, nothing can be looked at. */
const nobody: LoopHooks = {
  priorityOf: () => priorities.drift,
  aside: () => () => {},
  callBack: () => false,
  callFirst: () => false,
  callBackFailed() {},
}

export function createGuardedParts(options: GuardedPartsOptions): GuardedParts {
  const { clock, logger, concurrency, told } = options
  const deadlines = createDeadlines(clock)
  const parts: { readonly identity: Pick<PlaneFault, 'part' | 'name'>; readonly guard: GuardedPart }[] = []
  let lineOf: ((options: PartLineOptions) => PartLine) | undefined
  let connected = nobody
  const hooks: LoopHooks = {
    priorityOf: (key) => connected.priorityOf(key),
    aside: (key) => connected.aside(key),
    callBack: (key, priority) => connected.callBack(key, priority),
    callFirst: (key, priority) => connected.callFirst(key, priority),
    callBackFailed: () => connected.callBackFailed(),
  }
  return {
    guard(part, name) {
      const identity = { part, ...(name !== undefined && { name }) }
      const guard: GuardedPart = new GuardedPart({
        ...identity,
        clock,
        deadlines,
        concurrency,
        line: lineOf?.({ clock, concurrency, rate: rateOf(options.rates, part, name), hooks }),
        hooks,
        changed(began, error) {
          const fault = planeFault(identity, error)
          try {
            if (began) logger.warn({ ...fault }, `${guard.label} is failing: ${fault.message}`)
            else logger.info({ ...fault }, `${guard.label} works again`)
            told(began ? 'part-failing' : 'part-recovered', fault)
          } catch {
            // The logger itself throws, so there is nobody to tell. The call must still end.
          }
        },
      })
      parts.push({ identity, guard })
      return guard
    },
    limit(given) {
      lineOf = given
    },
    connect(given) {
      connected = given
    },
    faults: () =>
      parts.flatMap(({ identity, guard: { faults } }) =>
        faults.newest === undefined ? [] : [planeFault(identity, faults.newest)],
      ),
    ended(key) {
      for (const { guard } of parts) guard.ended(key)
    },
    raised(key, priority) {
      for (const { guard } of parts) guard.raised(key, priority)
    },
    forget(key) {
      for (const { guard } of parts) guard.forget(key)
    },
    nobodyComes() {
      for (const { guard } of parts) guard.rooms?.nobodyComes()
    },
    close() {
      for (const { guard } of parts) guard.close()
      deadlines.close()
    },
  }
}

const listOf: Partial<Record<PlaneFault['part'], keyof Rates>> = {
  target: 'targets',
  registry: 'registries',
  metrics: 'metrics',
}

function rateOf(
  rates: Rates | undefined,
  part: PlaneFault['part'],
  name: string | undefined,
): Rate | undefined {
  const list = listOf[part]
  const named = list && rates?.[list]
  return named !== undefined && name !== undefined && Object.hasOwn(named, name) ? named[name] : undefined
}
