/**
 * The identity of a resource. The shape is Kubernetes' own, so that the same YAML serves GitOps, the store
 * and a CRD.
 */

export const apiVersion = 'modelspine.dev/v1alpha1'

/** Metadata as a person writes it. */
export interface MetadataInput {
  /** A DNS label: lower-case letters, digits and `-`, at most 63 characters. */
  readonly name: string
  /** A DNS label; `default` when left out. */
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Metadata with every default filled in. */
export interface Metadata {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** `namespace/name`: the identity that queues, stores and events use. */
export type Key = `${string}/${string}`

export function keyOf(metadata: { readonly name: string; readonly namespace?: string }): Key {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`
}

/** Accepts `name` for `default/name`. */
export function keyFrom(text: string): Key {
  return text.includes('/') ? (text as Key) : `default/${text}`
}

export function splitKey(key: Key): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** Who asked for a change: a person, a service or `modelspine` itself. */
export interface Actor {
  /** The actor's name in the host's own identity provider: an address, a subject, a service account. */
  readonly name: string
  /** Groups or roles that policies may look at. */
  readonly roles?: readonly string[]
}
