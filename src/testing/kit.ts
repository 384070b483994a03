/**
 * Conformance kits. An adapter is complete when it passes the kit of its contract.
 *
 * A kit is a list of laws. It runs in any test runner that has `describe` and `it`. Without a runner, use
 * `brokenLaws`. The kit skips a law only when the capabilities or the fixture of the subject say that the law
 * does not apply. It prints each skipped law.
 */

import { messageOf } from '../errors.ts'

export interface TestRunner {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
}

/** A new subject for one law. The kit calls `dispose` afterwards, also when the law failed. */
export interface Fixture<Subject> {
  readonly subject: Subject
  dispose?(): Promise<void> | void
}

export interface Law<Subject> {
  /** In the present tense: `refuses an older fence`. */
  readonly name: string
  /** The reason why the law does not apply to this subject. Undefined when it applies. */
  skip?(subject: Subject): string | undefined
  check(subject: Subject): Promise<void>
}

export interface KitOptions<Subject> extends TestRunner {
  /** The name of the implementation in the runner's report. */
  readonly name: string
  create(): Promise<Fixture<Subject>> | Fixture<Subject>
  /** Prints skipped laws. Default: the console. */
  readonly log?: (line: string) => void
}

/** Registers a kit's laws as tests. */
export function runKit<Subject>(
  kit: string,
  laws: readonly Law<Subject>[],
  options: KitOptions<Subject>,
): void {
  const log = options.log ?? ((line: string) => console.log(line))
  options.describe(`${options.name} keeps the laws of ${kit}`, () => {
    for (const law of laws) {
      options.it(law.name, async () => {
        const outcome = await checkLaw(kit, law, options.create)
        if (outcome.kind === 'skipped') log(`${options.name}: skipped "${law.name}": ${outcome.reason}`)
        if (outcome.kind === 'broken') throw outcome.error
      })
    }
  })
}

/**
 * The laws that a subject breaks, each as an error that names the law. For tests of kits, and without a
 * runner.
 */
export async function brokenLaws<Subject>(
  kit: string,
  laws: readonly Law<Subject>[],
  create: KitOptions<Subject>['create'],
): Promise<readonly Error[]> {
  const broken: Error[] = []
  for (const law of laws) {
    const outcome = await checkLaw(kit, law, create)
    if (outcome.kind === 'broken') broken.push(outcome.error)
  }
  return broken
}

type Outcome =
  | { readonly kind: 'kept' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'broken'; readonly error: Error }

async function checkLaw<Subject>(
  kit: string,
  law: Law<Subject>,
  create: KitOptions<Subject>['create'],
): Promise<Outcome> {
  const fixture = await create()
  try {
    const reason = law.skip?.(fixture.subject)
    if (reason !== undefined) return { kind: 'skipped', reason }
    await law.check(fixture.subject)
    return { kind: 'kept' }
  } catch (cause) {
    return {
      kind: 'broken',
      error: new Error(`breaks the law of ${kit} "${law.name}": ${messageOf(cause)}`, { cause }),
    }
  } finally {
    await fixture.dispose?.()
  }
}
