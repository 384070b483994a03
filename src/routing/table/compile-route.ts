import { durationMs } from '../../resources/duration.ts'
import { keyOf } from '../../resources/metadata.ts'
import type { ModelRoute, Operation, RouteBackend } from '../../resources/route/model-route.ts'
import type { Connection } from './connections.ts'
import type { Choice, Route, RoutePlan, TableProblem, Upstream } from './route.ts'
import { type Report, type TableSources, upstreamsOf } from './upstreams.ts'

/** A route as the table holds it. */
export interface CompiledRoute {
  readonly route: Route
  readonly problems: readonly TableProblem[]
  /** The connections that it holds on to. */
  readonly uses: ReadonlySet<Connection>
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
  const used = (connection: Connection): Connection => {
    uses.add(connection)
    return connection
  }
  const { connections } = sources
  const around: TableSources = {
    ...sources,
    connections: {
      toEndpoint: (...endpoint) => used(connections.toEndpoint(...endpoint)),
      ofProvider: (provider) => used(connections.ofProvider(provider)),
    },
  }
  const resolve = (backend: RouteBackend): ResolvedBackend => {
    const label =
      'deployment' in backend ? `deployment ${backend.deployment}` : `provider ${backend.provider}`
    const report: Report = (reason, message) => {
      problems.push({ route: key, backend: label, reason, message })
    }
    const upstreams = upstreamsOf(backend, metadata.namespace, around, report)
    return { label, weight: backend.weight, upstreams, report }
  }
  const { backends, fallback } = usedBackends(spec)
  const first = backends.map(resolve)
  const then = fallback.map(resolve)
  const plans: Partial<Record<Operation, RoutePlan>> = {}
  for (const operation of spec.operations) {
    plans[operation] = { backends: choicesFor(operation, first), fallback: choicesFor(operation, then) }
  }
  const { operations, onPolicyError } = spec
  const route: Route = {
    key,
    name: metadata.namespace === 'default' ? metadata.name : key,
    operations,
    timeoutMs: durationMs(spec.timeout),
    onPolicyError,
    plans,
  }
  return { route, problems, uses, order }
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

function choicesFor(operation: Operation, backends: readonly ResolvedBackend[]): readonly Choice[] {
  return backends.flatMap(({ label, weight, upstreams, report }) => {
    const able = upstreams.filter(({ connection }) =>
      connection.provider.capabilities.operations.includes(operation),
    )
    if (able.length < upstreams.length)
      report('OperationUnsupported', `${label} does not support ${operation}`)
    return able.length > 0 ? [{ weight, upstreams: able }] : []
  })
}
