import { type Clock, systemClock } from '../../clock.ts'
import { createFeedback, type FeedbackRoom } from '../../feedback/create-feedback.ts'
import type { InvokeRequest, PolicyEngine } from '../../policy/contract.ts'
import { type DecideOptions, decideAll } from '../../policy/decide-all.ts'
import { createRouter, type Router } from '../../routing/router.ts'
import { createRouteTableHolder, type RouteTableHolder } from '../../routing/table/table-holder.ts'
import type { AuditLog } from '../../security/contract.ts'
import { memoryAuditLog } from '../../security/memory-audit-log.ts'
import type { ControlObserver } from '../../telemetry/contract.ts'
import { groupControlObservers } from '../../telemetry/control-observers.ts'
import { createControlTelemetry } from '../../telemetry/control-telemetry.ts'
import { type Logger, silentLogger } from '../../telemetry/logger.ts'
import { createMetricWindows, type MetricWindows } from '../../telemetry/metric-windows.ts'
import { createRequestTelemetry } from '../../telemetry/request-telemetry.ts'
import { type CallTimeouts, timeoutsOf } from '../call-timeouts.ts'
import { createEmitter, type PlaneEmitter, type Say, sayTo } from '../events.ts'
import type { ControlPlaneOptions } from '../options.ts'
import { guardPolicy } from './guards/guard-policy.ts'
import { createGuardedParts, type GuardedParts } from './guards/guarded-parts.ts'
import { createKnownRevisions, type KnownRevisions } from './known-revisions.ts'
import { createSharedSorts, type SharedSorts, sharesMeasurements } from './shared-sorts.ts'
import { watchedPolicy } from './watched-policy.ts'

/** The parts of a plane that serve requests, and the parts that they share with the control side. */
export interface RequestSide {
  readonly clock: Clock
  readonly logger: Logger
  readonly audit: AuditLog
  readonly windows: MetricWindows
  readonly feedback: FeedbackRoom
  /** Filled once the plane follows its store. */
  readonly known: KnownRevisions
  /** What the processes of the store tell each other; absent when they tell nothing. */
  readonly shared?: SharedSorts
  readonly telemetry: Required<ControlObserver>
  readonly timeouts: CallTimeouts
  /** The guards of the plane's parts. Here are only those of the policies, which requests ask too. */
  readonly parts: GuardedParts
  readonly policies: readonly PolicyEngine[]
  readonly policyOptions: DecideOptions
  readonly emitter: PlaneEmitter
  readonly say: Say
  readonly holder: RouteTableHolder
  readonly router: Router
  /** Sets the function that gives the queue's depth. */
  watchQueue(depth: () => number): void
}

/** How many deployments call a part at the same time. */
export const defaultConcurrency = 4

/** Reads the abort signal only when an engine answers late, because the signal is made when it is read. */
class AskingOptions implements DecideOptions {
  readonly clock: Clock
  readonly #asking: { readonly abortSignal: AbortSignal }

  constructor(clock: Clock, asking: { readonly abortSignal: AbortSignal }) {
    this.clock = clock
    this.#asking = asking
  }

  get abortSignal(): AbortSignal {
    return this.#asking.abortSignal
  }
}

export function createRequestSide(options: ControlPlaneOptions): RequestSide {
  const clock = options.clock ?? systemClock
  const logger = options.logger ?? silentLogger
  let queueDepth = (): number => 0
  const { observers = [] } = options
  const telemetry = groupControlObservers(
    [createControlTelemetry({ clock, queueDepth: () => queueDepth() }), ...observers],
    logger,
  )
  const timeouts = timeoutsOf(options.timeouts)
  const emitter = createEmitter()
  const say = sayTo(emitter, logger)
  const parts = createGuardedParts({
    clock,
    logger,
    concurrency: options.concurrency ?? defaultConcurrency,
    rates: options.rates,
    told: say,
  })
  const policies = (options.policies ?? []).map((engine) =>
    watchedPolicy(guardPolicy(parts.guard('policy', engine.name), engine, timeouts), telemetry),
  )
  const policyOptions = { clock }
  const shared = sharesMeasurements(options) ? createSharedSorts(clock, options.feedback?.keepMs) : undefined
  const windows = createMetricWindows({ clock, ...(shared !== undefined && { shared: shared.requests }) })
  const known = createKnownRevisions()
  const feedback = createFeedback({
    clock,
    isKnown: known.has,
    ...options.feedback,
    ...(shared !== undefined && { shared: shared.signals }),
  })
  feedback.onSignal(({ signal, outcome }) => telemetry.signalCame({ signal: signal.kind, result: outcome }))
  const holder = createRouteTableHolder({ clock, logger })
  const polices = policies.some(({ actions }) => actions.includes('invoke'))
  const router = createRouter({
    ...options.routing,
    table: holder,
    clock,
    logger,
    observers: [windows, feedback, createRequestTelemetry(options.telemetry), ...observers],
    ...(polices && {
      policy: {
        decide: (request: InvokeRequest, asking: { readonly abortSignal: AbortSignal }) =>
          decideAll(policies, request, new AskingOptions(clock, asking)),
      },
    }),
  })
  return {
    clock,
    logger,
    audit: options.audit ?? memoryAuditLog(),
    windows,
    feedback,
    known,
    ...(shared !== undefined && { shared }),
    telemetry,
    timeouts,
    parts,
    policies,
    policyOptions,
    emitter,
    say,
    holder,
    router,
    watchQueue(depth) {
      queueDepth = depth
    },
  }
}
