import { type Key, sha256, splitKey } from 'modelspine/adapter'
import type { KserveOptions } from './kserve-options.ts'

/**
 * Names of the objects of a key. They follow from the key and where it runs alone, so that a repeated call finds what an earlier one made.
 */
export interface KserveNames {
  readonly service: string
  /** The ConfigMap with the fence. */
  readonly record: string
  secret(revision: string): string
}

type Where = Pick<KserveOptions, 'mode' | 'namespace'>

/**
 * A label of a host name has at most 63 characters. KServe's `domainTemplate` makes one of the names of the InferenceService
 * and the namespace, in the mode `standard` with that of the predictor between them. The names of Knative's revisions, and
 * of what Knative makes for them, leave 40. Where less than a hash is left, KServe needs a template with a dot.
 */
function longestIn({ mode, namespace }: Where): number {
  const between = mode === 'standard' ? `-${predictorName('0123456789')}-predictor-` : '-'
  return Math.max(hashLength + 2, Math.min(40, 63 - between.length - namespace.length))
}

const hashLength = 10

export function namesOf(key: Key, where: Where): KserveNames {
  const service = serviceName(key, longestIn(where))
  return {
    service,
    record: `${service}.modelspine`,
    secret: (revision) => `${service}.${labelOf(revision)}`,
  }
}

/** The name of a deployment of the plane's namespace `default`, where it fits. All others get a hash. */
function serviceName(key: Key, longest: number): string {
  const { namespace, name } = splitKey(key)
  if (namespace === 'default' && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= longest) {
    // A name that looks like one with a hash could be the name of another key.
    if (!/-[0-9a-f]{10}$/.test(name)) return name
  }
  const hash = sha256(key).slice(0, hashLength)
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '') || 'model'
  return `${slug.slice(0, longest - hashLength - 1).replace(/-+$/, '')}-${hash}`
}

/** The name of a revision's predictor in `spec.canary`. */
export function predictorName(revision: string): string {
  return `r${labelOf(revision)}`
}

/** Revisions have names of ten hexadecimal characters. Others keep nothing but what a label may have, and a hash. */
function labelOf(revision: string): string {
  if (/^[a-z0-9]{1,10}$/.test(revision)) return revision
  return sha256(revision).slice(0, 10)
}
