/**
 * Conformance kits. An adapter is complete when it passes the kit of its contract.
 *
 * A kit is a list of laws. It runs in any test runner that has `describe` and `it`. Without a runner, use
 * `brokenLaws`. A law is skipped only when the capabilities or the fixture of the subject say that it does not
 * apply, or when the author leaves it out and gives the reason. The runner shows it as skipped, never as kept.
 */

import { messageOf } from '../errors.ts'

export interface TestRunner {
  describe(name: string, body: () => void): void
  /**
   * The runner's `it`. With vitest and `node:test` the context has a method `skip`, and with mocha `this` has
   * one: a law that does not apply calls it. Jest and Bun have none: without `skippedLaws`, the kit prints the line
   * there and the test passes.
   */
  readonly it: {
    (name: string, body: (context?: unknown) => Promise<void>): void
    /** Shows a test as skipped that never runs. Vitest, `node:test`, mocha, Jest and Bun have it. */
    skip?(name: string, body: () => Promise<void>): void
  }
}

/** A new subject for one law. The kit calls `dispose` afterwards, also when the law failed. */
export interface Fixture<Subject> {
  readonly subject: Subject
  dispose?(): Promise<void> | void
}

export interface Law<Subject> {
  /** In the present tense: `refuses an older fence`. */
  readonly name: string
  /** Optional members of the subject that the law needs. Where one is missing, the law is skipped. */
  readonly hooks?: readonly (keyof Subject & string)[]
  /** The reason why the law does not apply to this subject. Undefined when it applies. */
  skip?(subject: Subject): string | undefined
  /** May answer that the law does not apply, when this shows only while it is checked. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most laws return nothing
  check(subject: Subject): Promise<void | NotApplicable>
}

export interface NotApplicable {
  readonly notApplicable: string
}

export interface KitOptions<Subject> extends TestRunner {
  /** The name of the implementation in the runner's report. */
  readonly name: string
  create(): Promise<Fixture<Subject>> | Fixture<Subject>
  /** Laws that are left out, by name, each with the reason. The report shows them as skipped. */
  readonly without?: Readonly<Record<string, string>>
  /** Prints skipped laws where the runner cannot show them. Default: the console. */
  readonly log?: (line: string) => void
}

/** Registers a kit's laws as tests. Throws a TypeError when `without` names no law. */
export function runKit<Subject>(
  kit: string,
  laws: readonly Law<Subject>[],
  options: KitOptions<Subject>,
): void {
  const { name, it, without = {}, log = (line: string) => console.log(line) } = options
  for (const left of Object.keys(without)) {
    if (laws.some((law) => law.name === left)) continue
    throw new TypeError(`without: ${kit} has no law "${left}"; its laws are in docs/contracts`)
  }
  options.describe(`${name} keeps the laws of ${kit}`, () => {
    for (const law of laws) {
      const leftOut = without[law.name]
      if (leftOut !== undefined && it.skip !== undefined) {
        it.skip(`${law.name} (left out: ${leftOut})`, async () => {})
        continue
      }
      // Rest arguments keep the length at 0: with one named parameter Jest would wait for a callback.
      it(law.name, async function body(this: unknown, ...[context]: readonly unknown[]) {
        const outcome: Outcome =
          leftOut === undefined
            ? await checkLaw(kit, law, options.create)
            : { kind: 'skipped', reason: `left out: ${leftOut}` }
        if (outcome.kind === 'broken') throw outcome.error
        if (outcome.kind === 'kept') return
        const runner = [context, this].find(canSkip)
        if (runner !== undefined) return runner.skip(outcome.reason)
        log(`${name}: skipped "${law.name}": ${outcome.reason}`)
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

/**
 * The laws that do not apply to the subjects of `create`, each with the reason. Give them as `without` where the
 * runner cannot skip a test that runs, such as Jest and Bun: then it shows them as skipped. Laws that find out only
 * while they are checked are not among them.
 */
export async function skippedLaws<Subject>(
  laws: readonly Law<Subject>[],
  create: KitOptions<Subject>['create'],
): Promise<Readonly<Record<string, string>>> {
  const fixture = await create()
  const skipped: Record<string, string> = {}
  try {
    for (const law of laws) {
      const reason = reasonToSkip(law, fixture.subject)
      if (reason !== undefined) skipped[law.name] = reason
    }
  } finally {
    await fixture.dispose?.()
  }
  return skipped
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
    const reason = reasonToSkip(law, fixture.subject)
    if (reason !== undefined) return { kind: 'skipped', reason }
    const answer = await law.check(fixture.subject)
    return answer === undefined ? { kind: 'kept' } : { kind: 'skipped', reason: answer.notApplicable }
  } catch (cause) {
    return {
      kind: 'broken',
      error: new Error(`breaks the law of ${kit} "${law.name}": ${messageOf(cause)}`, { cause }),
    }
  } finally {
    await fixture.dispose?.()
  }
}

function reasonToSkip<Subject>(law: Law<Subject>, subject: Subject): string | undefined {
  const missing = law.hooks?.find((hook) => subject[hook] === undefined)
  return missing === undefined ? law.skip?.(subject) : `the fixture has no \`${missing}\``
}

function canSkip(runner: unknown): runner is { skip(reason: string): void } {
  return typeof (runner as { readonly skip?: unknown } | undefined)?.skip === 'function'
}
