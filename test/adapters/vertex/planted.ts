import { queryPairs } from '../../../adapters/shared/url-path.ts'
import type { VendorRequest } from '../../../adapters/shared/vendor-client.ts'
import type { Json } from '../../simulators/vertex/vertex-failure.ts'
import { officialVertex } from '../../simulators/vertex/vertex-simulator.ts'

/** What Vertex's description of its API has against a request. */
export function problemsOf(
  operation: string,
  { method, path, query, body }: VendorRequest,
): readonly string[] {
  const pairs = new URLSearchParams(queryPairs(query))
  const full = `${path.slice(1)}${pairs.size === 0 ? '' : `?${pairs}`}`
  const sent = body === undefined ? undefined : JSON.parse(JSON.stringify(body))
  return (
    officialVertex()?.request(`aiplatform.projects.locations.${operation}`, {
      method,
      path: full,
      body: sent,
    }) ?? []
  )
}

/** A copy with a member of its body set: at `deployedModel.id` for example. */
export function planted(request: VendorRequest, at: string, value: unknown): VendorRequest {
  const body = JSON.parse(JSON.stringify(request.body ?? {})) as Json
  const [last = '', ...before] = at.split('.').toReversed()
  const holder = before.toReversed().reduce((within, name) => within[name] as Json, body)
  holder[last] = value
  return { ...request, body }
}
