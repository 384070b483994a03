import type { ObservedTarget, ObserveOptions } from '../../deployment-target/contract.ts'
import { isModelspineError, ModelspineError } from '../../errors.ts'
import type { Key } from '../../resources/metadata.ts'
import type { KnownSecrets } from '../../rollout/shell/known-secrets.ts'
import type { Secret } from '../../security/contract.ts'

export interface SecretMeans {
  readonly knownSecrets: KnownSecrets
  secret(reference: string, abortSignal: AbortSignal): Promise<Secret>
}

type Asked = Pick<ObserveOptions, 'applied'> & { readonly abortSignal: AbortSignal }

/**
 * What a target observes, without secrets. A target that observes has none to compare with, and its vendor may
 * repeat them. Secrets that another process gave are looked up when the target says a word. While they cannot be
 * looked up, its words are withheld, except for reasons of one word and the code of an error. The target's guard
 * removes the known secrets from each error.
 */
export async function hideSecrets(
  means: SecretMeans,
  key: Key,
  asked: Asked,
  look: () => Promise<ObservedTarget>,
): Promise<ObservedTarget> {
  let shown: ObservedTarget
  try {
    shown = await look()
  } catch (error) {
    if (asked.abortSignal.aborted) throw error
    throw (await knowsAll(means, key, asked)) ? error : wordless(error)
  }
  if (!speaks(shown)) return shown
  return (await knowsAll(means, key, asked))
    ? means.knownSecrets.scrubObserved(key, shown)
    : withoutWords(shown)
}

async function knowsAll(
  { secret, knownSecrets }: SecretMeans,
  key: Key,
  { applied = [], abortSignal }: Asked,
): Promise<boolean> {
  const references = new Set(applied.flatMap(({ runtime }) => Object.values(runtime.secrets)))
  for (const reference of references) {
    if (knownSecrets.knows(key, reference)) continue
    try {
      knownSecrets.add(key, reference, await secret(reference, abortSignal))
    } catch {
      return false
    }
  }
  return true
}

/** Answers of another shape are refused afterwards. */
function speaks(shown: Partial<ObservedTarget> | null | undefined): boolean {
  const { revisions, operations } = shown ?? {}
  if (!Array.isArray(revisions) || !Array.isArray(operations)) return false
  return [...revisions, ...operations].some(
    (each) => each?.reason !== undefined || each?.message !== undefined,
  )
}

function withoutWords({ revisions, operations, ...rest }: ObservedTarget): ObservedTarget {
  const oneWord = (reason: string | undefined) =>
    reason !== undefined && /^[A-Z][A-Za-z]{0,63}$/.test(reason) ? { reason } : {}
  return {
    ...rest,
    revisions: revisions.map(({ reason, message: _, ...each }) => ({ ...each, ...oneWord(reason) })),
    operations: operations.map(({ reason, ...each }) => ({ ...each, ...oneWord(reason) })),
  }
}

function wordless(error: unknown): ModelspineError {
  const known = isModelspineError(error)
    ? { code: error.code, retryable: error.retryable }
    : { code: 'target-unavailable' as const, retryable: true }
  const message =
    'the target could not be observed, and its words are withheld, because its secrets cannot be looked up'
  return new ModelspineError(known.code, message, { retryable: known.retryable })
}
