/** The Open Inference Protocol V2 over HTTP: health, metadata and infer. Bodies are passed on as they are. */

import { inferenceHeader } from '../dialects/open-inference/binary-fault.ts'
import { ModelspineError } from '../errors.ts'
import type { Router } from '../routing/router.ts'
import type { Route } from '../routing/table/route.ts'
import { loadedTable } from '../routing/table/table.ts'
import { HttpFailure } from './failure.ts'
import { modelPath } from './model-path.ts'
import { plainBody } from './plain-body.ts'
import { headerText, servedHeaders } from './served-headers.ts'
import type { Answer, Call, GatewayRequest, Handler, Surface } from './surface.ts'

/**
 * The content types that a web page may send to another origin without a CORS preflight. To read the answer,
 * the page would need CORS in any case.
 */
const simpleTypes = /^(?:text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\b/i

const models = '/v2/models/'

export function openInferenceSurface(router: Router): Surface {
  const live: Handler = () => json(200, { live: true })
  const ready: Handler = () => readiness(router.table !== undefined, 'no route table is loaded yet')
  const server: Handler = () => json(200, { name: 'modelspine', version: '2', extensions: [] })

  const metadata: Handler = ({ names }) => {
    const route = routeOf(router, names)
    return json(200, { name: names[0], versions: revisionsOf(route), platform: 'modelspine' })
  }
  const modelReady: Handler = ({ names }) => {
    const { key, plans } = routeOf(router, names)
    const plan = plans.infer
    const able = plan !== undefined && plan.backends.length + plan.fallback.length > 0
    return readiness(able, `route ${key} has no backend that is ready to infer`)
  }

  const toInfer = { POST: (call: Call) => infer(router, call) }

  return {
    find(path) {
      if (!path.startsWith(models)) {
        if (path === '/v2/health/live') return { methods: { GET: live }, names: [], probe: true }
        if (path === '/v2/health/ready') return { methods: { GET: ready }, names: [], probe: true }
        return path === '/v2' || path === '/v2/' ? { methods: { GET: server }, names: [] } : undefined
      }
      const model = modelPath(path.slice(models.length), (name) => router.table?.find(name) !== undefined)
      if (model === undefined) return undefined
      const { name, version, action } = model
      const names = version === undefined ? [name] : [name, version]
      if (action === 'infer') return { methods: toInfer, names }
      return { methods: { GET: action === 'ready' ? modelReady : metadata }, names }
    },
    errorBody: ({ message }) => JSON.stringify({ error: message }),
  }
}

async function infer(router: Router, call: Call): Promise<Answer> {
  const { request, names } = call
  const [name = '', version] = names
  if (version !== undefined) throw chosenByRoute(version)
  const split = request.header(inferenceHeader)
  const contentType = contentTypeOf(request, split)
  const bytes = await plainBody(request)
  const routed = await router.infer(
    name,
    split === undefined
      ? { kind: 'bytes', contentType, bytes }
      : { kind: 'bytes', contentType, bytes, headers: { [inferenceHeader]: split } },
    call.options(),
  )
  const { reply } = routed
  if (reply.kind !== 'bytes')
    throw new ModelspineError('malformed-reply', 'the upstream answered bytes with tensors')
  const headers = servedHeaders(routed, reply.contentType)
  const replySplit = reply.headers?.[inferenceHeader]
  if (replySplit !== undefined) headers[inferenceHeader] = headerText(replySplit)
  return { status: 200, headers, body: reply.bytes }
}

/**
 * The content type. Triton's Python client sends none. A web page can leave it out, too, but then the browser
 * sends the page's origin (Fetch standard, "append a request `Origin` header"). So a request with neither a
 * type nor an origin does not come from a web page.
 */
function contentTypeOf(request: GatewayRequest, split: string | undefined): string {
  const named = request.header('content-type')
  if (named === undefined && request.header('origin') === undefined) {
    return split === undefined ? 'application/json' : 'application/octet-stream'
  }
  if (named !== undefined && !simpleTypes.test(named)) return named
  throw new HttpFailure(
    415,
    `the content type is ${named ?? 'missing'}; write application/json or application/octet-stream`,
  )
}

function routeOf(router: Router, [name = '', version]: readonly string[]): Route {
  if (version !== undefined) throw chosenByRoute(version)
  const route = loadedTable(router.table).find(name)
  if (route === undefined) throw new ModelspineError('no-route', `there is no route "${name}"`)
  return route
}

/** A caller that could name a revision would bypass the split, and with it the rollout and its gates. */
function chosenByRoute(version: string): ModelspineError {
  const message = `version "${version}" cannot be asked for: the route chooses the revision; leave /versions/${version} out`
  return new ModelspineError('unsupported', message)
}

function revisionsOf({ plans }: Route): readonly string[] {
  const upstreams = plans.infer?.backends.flatMap((choice) => choice.upstreams) ?? []
  return [...new Set(upstreams.flatMap(({ identity }) => identity.revision ?? []))]
}

function readiness(ready: boolean, reason: string): Answer {
  return ready ? json(200, { ready }) : json(503, { ready, error: reason })
}

function json(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
