import type { Endpoint } from 'modelspine/adapter'
import { z } from 'zod'
import { annotationNames, type Predictor } from '../kserve-api.ts'
import type { ServiceStatus } from '../kserve-replies.ts'
import { annotationOf } from '../lineage.ts'
import type { ModePlace } from './mode.ts'

const asked = z.object({
  protocol: z.string().catch('open-inference'),
  path: z.string().optional().catch(undefined),
  model: z.string().optional().catch(undefined),
})

/** How a predictor at an address is asked. KServe's runtimes call their model as the InferenceService is called. */
export function endpointAt(place: ModePlace, predictor: Predictor, revision: string, url: string): Endpoint {
  const { protocol, path = '', model } = askedOf(predictor)
  const { key, names, options } = place
  const { namespace } = options
  const address = options.address({ key, revision, url, service: names.service, namespace })
  return { protocol, address: address.replace(/\/+$/, '') + path, model: model ?? names.service }
}

/** The address of the whole InferenceService. */
export function serviceUrl({ url, address, components }: ServiceStatus): string | undefined {
  return url || address?.url || components?.predictor?.url || undefined
}

function askedOf(predictor: Predictor): z.infer<typeof asked> {
  try {
    return asked.parse(JSON.parse(annotationOf(predictor, annotationNames.endpoint) ?? '{}'))
  } catch {
    return { protocol: 'open-inference' }
  }
}
