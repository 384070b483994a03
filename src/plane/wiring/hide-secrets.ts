import type { ApplyResult, ObservedTarget, TargetCheck } from '../../deployment-target/contract.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import type { Key } from '../../resources/metadata.ts'
import type { KnownSecrets } from '../../rollout/shell/known-secrets.ts'
import type { Secret } from '../../security/contract.ts'
import type { GuardedCall } from './guards/guarded-call.ts'
import {
  errorWithoutWords,
  observedWithoutWords,
  resultWithoutWords,
  type SpokenResult,
  warningsWithheld,
} from './without-words.ts'

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
  changed<Result extends ApplyResult>(
    verb: 'apply' | 'destroy',
    about: WordsAbout,
    isOwn?: (error: unknown) => boolean,
  ): WordsOf<Result>
  checked(about: WordsAbout): WordsOf<TargetCheck>
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
  const text = (about: WordsAbout, words: string): string =>
    [...about.keys()].reduce((each, key) => knownSecrets.scrubText(key, each), words)
  const spoken = <Result extends SpokenResult>(about: WordsAbout, result: Result): Result =>
    knowsAll(about)
      ? { ...result, reason: text(about, result.reason), message: text(about, result.message) }
      : resultWithoutWords(result)
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
      hide: (result) => (isSpoken(result) ? spoken(about, result) : result),
    }),
    checked: (about) => ({
      learn: (said) => ('error' in said || checkSpeaks(said.answer) ? learn(means, about) : undefined),
      clean: (error) => clean('check', about, error),
      hide(check) {
        if (check.kind === 'refused') return spoken(about, check)
        const warnings = knowsAll(about)
          ? check.warnings.map((each) => text(about, each))
          : check.warnings.slice(0, 1).map(() => warningsWithheld)
        return { ...check, warnings }
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

function isSpoken<Result extends ApplyResult>(result: Result): result is Result & SpokenResult {
  return 'message' in result
}

function checkSpeaks(check: TargetCheck | null | undefined): boolean {
  return check?.kind !== 'accepted' || check.warnings?.length !== 0
}
