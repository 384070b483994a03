import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type {
  ApplyOptions,
  ApplyResult,
  DeploymentTarget,
  ObservedTarget,
  TargetWant,
} from '../../deployment-target/contract.ts'
import { type ErrorCode, isModelspineError } from '../../errors.ts'
import type { Scale } from '../../resources/deployment/model-deployment.ts'
import type { Revision, Split } from '../../resources/deployment/revision.ts'
import type { Key } from '../../resources/metadata.ts'

/** A target over a world of its own, with the means that the kit needs to observe and change this world. */
export interface TargetSubject {
  readonly target: DeploymentTarget
  /**
   * Three different revisions that the target can run. They have `runtime.secrets`, unless the target takes
   * none.
   */
  readonly revisions: readonly [Revision, Revision, Revision]
  /**
   * Lets the target make progress until a wanted revision would be ready and a removed one gone, and until lists
   * show it.
   */
  settle(): Promise<void>
  /**
   * The number of revisions ever created. The fixture counts them at the vendor; the target must not count
   * them.
   */
  created(): Promise<number> | number
  /** The number of mutations ever sent, counted in the same way. */
  mutations(): Promise<number> | number
  /** A new target over the same world, as a restarted process would make it. It replaces `target`. */
  reopen(): Promise<DeploymentTarget> | DeploymentTarget
  /** Makes the next `apply` find the vendor busy. Leave it out when the target is never busy. */
  busyNext?(): void
  /**
   * Makes the vendor do the next mutation and loses its answer on the way back. Leave it out when the vendor's
   * answers cannot be lost.
   */
  loseNextAnswer?(): void
  /**
   * Makes the vendor take the next mutation that runs for a while, and fail it with this text. Leave it out when
   * the vendor cannot fail what it took.
   */
  failNextOperation?(text: string): void
  /** Makes the vendor answer the next mutation with a fault of its own, such as status 500, and this text. */
  faultNext?(text: string): void
  /** Makes the vendor refuse the next mutation because of too many calls, such as status 429, for this time. */
  throttleNext?(ms: number): void
  /** Lets what runs at the vendor end right after the next answer to a read. */
  endWithNextRead?(): void
  /** Lets so many milliseconds pass, for the target and for its vendor, and no more than needed. */
  advance?(ms: number): Promise<void> | void
  /** Makes the vendor unreachable from now on. */
  disconnect?(): Promise<void> | void
  /** Makes the vendor refuse the target's credentials from now on, with a text that repeats `credential`. */
  unauthorize?(): Promise<void> | void
  /** A revision that `plan` takes and that only the vendor can refuse. */
  readonly unfit?: Revision
  /** A credential that the target was given. No error may show it. */
  readonly credential?: string
  /** What the vendor itself has for the key, read past the target. */
  truth?(key: Key): Promise<readonly VendorRevision[]> | readonly VendorRevision[]
}

/** A revision as the vendor has it. Leave out what the fixture cannot read there. */
export interface VendorRevision {
  readonly revision: string
  /** Whether it serves. */
  readonly ready?: boolean
  /** The addresses of the artifact's files, as they were sent. */
  readonly files?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The values, by the names of `runtime.secrets`. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly settings?: Readonly<Record<string, unknown>>
  readonly scale?: Scale
  /** In percent. */
  readonly weight?: number
}

export const key: Key = 'kit/first'
export const other: Key = 'kit/second'
export const secretValue = 'kit-secret-8d1f0a'

let operations = 0

/** Each effect of the loop has an operation id of its own. Sent again, it is the same operation. */
export function operationId(): string {
  operations += 1
  return `kit-operation-${operations}`
}

/** The options of a new effect, unless an operation id is given. */
export function options(given: Partial<ApplyOptions> = {}): ApplyOptions {
  return {
    operationId: operationId(),
    fence: 1,
    secret: async () => ({ reveal: () => secretValue }),
    ...given,
  }
}

/** Without `split`, all traffic goes to the first revision. */
export function wantOf(revisions: readonly Revision[], split?: Split): TargetWant {
  const [first] = revisions
  const all = first === undefined ? [] : [{ revision: first.name, weight: 100 }]
  return { revisions, split: split ?? all, scale: { min: 1, max: 1 } }
}

export function namesOf({ revisions }: TargetWant): readonly string[] {
  return revisions.map((each) => each.name).sort()
}

/**
 * Applies as the loop does until the answer is `unchanged`. An effect keeps its operation id until it was
 * sent. Returns the known handles and the new ones.
 */
export async function converge(
  subject: TargetSubject,
  at: Key,
  want: TargetWant,
  known: readonly string[] = [],
  given: Partial<ApplyOptions> = {},
): Promise<string[]> {
  const { handles } = await drive(subject, at, want, known, {
    given,
    after: (result) => {
      if (result.kind !== 'refused' && result.kind !== 'failed') return
      assert.fail(`${result.kind} ${describeWant(want)}: ${result.reason}, ${result.message}`)
    },
  })
  return handles
}

export interface Driving {
  readonly given?: Partial<ApplyOptions>
  /** Called before each `apply` with its operation id. */
  before?(operationId: string): Promise<void> | void
  /** Called after each `apply`, before time passes. */
  after?(result: ApplyResult, handles: readonly string[], operationId: string): Promise<void> | void
  /** Called when an `apply` throws. Without it the error ends the law. */
  failed?(error: unknown): Promise<void> | void
}

/** Applies as `converge` does, and lets the law look on. Tells how many calls it took. */
export async function drive(
  subject: TargetSubject,
  at: Key,
  want: TargetWant,
  known: readonly string[],
  { given, before, after, failed }: Driving,
): Promise<{ readonly handles: string[]; readonly calls: number }> {
  const handles = [...known]
  let call = options(given)
  for (let calls = 1; calls <= 50; calls += 1) {
    await before?.(call.operationId)
    const result = await subject.target.apply(at, want, { ...call, handles }).catch((error: unknown) => {
      if (failed === undefined) throw error
      return { kind: 'thrown', error } as const
    })
    if (result.kind === 'thrown') {
      await failed?.(result.error)
    } else {
      if (result.kind === 'accepted' && result.handle !== undefined) handles.push(result.handle)
      await after?.(result, handles, call.operationId)
      if (result.kind === 'accepted' || result.kind === 'failed') {
        call = { ...call, operationId: operationId() }
      }
    }
    await subject.settle()
    if (result.kind === 'unchanged') return { handles, calls }
  }
  assert.fail(`apply is not unchanged after 50 calls: ${describeWant(want)}`)
}

/** Destroys as the loop does until the answer is `unchanged`. `pass` lets time pass after another answer. */
export async function destroyAll(
  subject: TargetSubject,
  at: Key,
  handles: readonly string[],
  pass: (result: Pick<ApplyResult, 'kind'>) => Promise<void> = () => subject.settle(),
): Promise<void> {
  for (let call = 0; call < 50; call += 1) {
    const result = await subject.target.destroy(at, options({ handles }))
    if (result.kind === 'unchanged') return
    await pass(result)
  }
  assert.fail('destroy is not unchanged after 50 calls')
}

export async function observedNames(
  target: DeploymentTarget,
  at: Key,
  observe: { readonly handles?: readonly string[]; readonly applied?: readonly Revision[] } = {},
): Promise<readonly string[]> {
  return (await target.observe(at, observe)).revisions.map((each) => each.revision).sort()
}

/** Wants that a target with these capabilities must refuse. */
export function impossibleWants({ target, revisions }: TargetSubject): readonly TargetWant[] {
  const { maxRevisions, scale, scaleToZero, split } = target.capabilities
  const [first, second] = revisions
  const wants: TargetWant[] = [
    { ...wantOf([]), split: [] },
    wantOf([first, first]),
    { ...wantOf([first]), keep: [first.name] },
  ]
  if (maxRevisions < 100) {
    const names = Array.from({ length: maxRevisions + 1 }, (_, place) => `${first.name}${place}`)
    wants.push(wantOf(names.map((name) => ({ ...first, name }))))
    wants.push({ ...wantOf([first]), keep: names.slice(1) })
  }
  if (scale === 'none') wants.push({ ...wantOf([first]), scale: { min: 1, max: 2 } })
  if (!scaleToZero) wants.push({ ...wantOf([first]), scale: { min: 0, max: 1 } })
  if (split !== 'none') {
    wants.push(wantOf([first], [{ revision: first.name, weight: 60 }]))
    wants.push(wantOf([first], [{ revision: second.name, weight: 100 }]))
  }
  return wants
}

/** Asserts that `plan` and `apply` refuse the want, each with a reason. */
export async function assertRefused(
  target: DeploymentTarget,
  want: TargetWant,
  { observed = { revisions: [], operations: [] }, handles = [] }: Refusing = {},
): Promise<void> {
  const plan = target.plan(want, observed)
  assert.equal(plan.kind, 'refused', `plan accepts an impossible want: ${describeWant(want)}`)
  const result = await target.apply(key, want, options({ handles }))
  assert.equal(result.kind, 'refused', `apply accepts an impossible want: ${describeWant(want)}`)
  for (const refusal of [plan, result]) {
    assert.ok(
      refusal.kind === 'refused' && refusal.reason !== '' && refusal.message !== '',
      'no reason given',
    )
  }
}

interface Refusing {
  readonly observed?: ObservedTarget
  readonly handles?: readonly string[]
}

/** Asserts that the target observes the weights of the split. */
export async function assertSplit(
  target: DeploymentTarget,
  split: Split,
  observe: Parameters<typeof observedNames>[2] = {},
): Promise<void> {
  const { revisions } = await target.observe(key, observe)
  for (const { revision, weight } of split) {
    const seen = revisions.find((each) => each.revision === revision)?.weight
    assert.ok(
      Math.abs((seen ?? Number.NaN) - weight) < 0.01,
      `revision ${revision} has ${seen} percent, not ${weight}`,
    )
  }
}

export function describeWant({ revisions, ...want }: TargetWant): string {
  return JSON.stringify({ revisions: revisions.map((each) => each.name), ...want })
}

/** Asserts that the error says: try again, nobody has to mend anything. */
export function assertRetryable(error: unknown, what: string): void {
  assert.ok(
    isModelspineError(error, 'target-unavailable') && error.retryable,
    `${what} should throw target-unavailable, retryable, but threw: ${spelledOut(error)}`,
  )
}

/** Removes the messages, because they are for people and may contain times. */
export function withoutMessages(observed: ObservedTarget): unknown {
  const revisions = observed.revisions.map(({ message: _, ...rest }) => rest)
  return { ...observed, revisions: revisions.sort((a, b) => (a.revision < b.revision ? -1 : 1)) }
}

export function codeIs(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isModelspineError(error, code), `threw ${spelledOut(error)}, not ${code}`)
    return true
  }
}

/** Everything that a log could show of the value. */
export function spelledOut(value: unknown): string {
  return inspect(value, { depth: 20, showHidden: true })
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}
