import { ModelspineError } from '../../errors.ts'
import type { Router } from '../../routing/router.ts'
import type { Route } from '../../routing/table/route.ts'
import { loadedTable } from '../../routing/table/table.ts'
import { upstreamHeaders } from '../served-headers.ts'
import type { Answer, Call } from '../surface.ts'

/**
 * What the model takes and gives, as an upstream tells it. The name is the one that the caller wrote, and the versions
 * are the revisions that serve the route.
 */
export async function modelMetadata(router: Router, { names, options }: Call): Promise<Answer> {
  const [name = '', revision] = names
  const call = options()
  const { description = {}, upstream } = await router.describe(
    name,
    revision === undefined ? call : { ...call, revision },
  )
  const { platform = 'modelspine', inputs, outputs } = description
  const body = {
    name,
    versions: revisionsOf(routeNamed(router, name)),
    platform,
    ...(inputs !== undefined && { inputs }),
    ...(outputs !== undefined && { outputs }),
  }
  const answer = json(200, body)
  if (upstream !== undefined) Object.assign(answer.headers, upstreamHeaders(upstream))
  return answer
}

export function modelReadiness(router: Router, { names: [name = '', revision] }: Call): Answer {
  const route = routeNamed(router, name)
  const able = isReady(route)
  if (revision === undefined) return readiness(able, notReady(route))
  return readiness(
    revisionsOf(route).includes(revision),
    `route ${route.key} has no version "${revision}" that is ready to infer`,
  )
}

export function routeNamed(router: Router, name: string): Route {
  const route = loadedTable(router.table).find(name)
  if (route === undefined) throw new ModelspineError('no-route', `there is no route "${name}"`)
  return route
}

/** Whether an upstream of the route can be asked to infer. */
export function isReady({ plans: { infer } }: Route): boolean {
  return infer !== undefined && infer.backends.length + infer.fallback.length > 0
}

export function notReady({ key }: Route): string {
  return `route ${key} has no backend that is ready to infer`
}

function revisionsOf({ plans }: Route): readonly string[] {
  const upstreams = plans.infer?.backends.flatMap((choice) => choice.upstreams) ?? []
  return [...new Set(upstreams.flatMap(({ identity }) => identity.revision ?? []))]
}

export function readiness(ready: boolean, reason: string): Answer {
  return ready ? json(200, { ready }) : json(503, { ready, error: reason })
}

export function json(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
