import type { Duration } from '../duration.ts'
import type { Key, Metadata, MetadataInput } from '../metadata.ts'

/** Declares which backends serve the requests to a public model name, and how a backend is chosen. */
export interface ModelRoute {
  readonly apiVersion: 'modelspine.dev/v1alpha1'
  readonly kind: 'ModelRoute'
  readonly metadata: Metadata
  readonly spec: ModelRouteSpec
}

/** An operation that is built in, or one of your own, such as `acme.rerank`. */
export type OperationName = 'infer' | 'chat' | 'embed' | `${string}.${string}`

export interface ModelRouteSpec {
  /** The model names that callers write. No other route may have them. Absent: see `publicNames`. */
  readonly names?: readonly string[]
  /** The operations that callers may ask for; requests for other operations are refused. */
  readonly operations: readonly OperationName[]
  /** Where requests go, by weight. */
  readonly backends: readonly RouteBackend[]
  /** Backends that are tried in order when the chosen backend failed before it gave any output. */
  readonly fallback: readonly RouteBackend[]
  /** The old name of `timeouts.request`. */
  readonly timeout?: Duration
  readonly timeouts?: RouteTimeouts
  /** The most calls that one request may make. Default 2. */
  readonly attempts?: number
  /** The most requests under way at the same time, in this process. Default: any number. */
  readonly maxInFlight?: number
  /** What happens when an `invoke` policy cannot answer. */
  readonly onPolicyError: 'deny' | 'allow'
  /** What happens to chats with something that an upstream's format cannot say. */
  readonly translation?: RouteTranslation
}

/** Formats of vendors differ in what they can say. Nothing is dropped in silence. */
export interface RouteTranslation {
  /**
   * When an upstream cannot carry what changes the meaning of the answer, such as a tool or an image. `ask-others`
   * (default): other upstreams are asked, and the refusal costs none of the `attempts`. `refuse`: the request fails.
   */
  readonly cannotCarry?: 'ask-others' | 'refuse'
  /**
   * When an upstream can say something only about, such as a seed or the range of a temperature. `allow` (default): it is
   * approximated, and the reply lists it. `refuse`: that upstream cannot carry the request.
   */
  readonly approximations?: 'allow' | 'refuse'
}

export type RouteBackend =
  /**
   * A ModelDeployment, by its name in the route's namespace or by its key. The deployment's split decides the
   * revision.
   */
  | { readonly deployment: string; readonly weight: number }
  /** One of the plane's providers, and the model as that vendor names it. */
  | { readonly provider: string; readonly model: string; readonly weight: number }

/** The names under which callers reach a route. By default `name` in namespace `default`, else `namespace/name`. */
export function publicNames({ metadata, spec }: Pick<ModelRoute, 'metadata' | 'spec'>): readonly string[] {
  const { namespace, name } = metadata
  return spec.names ?? [namespace === 'default' ? name : `${namespace}/${name}`]
}

/** The timeout of the whole request, with all attempts. */
export function requestTimeoutOf({
  timeout,
  timeouts,
}: Pick<ModelRouteSpec, 'timeout' | 'timeouts'>): Duration {
  return timeouts?.request ?? timeout ?? '60s'
}

/** The deployment that a backend names: by key, or by name in the route's own namespace. */
export function backendKey({ deployment }: { readonly deployment: string }, namespace: string): Key {
  return deployment.includes('/') ? (deployment as Key) : `${namespace}/${deployment}`
}

/** How long a request may take. */
export interface RouteTimeouts {
  /**
   * The whole request, with all attempts. Default 60s: for a reply, or for the first output of a stream. A value
   * that is given bounds the rest of a stream, too.
   */
  readonly request?: Duration
  /**
   * One call for a reply. Default: an equal share of the time that is left, while another upstream can still
   * be asked.
   */
  readonly attempt?: Duration
  /** The first output of one streamed call. The default is that of `attempt`. */
  readonly firstOutput?: Duration
  /** The pause between two pieces of a stream. Default 60s. */
  readonly idle?: Duration
}

export interface ModelRouteInput {
  readonly apiVersion?: 'modelspine.dev/v1alpha1'
  readonly kind?: 'ModelRoute'
  readonly metadata: MetadataInput
  readonly spec: ModelRouteSpecInput
}

export interface ModelRouteSpecInput {
  /** Default `metadata.name`, outside namespace `default` with the namespace before it. */
  readonly names?: readonly string[]
  readonly operations: readonly OperationName[]
  readonly backends: readonly RouteBackendInput[]
  /** Default none. */
  readonly fallback?: readonly RouteBackendInput[]
  /** The old name of `timeouts.request`. */
  readonly timeout?: Duration
  readonly timeouts?: RouteTimeouts
  /** Default 2. */
  readonly attempts?: number
  /** Default: any number. */
  readonly maxInFlight?: number
  /** Default `deny`. */
  readonly onPolicyError?: 'deny' | 'allow'
  readonly translation?: RouteTranslation
}

export type RouteBackendInput =
  /** Weight defaults to 1; weights are relative to each other. */
  | { readonly deployment: string; readonly weight?: number }
  | { readonly provider: string; readonly model: string; readonly weight?: number }
