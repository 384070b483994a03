import type { ApplyResult, ObservedTarget } from '../../deployment-target/contract.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import type { Key } from '../../resources/metadata.ts'
import type { KnownSecrets } from '../../rollout/shell/known-secrets.ts'
import type { Secret } from '../../security/contract.ts'
import type { GuardedCall } from './guards/guarded-call.ts'
import { errorWithoutWords, observedWithoutWords, resultWithoutWords } from './without-words.ts'

export interface SecretMeans {
  readonly knownSecrets: KnownSecrets
  secret(reference: string): Promise<Secret>
}

/** How the words of one call are kept without secrets. */
export type WordsOf<Answer> = Pick<GuardedCall<Answer>, 'learn' | 'clean' | 'hide'>

/**
 * The revisions whose secrets the words may hold, of each deployment that they are about. Undefined where nobody
 * knows the revisions.
 */
export type WordsAbout = ReadonlyMap<Key, readonly Revision[] | undefined>

export interface TargetWords {
  observed(about: WordsAbout): WordsOf<ObservedTarget>
  observedMany(about: WordsAbout): WordsOf<ReadonlyMap<Key, ObservedTarget>>
  /** Errors of the plane's own secret stores, for which `isOwn` is true, are not the target's words. */
  changed(
    verb: 'apply' | 'check' | 'destroy',
    about: WordsAbout,
    isOwn?: (error: unknown) => boolean,
  ): WordsOf<ApplyResult>
}

/**
 * What a target says, without secrets. Its vendor may repeat them. Secrets that another process gave are looked
 * up when the target says a word. While they cannot be looked up, its words are withheld, except for reasons of
 * one word and the code of an error.
 */
export function hideSecrets(means: SecretMeans): TargetWords {
  const { knownSecrets } = means
  const knowsAll = (about: WordsAbout, keys: Iterable<Key> = about.keys()): boolean =>
    [...keys].every((key) =>
      referencesOf(about.get(key))?.every((reference) => knownSecrets.knows(key, reference)),
    )
  const clean = (verb: string, about: WordsAbout, error: unknown): unknown =>
    knowsAll(about) ? scrubbed(knownSecrets, about, error) : errorWithoutWords(verb, error)
  const shown = (about: WordsAbout, key: Key, observed: ObservedTarget): ObservedTarget => {
    if (!observationSpeaks(observed)) return observed
    return knowsAll(about, [key]) ? knownSecrets.scrubObserved(key, observed) : observedWithoutWords(observed)
  }
  return {
    observed: (about) => ({
      learn: (said) => ('error' in said || observationSpeaks(said.answer) ? learn(means, about) : undefined),
      clean: (error) => clean('observe', about, error),
      hide: (observed) => [...about.keys()].reduce((each, key) => shown(about, key, each), observed),
    }),
    observedMany: (about) => ({
      learn: (said) => learn(means, 'error' in said ? about : speakersOf(about, said.answer)),
      clean: (error) => clean('observeMany', about, error),
      hide: (all) => new Map(Array.from(all, ([key, each]) => [key, shown(about, key, each)])),
    }),
    changed: (verb, about, isOwn = () => false) => ({
      learn: (said) =>
        ('error' in said ? !isOwn(said.error) : resultSpeaks(said.answer)) ? learn(means, about) : undefined,
      clean: (error) => (isOwn(error) ? scrubbed(knownSecrets, about, error) : clean(verb, about, error)),
      hide(result) {
        if (!('message' in result)) return result
        if (!knowsAll(about)) return resultWithoutWords(result)
        const text = (words: string): string =>
          [...about.keys()].reduce((each, key) => knownSecrets.scrubText(key, each), words)
        return { ...result, reason: text(result.reason), message: text(result.message) }
      },
    }),
  }
}

/**
 * Looks up the secrets that are not known, all at once and each one once. Ends with the first that cannot be
 * looked up: the others are known when they come.
 */
function learn({ secret, knownSecrets }: SecretMeans, about: WordsAbout): Promise<void> | undefined {
  const coming = new Map<string, Promise<Secret>>()
  const learning: Promise<Secret>[] = []
  for (const [key, revisions] of about) {
    for (const reference of referencesOf(revisions) ?? []) {
      if (knownSecrets.knows(key, reference)) continue
      const found = coming.get(reference) ?? secret(reference)
      coming.set(reference, found)
      learning.push(knownSecrets.learn(key, reference, found))
    }
  }
  if (learning.length === 0) return undefined
  return Promise.all(learning).then(
    () => {},
    () => {},
  )
}

function referencesOf(revisions: readonly Revision[] | undefined): readonly string[] | undefined {
  return revisions && [...new Set(revisions.flatMap(({ runtime }) => Object.values(runtime.secrets)))]
}

function scrubbed(knownSecrets: KnownSecrets, about: WordsAbout, error: unknown): unknown {
  return [...about.keys()].reduce((each, key) => knownSecrets.scrubError(key, each), error)
}

/** The part of `about` whose observations hold words. */
function speakersOf(about: WordsAbout, answers: ReadonlyMap<Key, ObservedTarget>): WordsAbout {
  if (!(answers instanceof Map)) return about
  return new Map([...about].filter(([key]) => answers.has(key) && observationSpeaks(answers.get(key))))
}

/** An answer of another shape becomes an error with words. */
function observationSpeaks(shown: Partial<ObservedTarget> | null | undefined): boolean {
  const { revisions, operations } = shown ?? {}
  if (!Array.isArray(revisions) || !Array.isArray(operations)) return true
  return [...revisions, ...operations].some(
    (each) => each?.reason !== undefined || each?.message !== undefined,
  )
}

function resultSpeaks(result: Partial<ApplyResult> | null | undefined): boolean {
  return result?.kind === undefined || 'message' in result
}
