import { canonicalJson, type Key, sha256, splitKey } from 'modelspine/adapter'
import type { TargetConfig } from './target-options.ts'

/**
 * Names of what is made for a key. They follow from the key, the prefix and the content alone, so that a repeated call finds what
 * an earlier one made. Variants have the names of their revisions.
 */
export interface TargetNames {
  readonly endpoint: string
  /** Models and configs begin with it and a "-". */
  readonly base: string
  model(revision: string): string
  /** By its content, because a config cannot be changed. */
  config(content: object): string
  isConfig(name: string): boolean
  /** Undefined for a model that is not of this key. */
  revisionOf(model: string): string | undefined
}

const hashLength = 10
/** SageMaker's limit, without what stands behind the base. */
const longestBase = 63 - 1 - hashLength

export function namesOf(key: Key, { prefix, adopt }: Pick<TargetConfig, 'prefix' | 'adopt'>): TargetNames {
  const base = `${prefix}-${slugOf(key, longestBase - prefix.length - 1)}`
  const behind = (name: string): string | undefined => {
    const rest = name.startsWith(`${base}-`) ? name.slice(base.length + 1) : ''
    return /^[0-9a-f]{10}$/.test(rest) ? rest : undefined
  }
  return {
    endpoint: adopt.get(key) ?? base,
    base,
    model: (revision) => `${base}-${labelOf(revision)}`,
    config: (content) => `${base}-${sha256(canonicalJson(content)).slice(0, hashLength)}`,
    isConfig: (name) => behind(name) !== undefined,
    revisionOf: behind,
  }
}

/** The base in the name of a model or a config of this target. */
export function baseIn(name: string): string {
  return name.replace(/-[0-9a-f]{10}$/, '')
}

/** The name of a deployment in the plane's namespace `default`, where it fits. All others get a hash. */
function slugOf(key: Key, longest: number): string {
  const { namespace, name } = splitKey(key)
  const isPlain = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= longest
  // A name that looks like one with a hash could be the name of another key.
  if (namespace === 'default' && isPlain && !/-[0-9a-f]{10}$/.test(name)) return name
  const hash = sha256(key).slice(0, hashLength)
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longest - hashLength - 1)
  return `${slug.replace(/^-+|-+$/g, '') || 'model'}-${hash}`
}

/** Revisions have names of ten hexadecimal characters. Others keep nothing but a hash. */
function labelOf(revision: string): string {
  return /^[0-9a-f]{10}$/.test(revision) ? revision : sha256(revision).slice(0, hashLength)
}
