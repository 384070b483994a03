/** The Open Inference Protocol V2 over HTTP: health, metadata and infer. Bodies are passed on as they are. */

import type { Router } from '../../routing/router.ts'
import type { JsonLimits } from '../json-limits.ts'
import type { Call, Handler, Surface } from '../surface.ts'
import { infer } from './infer-call.ts'
import { json, modelMetadata, modelReadiness, readiness } from './model-answers.ts'
import { modelPath } from './model-path.ts'
import { refusedPath, refuseOfModel, repositoryIndex } from './model-repository.ts'

const models = '/v2/models/'

export function openInferenceSurface(router: Router, limits: JsonLimits): Surface {
  const live: Handler = () => json(200, { live: true })
  const ready: Handler = () => readiness(router.table !== undefined, 'no route table is loaded yet')
  const server: Handler = () =>
    json(200, { name: 'modelspine', version: '2', extensions: extensionsOf(router) })

  const ofModel = {
    infer: { POST: (call: Call) => infer(router, limits, call) },
    ready: { GET: (call: Call) => modelReadiness(router, call) },
    metadata: { GET: (call: Call) => modelMetadata(router, call) },
    config: { GET: refuseOfModel(router, 'config') },
    stats: { GET: refuseOfModel(router, 'stats') },
  }
  const index = { POST: (call: Call) => repositoryIndex(router, limits, call) }
  const isKnown = (name: string): boolean => router.table?.find(name) !== undefined

  return {
    find(path) {
      if (path.startsWith(models)) {
        const model = modelPath(path.slice(models.length), isKnown)
        if (model === undefined) return undefined
        const { name, version, action = 'metadata' } = model
        if (action === 'metadata' && !isKnown(name)) {
          const refused = refusedPath(path)
          if (refused !== undefined) return refused
        }
        return { methods: ofModel[action], names: version === undefined ? [name] : [name, version] }
      }
      if (path === '/v2/health/live') return { methods: { GET: live }, names: [], probe: true }
      if (path === '/v2/health/ready') return { methods: { GET: ready }, names: [], probe: true }
      if (path === '/v2' || path === '/v2/') return { methods: { GET: server }, names: [] }
      if (path === '/v2/repository/index') return { methods: index, names: [] }
      return refusedPath(path)
    },
    errorBody: ({ message }) => JSON.stringify({ error: message }),
  }
}

/** Named only where it holds for every model, because clients ask the server and not the model. */
function extensionsOf({ table }: Router): readonly string[] {
  let some = false
  for (const { plans } of table?.routes ?? []) {
    const { backends = [], fallback = [] } = plans.infer ?? {}
    for (const { upstreams } of [...backends, ...fallback]) {
      for (const { connection } of upstreams) {
        if (connection.provider.capabilities.binaryTensors !== true) return []
        some = true
      }
    }
  }
  return some ? ['binary_tensor_data'] : []
}
