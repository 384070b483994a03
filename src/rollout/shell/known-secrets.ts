import type { ObservedTarget } from '../../deployment-target/contract.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Secret } from '../../security/contract.ts'
import { scrubError, scrubSecrets } from '../../security/scrub-secrets.ts'

/**
 * The secrets of deployments that this process knows: those that it gave to targets, and those that
 * `hideSecrets` looked up. They are removed from all that a target says later, so that no secret reaches a
 * status, an error or a log.
 */
export interface KnownSecrets {
  /** Knows the secret as soon as it comes, unless the deployment is forgotten before. Fails as `coming` does. */
  learn(key: Key, reference: string, coming: Promise<Secret>): Promise<Secret>
  knows(key: Key, reference: string): boolean
  forget(key: Key): void
  scrubError(key: Key, error: unknown): unknown
  scrubText(key: Key, text: string): string
  scrubObserved(key: Key, observed: ObservedTarget): ObservedTarget
}

/** How many values of one reference are kept. A vendor may repeat a value after it was rotated. */
const mostValues = 4

/** Keeps the newest values of each reference of a declared deployment. */
export function createKnownSecrets(): KnownSecrets {
  const known = new Map<Key, Map<string, readonly Secret[]>>()
  const of = (key: Key): readonly Secret[] => [...(known.get(key)?.values() ?? [])].flat()
  return {
    async learn(key, reference, coming) {
      const secrets = known.get(key) ?? new Map<string, readonly Secret[]>()
      known.set(key, secrets)
      const secret = await coming
      const before = (secrets.get(reference) ?? []).filter((each) => each.reveal() !== secret.reveal())
      secrets.set(reference, [secret, ...before].slice(0, mostValues))
      return secret
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
