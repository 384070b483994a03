/** What Triton's clients ask beside the protocol: the list of models, and what a gateway refuses. */

import { JsonFields } from '../../dialects/json-fields.ts'
import { ModelspineError } from '../../errors.ts'
import type { Router } from '../../routing/router.ts'
import { loadedTable } from '../../routing/table/table.ts'
import { type JsonLimits, jsonText } from '../json-limits.ts'
import { plainBody } from '../plain-body.ts'
import type { Answer, Call, Handler, SurfacePath } from '../surface.ts'
import { isReady, json, notReady, routeNamed } from './model-answers.ts'

/** The names under which models can be asked to infer, and whether they are ready. With `ready: true` only those. */
export async function repositoryIndex(
  router: Router,
  limits: JsonLimits,
  { request }: Call,
): Promise<Answer> {
  const bytes = await plainBody(request)
  const asked = bytes.byteLength === 0 ? {} : parsed(jsonText(bytes, limits))
  const onlyReady = new JsonFields(asked, '').optionalBoolean('ready') === true
  const table = loadedTable(router.table)
  const index = table.routes.flatMap((route) => {
    const ready = isReady(route)
    if (!route.operations.includes('infer') || (onlyReady && !ready)) return []
    const state = ready ? { state: 'READY' } : { state: 'UNAVAILABLE', reason: notReady(route) }
    const reached = route.names.filter((name) => table.find(name)?.key === route.key)
    return reached.map((name) => ({ name, ...state }))
  })
  return json(200, index)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ModelspineError('bad-request', 'the body is not JSON; write {"ready":true}, or nothing')
  }
}

const declared =
  'which models are served is declared: change the deployment or the route in the control plane'
const machineOnly = 'tensors come in the body: a region of memory is one of the machine of a server'
const serverOnly = 'the settings of a server are not those of the gateway: ask the server itself'

const chatsElsewhere = 'the gateway has no /generate: chats are asked at /v1/chat/completions'

/** Why the gateway does not answer, by what is asked of a model. */
export const refusedOfModels = {
  config:
    'the gateway has no configuration of its models, because each server behind a route has its own; leave /config out to read inputs and outputs',
  stats: 'the gateway has no statistics of its models here; its metrics count the requests of each revision',
} as const

/** The same, by the path below `/v2`. */
const refused: readonly (readonly [RegExp, string])[] = [
  [/^\/v2\/models\/stats$/, refusedOfModels.stats],
  [/^\/v2\/repository\/models\/.+\/(?:load|unload)$/, declared],
  [/^\/v2\/(?:system|cuda)sharedmemory(?:\/|$)/, machineOnly],
  [/^\/v2\/(?:models\/.+\/)?trace\/setting$/, serverOnly],
  [/^\/v2\/logging$/, serverOnly],
  [/^\/v2\/models\/.+\/generate(?:_stream)?$/, chatsElsewhere],
]

/** A path of Triton's that the gateway knows and does not serve. */
export function refusedPath(path: string): SurfacePath | undefined {
  const [, why] = refused.find(([form]) => form.test(path)) ?? []
  if (why === undefined) return undefined
  const refuse: Handler = () => {
    throw new ModelspineError('unsupported', why)
  }
  return { methods: { GET: refuse, POST: refuse }, names: [] }
}

/** Refuses what is asked of a model, if there is such a model. */
export function refuseOfModel(router: Router, what: keyof typeof refusedOfModels): Handler {
  return ({ names: [name = ''] }) => {
    routeNamed(router, name)
    throw new ModelspineError('unsupported', refusedOfModels[what])
  }
}
