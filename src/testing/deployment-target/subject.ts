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

/** A target over a world of its own, with what the kit needs to see and to bring about there. */
export interface TargetSubject {
  readonly target: DeploymentTarget
  /** Three that differ, each of which the target can run; with `runtime.secrets`, unless the target takes none. */
  readonly revisions: readonly [Revision, Revision, Revision]
  /** Lets the target make progress until a wanted revision would be ready and a removed one gone. */
  settle(): Promise<void>
  /** Revisions ever created, counted where the target creates them and not by the target. */
  created(): Promise<number> | number
  /** Mutations ever sent, counted likewise. */
  mutations(): Promise<number> | number
  /** Another target over the same world, as a restarted process would make; it takes the place of `target`. */
  reopen(): Promise<DeploymentTarget> | DeploymentTarget
  /** Makes the next `apply` find the vendor at work. Left out where that never happens. */
  busyNext?(): void
}

export const key: Key = 'kit/first'
export const other: Key = 'kit/second'
export const secretValue = 'kit-secret-8d1f0a'

export function options(given: Partial<ApplyOptions> = {}): ApplyOptions {
  return {
    operationId: 'kit-operation',
    fence: 1,
    secret: async () => ({ reveal: () => secretValue }),
    ...given,
  }
}

/** All traffic on the first revision unless said otherwise. */
export function wantOf(revisions: readonly Revision[], split?: Split): TargetWant {
  const [first] = revisions
  const all = first === undefined ? [] : [{ revision: first.name, weight: 100 }]
  return { revisions, split: split ?? all, scale: { min: 1, max: 1 } }
}

export function namesOf({ revisions }: TargetWant): readonly string[] {
  return revisions.map((each) => each.name).sort()
}

/** Applies as the loop does until nothing is left to send; gives all handles, those given included. */
export async function converge(
  subject: TargetSubject,
  at: Key,
  want: TargetWant,
  known: readonly string[] = [],
  fence = 1,
): Promise<string[]> {
  const handles = [...known]
  for (let call = 0; call < 50; call += 1) {
    const result = await subject.target.apply(at, want, options({ handles, fence }))
    if (result.kind === 'accepted' && result.handle !== undefined) handles.push(result.handle)
    if (result.kind === 'refused')
      assert.fail(`refused ${describeWant(want)}: ${result.reason}, ${result.message}`)
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

/** Wants that no target with these capabilities can do. */
export function impossibleWants({ target, revisions }: TargetSubject): readonly TargetWant[] {
  const { maxRevisions, scaleToZero, split } = target.capabilities
  const [first, second] = revisions
  const wants = [{ ...wantOf([]), split: [] }, { ...wantOf([first, first]) }]
  if (maxRevisions < 100) {
    const names = Array.from({ length: maxRevisions + 1 }, (_, place) => `${first.name}${place}`)
    wants.push(wantOf(names.map((name) => ({ ...first, name }))))
  }
  if (!scaleToZero) wants.push({ ...wantOf([first]), scale: { min: 0, max: 1 } })
  if (split !== 'none') {
    wants.push(wantOf([first], [{ revision: first.name, weight: 60 }]))
    wants.push(wantOf([first], [{ revision: second.name, weight: 100 }]))
  }
  return wants
}

export function describeWant({ revisions, split, scale }: TargetWant): string {
  return JSON.stringify({ revisions: revisions.map((each) => each.name), split, scale })
}

/** Messages are for people and may tell times. */
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

/** Everything a log could show of it. */
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
