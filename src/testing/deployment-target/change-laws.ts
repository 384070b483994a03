import assert from 'node:assert/strict'
import type { TargetWant } from '../../deployment-target/contract.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Law } from '../kit.ts'
import {
  converge,
  describeWant,
  drive,
  key,
  namesOf,
  observedNames,
  options,
  type TargetSubject,
  wantOf,
} from './subject.ts'

const holdsOne = ({ target }: TargetSubject): string | undefined =>
  target.capabilities.maxRevisions < 2 ? 'the target holds one revision only' : undefined

/** Laws that look on while a change is under way. */
export const changeLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'shows every revision throughout a change, also when an operation ends between two of its reads',
    skip: holdsOne,
    async check(subject) {
      const { target } = subject
      const [first, second] = subject.revisions
      const known = await converge(subject, key, wantOf([first]))
      const applied = [first, second]
      const seen = new Set<string>([first.name])
      const look = async (handles: readonly string[]): Promise<void> => {
        const { revisions } = await target.observe(key, { handles, applied })
        const names = revisions.map(({ revision }) => revision)
        for (const name of seen) assert.ok(names.includes(name), `revision ${name} is not shown any more`)
        for (const { revision, state } of revisions) {
          assert.ok(
            state !== 'stopping' && state !== 'failed',
            `revision ${revision} is wanted and shown as ${state}`,
          )
          seen.add(revision)
        }
      }
      await drive(subject, key, wantOf(applied, [{ revision: first.name, weight: 100 }]), known, {
        async after(_, handles) {
          await look(handles)
          subject.endWithNextRead?.()
          await look(handles)
          await look(handles)
        },
      })
      assert.deepEqual([...seen].sort(), namesOf(wantOf(applied)), 'revisions that were shown')
    },
  },
  {
    name: 'shows a revision as ready only when the vendor has it ready',
    hooks: ['truth'],
    async check(subject) {
      const { target, revisions } = subject
      const want = wantOf([revisions[0], revisions[1]])
      let isTold = false
      const look = async (handles: readonly string[]): Promise<void> => {
        const shown = await target.observe(key, { handles, applied: want.revisions })
        const truth = (await subject.truth?.(key)) ?? []
        isTold ||= truth.some(({ ready }) => ready !== undefined)
        for (const { revision } of shown.revisions.filter(({ state }) => state === 'ready')) {
          const ready = truth.find((each) => each.revision === revision)?.ready
          assert.ok(
            ready !== false,
            `revision ${revision} is shown as ready, and the vendor has it not ready`,
          )
        }
      }
      await drive(subject, key, want, [], {
        async after(_, handles) {
          await look(handles)
          subject.endWithNextRead?.()
          await look(handles)
          await look(handles)
        },
      })
      return isTold ? undefined : { notApplicable: 'the truth of the fixture does not tell `ready`' }
    },
  },
  {
    name: 'answers unchanged only for the want that is there or on its way',
    async check(subject) {
      const { target } = subject
      const [first, second] = subject.revisions
      for (let steps = 1; steps <= 5; steps += 1) {
        const at: Key = `kit/change-${steps}`
        const handles = await acceptedSteps(subject, at, wantOf([first]), steps)
        if (handles === undefined && steps === 1) return { notApplicable: 'the target sends nothing' }
        if (handles === undefined) break
        // Nothing has ended yet, and another revision is wanted.
        await expectChange(subject, at, wantOf([second]), handles)
        const left = await converge(subject, at, wantOf([second]), handles)
        assert.deepEqual(await observedNames(target, at, { handles: left, applied: [first, second] }), [
          second.name,
        ])
      }
      const { scale, split } = target.capabilities
      const left = await converge(subject, key, wantOf([second]))
      const scaled = { ...wantOf([second]), scale: { min: 2, max: 3 } }
      if (scale !== 'none') await expectChange(subject, key, scaled, left)
      if (split === 'none' || holdsOne(subject) !== undefined) return undefined
      const half = [first, second].map(({ name }) => ({ revision: name, weight: 50 }))
      const both = await converge(subject, key, wantOf([second, first]), left)
      await expectChange(subject, key, wantOf([second, first], half), both)
      return undefined
    },
  },
]

/** Applies until that many calls were accepted. Undefined when the target needs fewer. */
async function acceptedSteps(
  subject: TargetSubject,
  at: Key,
  want: TargetWant,
  steps: number,
): Promise<string[] | undefined> {
  const handles: string[] = []
  let accepted = 0
  for (let call = 0; call < 50; call += 1) {
    const result = await subject.target.apply(at, want, options({ handles }))
    if (result.kind === 'accepted' && result.handle !== undefined) handles.push(result.handle)
    if (result.kind === 'accepted') accepted += 1
    if (accepted === steps) return handles
    await subject.settle()
    if (result.kind === 'unchanged') return undefined
  }
  assert.fail(`apply is not unchanged after 50 calls: ${describeWant(want)}`)
}

async function expectChange(
  subject: TargetSubject,
  at: Key,
  want: TargetWant,
  handles: string[],
): Promise<void> {
  if (subject.target.plan(want, { revisions: [], operations: [] }).kind === 'refused') return
  const result = await subject.target.apply(at, want, options({ handles }))
  assert.notEqual(result.kind, 'unchanged', `the answer for another want, ${describeWant(want)}`)
  if (result.kind === 'accepted' && result.handle !== undefined) handles.push(result.handle)
  await subject.settle()
}
