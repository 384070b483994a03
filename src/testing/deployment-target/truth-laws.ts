import assert from 'node:assert/strict'
import type { Revision, Split } from '../../resources/deployment/revision.ts'
import type { Law, NotApplicable } from '../kit.ts'
import { converge, key, secretValue, type TargetSubject, type VendorRevision, wantOf } from './subject.ts'

/** What a revision must have at the vendor. Undefined where the revision sets nothing of it. */
type Sent = (revision: Revision) => unknown

function sends(what: string, part: keyof VendorRevision, sent: Sent): Law<TargetSubject> {
  return {
    name: `brings ${what} to the vendor`,
    hooks: ['truth'],
    skip: (subject) =>
      wantedOf(subject).every((revision) => sent(revision) === undefined)
        ? `the revisions of the fixture have no ${part}`
        : undefined,
    async check(subject) {
      const wanted = wantedOf(subject)
      await converge(subject, key, wantOf(wanted))
      return compare(subject, part, new Map(wanted.map((each) => [each.name, sent(each)])))
    },
  }
}

function wantedOf({ target, revisions: [first, second] }: TargetSubject): readonly Revision[] {
  return [first, second].slice(0, target.capabilities.maxRevisions)
}

/** Laws of what the vendor has, read past the target. */
export const truthLaws: readonly Law<TargetSubject>[] = [
  sends('every file of the artifact', 'files', ({ model: { artifact } }) =>
    artifact.kind === 'files' ? artifact.files.map(({ uri }) => uri) : undefined,
  ),
  sends('runtime.env', 'env', ({ runtime: { env } }) => (isEmpty(env) ? undefined : env)),
  sends('the values of runtime.secrets', 'secrets', ({ runtime: { secrets } }) =>
    isEmpty(secrets)
      ? undefined
      : Object.fromEntries(Object.keys(secrets).map((name) => [name, secretValue])),
  ),
  sends('the settings', 'settings', ({ settings }) => (isEmpty(settings) ? undefined : settings)),
  {
    name: 'brings the scale to the vendor, and each change of it',
    hooks: ['truth'],
    skip: ({ target }) =>
      target.capabilities.scale === 'none' ? 'somebody else scales what runs at the target' : undefined,
    async check(subject) {
      const [revision] = subject.revisions
      let handles: string[] = []
      for (const scale of [
        { min: 1, max: 2 },
        { min: 2, max: 3 },
      ]) {
        const want = { ...wantOf([revision]), scale }
        if (subject.target.plan(want, { revisions: [], operations: [] }).kind === 'refused') {
          return { notApplicable: 'the target refuses to scale' }
        }
        handles = await converge(subject, key, want, handles)
        const unknown = await compare(subject, 'scale', new Map([[revision.name, scale]]))
        if (unknown !== undefined) return unknown
      }
      return undefined
    },
  },
  {
    name: 'brings the split to the vendor, and each change of it',
    hooks: ['truth'],
    skip: ({ target }) => (target.capabilities.split === 'none' ? 'the target does not split' : undefined),
    async check(subject) {
      const [first, second] = subject.revisions
      let handles: string[] = []
      for (const weight of [100, 75]) {
        const split: Split = [
          { revision: first.name, weight },
          { revision: second.name, weight: 100 - weight },
        ]
        handles = await converge(subject, key, wantOf([first, second], split), handles)
        const wanted = new Map(split.map((each) => [each.revision, each.weight]))
        const unknown = await compare(subject, 'weight', wanted)
        if (unknown !== undefined) return unknown
      }
      return undefined
    },
  },
]

async function compare(
  subject: TargetSubject,
  part: keyof VendorRevision,
  wanted: ReadonlyMap<string, unknown>,
): Promise<NotApplicable | undefined> {
  const truth = (await subject.truth?.(key)) ?? []
  if (truth.length > 0 && truth.every((each) => each[part] === undefined)) {
    return { notApplicable: `the truth of the fixture does not tell \`${part}\`` }
  }
  for (const [revision, expected] of wanted) {
    const there = truth.find((each) => each.revision === revision)
    assert.ok(there !== undefined, `the vendor has no revision ${revision}`)
    if (expected !== undefined) assert.deepEqual(there[part], expected, `${part} of revision ${revision}`)
  }
  return undefined
}

function isEmpty(values: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(values).length === 0
}
