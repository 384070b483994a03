import { type Clock, systemClock } from '../../clock.ts'
import { checkNumbers } from '../../http/check-options.ts'
import { checkOption, checkOptions, type OptionKinds } from '../../resources/problems/known-options.ts'
import type { AttemptRecord } from '../../telemetry/contract.ts'
import { isUpstreamFault } from '../../telemetry/request-metrics.ts'
import type { UpstreamState } from '../table/load.ts'
import { narrowed } from '../table/narrowed.ts'
import type { RoutePlan, Upstream } from '../table/route.ts'
import type { RoutingStrategy } from './routing-strategy.ts'

export interface RestOptions {
  /** How many failures in a row make an upstream rest. Default 1. */
  readonly failures?: number
  /** The first rest, in milliseconds. Each rest after a probe that failed is twice as long. Default 30,000. */
  readonly restMs?: number
  /** No rest is longer, in milliseconds, unless the upstream asked for it. Default 600,000. */
  readonly longestRestMs?: number
  /**
   * Whether a failed call counts. Default: it does, unless the request itself was refused or its caller left. It must
   * be quick; when it throws, the call does not count.
   */
  readonly countsAsDead?: (record: AttemptRecord) => boolean
  readonly clock?: Clock
}

const kinds: OptionKinds<RestOptions> = {
  failures: 'any',
  restMs: 'any',
  longestRestMs: 'any',
  countsAsDead: 'function',
  clock: 'now()',
}

/** What is known of an upstream that has failed. */
type Health =
  | { readonly kind: 'failing'; readonly failures: number }
  | {
      readonly kind: 'resting'
      readonly untilMs: number
      readonly lengthMs: number
      /** The calls under way that began in this rest or after it. Only these can tell that it is over. */
      readonly probes: Set<string>
    }

/** An upstream cannot ask to be left alone for longer: a day. */
const longestAskedMs = 86_400_000

/**
 * Leaves a dead upstream alone. After `failures` it rests, which means that `inner` does not see it. When its rest is over,
 * one request probes it, and the others still go elsewhere. A probe that succeeds ends the rest, one that fails begins a
 * longer one. So nobody waits for a dead upstream, and no request is refused: when all upstreams that are left rest, the
 * one whose rest ends first is asked. Several revisions of one deployment never rest, so that a rollout measures each of them.
 * Throws `invalid-options`.
 */
export function restingStrategy(inner: RoutingStrategy, options: RestOptions = {}): RoutingStrategy {
  checkOption('inner', inner, 'pick()!')
  checkOptions(options, kinds)
  const { failures = 1, restMs = 30_000, longestRestMs = 600_000, clock = systemClock } = options
  const { countsAsDead = ({ code }: AttemptRecord) => isUpstreamFault(code) } = options
  checkNumbers({ failures, restMs, longestRestMs })
  /** Forgets an upstream with the last table that names it. */
  const healths = new WeakMap<UpstreamState, Health>()

  const rests = ({ state }: Upstream): boolean => {
    const health = healths.get(state)
    return health?.kind === 'resting' && (health.probes.size > 0 || clock.monotonic() < health.untilMs)
  }
  const endOf = ({ state }: Upstream): number => {
    const health = healths.get(state)
    return health?.kind === 'resting' ? health.untilMs : 0
  }
  const failed = (state: UpstreamState, record: AttemptRecord): void => {
    const before = healths.get(state)
    // A call from before the rest tells nothing new.
    if (before?.kind === 'resting' && !before.probes.has(record.requestId)) return
    const count = before?.kind === 'failing' ? before.failures + 1 : 1
    if (before?.kind !== 'resting' && count < failures) {
      healths.set(state, { kind: 'failing', failures: count })
      return
    }
    const lengthMs =
      before?.kind === 'resting'
        ? Math.min(longestRestMs, before.lengthMs * 2)
        : Math.min(longestRestMs, restMs)
    const { retryAfterMs = lengthMs } = record
    const untilMs = clock.monotonic() + Math.min(retryAfterMs, longestAskedMs)
    healths.set(state, { kind: 'resting', untilMs, lengthMs, probes: new Set() })
  }
  const worked = (state: UpstreamState, requestId: string): void => {
    const health = healths.get(state)
    if (health?.kind === 'resting' && health.probes.has(requestId)) healths.delete(state)
  }

  return {
    pick(plan, request, tried) {
      // Those that were tried stay in sight, because the inner strategy may choose by who failed.
      const hidden = new Set(
        alone(plan).filter(
          (upstream) => rests(upstream) && tried.every((each) => each.upstream.id !== upstream.id),
        ),
      )
      if (hidden.size === 0) return inner.pick(plan, request, tried)
      const isSeen = (upstream: Upstream): boolean => !hidden.has(upstream)
      const picked = inner.pick(narrowedPlan(plan, isSeen), request, tried)
      if (picked !== undefined) return picked
      // Usually the request itself was refused. With thousands that rest, trying each would block the process.
      if (inner.pick(plan, request, tried) === undefined) return undefined
      // Not one that the inner strategy would refuse, such as an unproven sibling of a revision that failed.
      for (const woken of [...hidden].sort((one, other) => endOf(one) - endOf(other))) {
        const found = inner.pick(
          narrowedPlan(plan, (each) => each === woken || isSeen(each)),
          request,
          tried,
        )
        if (found !== undefined) return found
      }
      return undefined
    },
    began(upstream, request) {
      const health = healths.get(upstream.state)
      if (health?.kind === 'resting') health.probes.add(request.requestId)
      inner.began?.(upstream, request)
    },
    answered(upstream, request) {
      worked(upstream.state, request.requestId)
      inner.answered?.(upstream, request)
    },
    ended(upstream, record) {
      const { state } = upstream
      if (record.outcome === 'ok') {
        worked(state, record.requestId)
        if (healths.get(state)?.kind === 'failing') healths.delete(state)
      } else {
        if (record.outcome === 'failed' && counts(record)) failed(state, record)
        const health = healths.get(state)
        if (health?.kind === 'resting') health.probes.delete(record.requestId)
      }
      inner.ended?.(upstream, record)
    },
  }

  function counts(record: AttemptRecord): boolean {
    try {
      return countsAsDead(record)
    } catch {
      return false
    }
  }
}

/**
 * The upstreams without siblings. Siblings are the revisions of a rollout. Chance must choose between them, because what they
 * do with their share of the requests decides the rollout. A request that one of them fails goes to the other.
 */
function alone({ backends, fallback }: RoutePlan): readonly Upstream[] {
  return [...backends, ...fallback].flatMap(({ upstreams }) => (upstreams.length === 1 ? upstreams : []))
}

function narrowedPlan(plan: RoutePlan, isAllowed: (upstream: Upstream) => boolean): RoutePlan {
  return { backends: narrowed(plan.backends, isAllowed), fallback: narrowed(plan.fallback, isAllowed) }
}
