import type { SharedV4ProviderMetadata } from '@ai-sdk/provider'
import type { Served } from '../../routing/attempt/served.ts'
import { ownName } from '../words/dialect.ts'

/** What `providerMetadata.modelspine` says of each answer of a route. */
export interface RouteMetadata {
  /** The request's one id. `plane.feedback` takes it. */
  readonly requestId: string
  /** The app's own id, if it gave one. */
  readonly callerId?: string
  readonly route: string
  /** `namespace/name`, if a deployment served the request. */
  readonly deployment?: string
  readonly revision?: string
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** The model's name at the provider. */
  readonly model: string
  /** How many calls were made. */
  readonly attempts: number
}

export function routeMetadata(
  route: string,
  { requestId, callerId, deployment, revision, provider, model, attempts }: Served,
): SharedV4ProviderMetadata {
  const metadata: RouteMetadata = {
    requestId,
    ...(callerId === undefined ? {} : { callerId }),
    route,
    ...(deployment === undefined ? {} : { deployment }),
    ...(revision === undefined ? {} : { revision }),
    provider,
    model,
    attempts,
  }
  return { [ownName]: { ...metadata } }
}
