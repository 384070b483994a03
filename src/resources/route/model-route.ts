import type { Duration } from '../duration.ts'
import type { Key, Metadata, MetadataInput } from '../metadata.ts'

/** Declares which backends serve the requests to a public model name, and how a backend is chosen. */
export interface ModelRoute {
  readonly apiVersion: 'modelspine.dev/v1alpha1'
  readonly kind: 'ModelRoute'
  readonly metadata: Metadata
  readonly spec: ModelRouteSpec
}

export type Operation = 'infer' | 'chat' | 'embed'

export interface ModelRouteSpec {
  /**
   * The operations that callers may ask for; requests for other operations are refused. The public model name
   * is `metadata.name`.
   */
  readonly operations: readonly Operation[]
  /** Where requests go, by weight. */
  readonly backends: readonly RouteBackend[]
  /** Backends that are tried in order when the chosen backend failed before it gave any output. */
  readonly fallback: readonly RouteBackend[]
  /** The timeout of the whole request, with all attempts. */
  readonly timeout: Duration
  /** What happens when an `invoke` policy cannot answer. */
  readonly onPolicyError: 'deny' | 'allow'
}

export type RouteBackend =
  /**
   * A ModelDeployment, by its name in the route's namespace or by its key. The deployment's split decides the
   * revision.
   */
  | { readonly deployment: string; readonly weight: number }
  /** One of the plane's providers, and the model as that vendor names it. */
  | { readonly provider: string; readonly model: string; readonly weight: number }

/** The deployment that a backend names: by key, or by name in the route's own namespace. */
export function backendKey({ deployment }: { readonly deployment: string }, namespace: string): Key {
  return deployment.includes('/') ? (deployment as Key) : `${namespace}/${deployment}`
}

export interface ModelRouteInput {
  readonly apiVersion?: 'modelspine.dev/v1alpha1'
  readonly kind?: 'ModelRoute'
  readonly metadata: MetadataInput
  readonly spec: ModelRouteSpecInput
}

export interface ModelRouteSpecInput {
  readonly operations: readonly Operation[]
  readonly backends: readonly RouteBackendInput[]
  /** Default none. */
  readonly fallback?: readonly RouteBackendInput[]
  /** Default `60s`. */
  readonly timeout?: Duration
  /** Default `deny`. */
  readonly onPolicyError?: 'deny' | 'allow'
}

export type RouteBackendInput =
  /** Weight defaults to 1; weights are relative to each other. */
  | { readonly deployment: string; readonly weight?: number }
  | { readonly provider: string; readonly model: string; readonly weight?: number }
