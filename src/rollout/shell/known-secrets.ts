import type { ObservedTarget } from '../../deployment-target/contract.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Secret } from '../../security/contract.ts'
import { scrubError, scrubSecrets } from '../../security/scrub-secrets.ts'

/**
 * The secrets that this process gave to targets. They are removed from all that a target says later, so that
 * no secret reaches a status, an error or a log. `hideSecrets` adds those that another process gave.
 */
export interface KnownSecrets {
  add(key: Key, reference: string, secret: Secret): void
  knows(key: Key, reference: string): boolean
  forget(key: Key): void
  scrubError(key: Key, error: unknown): unknown
  scrubText(key: Key, text: string): string
  scrubObserved(key: Key, observed: ObservedTarget): ObservedTarget
}

/** Keeps one secret for each reference of a declared deployment. */
export function createKnownSecrets(): KnownSecrets {
  const known = new Map<Key, Map<string, Secret>>()
  const of = (key: Key): readonly Secret[] => [...(known.get(key)?.values() ?? [])]
  return {
    add(key, reference, secret) {
      let secrets = known.get(key)
      if (secrets === undefined) {
        secrets = new Map()
        known.set(key, secrets)
      }
      secrets.set(reference, secret)
    },
    knows: (key, reference) => known.get(key)?.has(reference) === true,
    forget: (key) => void known.delete(key),
    scrubError: (key, error) => (known.has(key) ? scrubError(error, of(key)) : error),
    scrubText: (key, text) => (known.has(key) ? scrubSecrets(text, of(key)) : text),
    scrubObserved(key, observed) {
      if (!known.has(key)) return observed
      const secrets = of(key)
      const clean = (text: string): string => scrubSecrets(text, secrets)
      return {
        ...observed,
        revisions: observed.revisions.map(({ reason, message, ...rest }) => ({
          ...rest,
          ...(reason !== undefined && { reason: clean(reason) }),
          ...(message !== undefined && { message: clean(message) }),
        })),
        operations: observed.operations.map(({ reason, ...rest }) => ({
          ...rest,
          ...(reason !== undefined && { reason: clean(reason) }),
        })),
      }
    },
  }
}
