import { durationMs } from '../../resources/duration.ts'
import { keyOf } from '../../resources/metadata.ts'
import {
  type ModelRoute,
  type OperationName,
  publicNames,
  type RouteBackend,
  requestTimeoutOf,
} from '../../resources/route/model-route.ts'
import type { Connection } from './connections.ts'
import type { Load } from './load.ts'
import { narrowed } from './narrowed.ts'
import type { Choice, Route, RouteLimits, RoutePlan, TableProblem, Upstream } from './route.ts'
import { type Report, type TableSources, upstreamsOf } from './upstreams.ts'

/** A route as the table holds it. */
export interface CompiledRoute {
  readonly route: Route
  readonly problems: readonly TableProblem[]
  /** The connections that it holds on to. */
  readonly uses: ReadonlySet<Connection>
  /** Its own load, and those of its upstreams. */
  readonly loads: ReadonlySet<Load>
  /** Its place among the others. */
  readonly order: number
}

/**
 * Computes everything that a request needs. A backend that is declared wrongly or is not ready causes no error:
 * it is left out and listed in `problems`.
 */
export function compileRoute(
  { metadata, spec }: ModelRoute,
  sources: TableSources,
  order: number,
): CompiledRoute {
  const key = keyOf(metadata)
  const problems: TableProblem[] = []
  const uses = new Set<Connection>()
  const loads = new Set<Load>()
  const around = recorded(sources, uses, loads)
  const resolve = (backend: RouteBackend): ResolvedBackend => {
    const label =
      'deployment' in backend ? `deployment ${backend.deployment}` : `provider ${backend.provider}`
    const report: Report = (reason, message) => {
      problems.push({ route: key, part: label, reason, message })
    }
    const upstreams = upstreamsOf(backend, metadata.namespace, around, report)
    return { label, weight: backend.weight, upstreams, report }
  }
  const { backends, fallback } = usedBackends(spec)
  const first = backends.map(resolve)
  const then = fallback.map(resolve)
  const plans: Record<string, RoutePlan> = {}
  const streamPlans: Record<string, RoutePlan> = {}
  for (const operation of spec.operations) {
    const plan = { backends: choicesFor(operation, first), fallback: choicesFor(operation, then) }
    plans[operation] = plan
    streamPlans[operation] = streamedOf(plan)
  }
  const route: Route = {
    key,
    names: publicNames({ metadata, spec }),
    operations: spec.operations,
    limits: limitsOf(spec),
    onPolicyError: spec.onPolicyError,
    translation: { cannotCarry: 'ask-others', approximations: 'allow', ...spec.translation },
    plans,
    streamPlans,
    load: around.loads.ofRoute(key),
  }
  return { route, problems, uses, loads, order }
}

/** The same sources, which note what is asked of them. */
function recorded(sources: TableSources, uses: Set<Connection>, loads: Set<Load>): TableSources {
  const noted = <Item, Each extends Item>(items: Set<Item>, item: Each): Each => {
    items.add(item)
    return item
  }
  const { connections, loads: from } = sources
  return {
    ...sources,
    connections: {
      toEndpoint: (...endpoint) => noted(uses, connections.toEndpoint(...endpoint)),
      ofProvider: (provider) => noted(uses, connections.ofProvider(provider)),
    },
    loads: {
      ofRoute: (key) => noted(loads, from.ofRoute(key)),
      ofUpstream: (id) => noted(loads, from.ofUpstream(id)),
    },
  }
}

function limitsOf(spec: ModelRoute['spec']): RouteLimits {
  const { timeout, timeouts = {}, attempts, maxInFlight } = spec
  return {
    requestMs: durationMs(requestTimeoutOf(spec)),
    isRequestDeclared: timeouts.request !== undefined || timeout !== undefined,
    attemptMs: timeouts.attempt && durationMs(timeouts.attempt),
    firstOutputMs: timeouts.firstOutput && durationMs(timeouts.firstOutput),
    idleMs: durationMs(timeouts.idle ?? '60s'),
    attempts: attempts ?? 2,
    maxInFlight: maxInFlight ?? Number.POSITIVE_INFINITY,
  }
}

/** The backends that requests may reach. A fallback needs no weight: its place in the list decides. */
export function usedBackends({
  backends,
  fallback,
}: ModelRoute['spec']): Pick<ModelRoute['spec'], 'backends' | 'fallback'> {
  return { backends: backends.filter(({ weight }) => weight > 0), fallback }
}

interface ResolvedBackend {
  readonly label: string
  readonly weight: number
  readonly upstreams: readonly Upstream[]
  readonly report: Report
}

function choicesFor(operation: OperationName, backends: readonly ResolvedBackend[]): readonly Choice[] {
  return backends.flatMap(({ label, weight, upstreams, report }) => {
    const able = upstreams.filter(({ connection }) =>
      connection.provider.capabilities.operations.includes(operation),
    )
    if (able.length < upstreams.length)
      report('OperationUnsupported', `${label} does not support ${operation}`)
    return able.length > 0 ? [{ weight, upstreams: able }] : []
  })
}

/** The plan without the upstreams that do not stream. */
function streamedOf(plan: RoutePlan): RoutePlan {
  const streams = ({ connection }: Upstream): boolean => connection.provider.capabilities.streaming
  const all = [...plan.backends, ...plan.fallback]
  if (all.every(({ upstreams }) => upstreams.every(streams))) return plan
  return { backends: narrowed(plan.backends, streams), fallback: narrowed(plan.fallback, streams) }
}
