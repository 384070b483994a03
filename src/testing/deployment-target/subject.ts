import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type {
  ApplyOptions,
  DeploymentTarget,
  ObservedTarget,
  TargetWant,
} from '../../deployment-target/contract.ts'
import { type ErrorCode, isModelspineError } from '../../errors.ts'
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
  /** Lets the target make progress until a wanted revision would be ready and a removed one gone. */
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
   * Makes the vendor do the work of the next `apply` and loses its answer on the way back. Leave it out when
   * the vendor's answers cannot be lost.
   */
  loseNextAnswer?(): void
  /**
   * Makes the vendor take the next mutation and fail it, with this word in its reason. Leave it out when the
   * vendor cannot fail what it took.
   */
  failNextOperation?(reason: string): void
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
  const handles = [...known]
  let call = options(given)
  for (let calls = 0; calls < 50; calls += 1) {
    const result = await subject.target.apply(at, want, { ...call, handles })
    if (result.kind === 'accepted' && result.handle !== undefined) handles.push(result.handle)
    if (result.kind === 'accepted') call = { ...call, operationId: operationId() }
    if (result.kind === 'refused' || result.kind === 'failed') {
      assert.fail(`${result.kind} ${describeWant(want)}: ${result.reason}, ${result.message}`)
    }
    await subject.settle()
    if (result.kind === 'unchanged') return handles
  }
  assert.fail(`apply is not unchanged after 50 calls: ${describeWant(want)}`)
}

export async function destroyAll(subject: TargetSubject, at: Key, handles: readonly string[]): Promise<void> {
  for (let call = 0; call < 50; call += 1) {
    const result = await subject.target.destroy(at, options({ handles }))
    if (result.kind === 'unchanged') return
    await subject.settle()
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

export function describeWant({ revisions, ...want }: TargetWant): string {
  return JSON.stringify({ revisions: revisions.map((each) => each.name), ...want })
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
