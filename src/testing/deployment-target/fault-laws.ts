import assert from 'node:assert/strict'
import type { ApplyResult } from '../../deployment-target/contract.ts'
import { isModelspineError } from '../../errors.ts'
import type { Law } from '../kit.ts'
import {
  assertRetryable,
  converge,
  drive,
  key,
  namesOf,
  observedNames,
  options,
  spelledOut,
  type TargetSubject,
  wantOf,
} from './subject.ts'

/** Longer than any short retry of an HTTP client waits. */
const throttledMs = 60_000

/** What a target may answer to a mutation that the vendor did not do. */
const undone: ReadonlySet<ApplyResult['kind']> = new Set(['busy', 'failed', 'not-sent'])

/** Laws of a vendor that cannot be reached, refuses or loses its answer. */
export const faultLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'creates nothing twice when every answer is lost once',
    skip: ({ target }) => (target.capabilities.names === 'random' ? 'names are random' : undefined),
    async check(subject) {
      const want = wantOf([subject.revisions[0]])
      const before = await subject.created()
      subject.loseNextAnswer?.()
      await subject.target.apply(key, want, options()).catch(() => {})
      const target = await subject.reopen()
      let call = 0
      const { handles } = await drive({ ...subject, target }, key, want, [], {
        before() {
          call += 1
          if (call % 2 === 1) subject.loseNextAnswer?.()
        },
        failed: (error) => assertRetryable(error, 'a lost answer'),
      })
      const created = (await subject.created()) - before
      assert.ok(created <= 1, `${created} revisions were created for one that is wanted`)
      assert.deepEqual(await observedNames(target, key, { handles, applied: want.revisions }), namesOf(want))
    },
  },
  {
    name: 'calls a lost answer neither refused nor failed nor unchanged',
    hooks: ['loseNextAnswer'],
    async check(subject) {
      subject.loseNextAnswer?.()
      const before = await subject.mutations()
      const result = await subject.target
        .apply(key, wantOf([subject.revisions[0]]), options())
        .catch((error: unknown) => assertRetryable(error, 'a lost answer'))
      // A target may look up what became of its call.
      const isFound = result?.kind === 'accepted' && (await subject.mutations()) > before
      assert.ok(result === undefined || isFound, `the answer to a lost answer is ${spelledOut(result)}`)
    },
  },
  {
    name: 'passes on how long a vendor with too many calls asks to wait, and goes on afterwards',
    hooks: ['throttleNext'],
    async check(subject) {
      const wait = (given: number | undefined): void =>
        assert.ok(
          given !== undefined && given >= throttledMs,
          `it says to wait ${given} ms, not ${throttledMs}`,
        )
      await undoneOnce(
        subject,
        () => subject.throttleNext?.(throttledMs),
        (result) => {
          assert.ok(result.kind === 'busy', `the answer is ${spelledOut(result)}`)
          wait(result.retryAfterMs)
        },
        (error) => {
          assertRetryable(error, 'too many calls')
          wait(isModelspineError(error) ? error.retryAfterMs : undefined)
        },
      )
    },
  },
  {
    name: 'takes a fault of the vendor as one that passes, and goes on afterwards',
    hooks: ['faultNext'],
    async check(subject) {
      await undoneOnce(
        subject,
        () => subject.faultNext?.('KitFault: something went wrong'),
        (result) => assert.ok(undone.has(result.kind), `the answer is ${spelledOut(result)}`),
        (error) => assertRetryable(error, 'a fault of the vendor'),
      )
    },
  },
  {
    name: 'throws target-unavailable when the vendor cannot be reached, instead of observing nothing',
    hooks: ['disconnect'],
    async check(subject) {
      const { target, revisions } = subject
      const want = wantOf([revisions[0]])
      const handles = await converge(subject, key, want)
      await subject.disconnect?.()
      const calls = {
        observe: () => target.observe(key, { handles, applied: want.revisions }),
        list: () => target.list(),
        apply: () => target.apply(key, wantOf([revisions[0], revisions[1]]), options({ handles })),
        destroy: () => target.destroy(key, options({ handles })),
      }
      for (const [name, call] of Object.entries(calls)) {
        // With random names there may be nothing to list.
        if (name === 'list' && target.capabilities.names === 'random') continue
        const answer = await call().catch((error: unknown) => assertRetryable(error, name))
        const isNotSent = answer !== undefined && 'kind' in answer && answer.kind === 'not-sent'
        assert.ok(answer === undefined || isNotSent, `${name} without a vendor answers ${spelledOut(answer)}`)
      }
    },
  },
  {
    name: 'throws auth when the vendor refuses its credentials, and shows none',
    hooks: ['unauthorize', 'credential'],
    async check(subject) {
      const { target, revisions, credential = '' } = subject
      const want = wantOf([revisions[0]])
      await subject.unauthorize?.()
      const calls = {
        observe: () => target.observe(key),
        list: () => target.list(),
        apply: () => target.apply(key, want, options()),
        destroy: () => target.destroy(key, options()),
      }
      for (const [name, call] of Object.entries(calls)) {
        const error = await call().then(
          (answer) => assert.fail(`${name} with refused credentials answers ${spelledOut(answer)}`),
          (thrown: unknown) => thrown,
        )
        assert.ok(isModelspineError(error, 'auth'), `${name} should throw auth, but threw: ${String(error)}`)
        assert.ok(!spelledOut(error).includes(credential), `${name} shows the credential`)
      }
    },
  },
]

/**
 * Brings one revision to a target whose vendor does each mutation only at the second try. Checks what the
 * target says of the first try, and that it creates nothing twice.
 */
async function undoneOnce(
  subject: TargetSubject,
  arm: () => void,
  onAnswer: (result: ApplyResult) => void,
  onError: (error: unknown) => void,
): Promise<void> {
  const want = wantOf([subject.revisions[0]])
  const before = await subject.created()
  let [call, sent, told] = [0, 0, 0]
  const { handles } = await drive(subject, key, want, [], {
    async before() {
      call += 1
      if (call % 2 === 1) arm()
      sent = await subject.mutations()
    },
    async after(result) {
      const isDone = (await subject.mutations()) > sent
      // Where nothing had to be sent, the vendor was not asked.
      if (call % 2 === 0 || isDone || result.kind === 'unchanged') return
      told += 1
      onAnswer(result)
    },
    failed(error) {
      told += 1
      onError(error)
    },
  })
  assert.ok(told > 0, 'the target never met the fault: the fixture must make the next mutation fail')
  assert.ok((await subject.created()) - before <= 1, 'more than one revision was created')
  assert.deepEqual(
    await observedNames(subject.target, key, { handles, applied: want.revisions }),
    namesOf(want),
  )
}
