import assert from 'node:assert/strict'
import type { Law } from '../kit.ts'
import { drive, key, options, secretValue, spelledOut, type TargetSubject, wantOf } from './subject.ts'

const usesNone = ({ revisions }: TargetSubject): string | undefined =>
  revisions.every(({ runtime }) => Object.keys(runtime.secrets).length === 0)
    ? 'the revisions use no secret'
    : undefined

/** Laws of the secrets that a target gets from the plane. */
export const secretLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'shows no secret in its answers, observations and errors',
    skip: usesNone,
    async check(subject) {
      const { target, revisions } = subject
      const applied = [revisions[0], revisions[1]].slice(0, target.capabilities.maxRevisions)
      const look = async (handles?: readonly string[]): Promise<void> => {
        hides(await target.observe(key, { applied, ...(handles && { handles }) }), 'the observation')
      }
      subject.busyNext?.()
      const { handles } = await drive(subject, key, wantOf(applied), [], {
        async after(result, known) {
          hides(result, 'the answer')
          await look(known)
        },
      })
      await look(handles)
      hides(await target.list(), 'the list')
      const away = options({ secret: async () => Promise.reject(new Error('the secret store is away')) })
      const want = wantOf([revisions[2]])
      hides(await target.apply(key, want, { ...away, handles }).catch((error) => error), 'the error')
      await look(handles)
    },
  },
  {
    name: 'shows no secret when the vendor’s fault repeats it',
    hooks: ['faultNext'],
    skip: usesNone,
    check: (subject) => repeats(subject, (text) => subject.faultNext?.(text)),
  },
  {
    name: 'shows no secret when the vendor’s answer to a failed operation repeats it',
    hooks: ['failNextOperation'],
    skip: usesNone,
    check: (subject) => repeats(subject, (text) => subject.failNextOperation?.(text)),
  },
]

/**
 * Lets the vendor repeat the secret in a failure of each mutation. A call that did not resolve the secret cannot
 * know it, and the vendor did not get it from that call. What `observe` repeats later is the plane's to remove.
 */
async function repeats(subject: TargetSubject, arm: (text: string) => void): Promise<void> {
  let [call, knows] = [0, false]
  const secret = async () => {
    knows = true
    return { reveal: () => secretValue }
  }
  await drive(subject, key, wantOf([subject.revisions[0]]), [], {
    given: { secret },
    before() {
      call += 1
      knows = false
      if (call % 2 === 1 && call < 20) arm(`KitFault: ${secretValue} is no good value`)
    },
    after: (result) => (knows ? hides(result, 'the answer') : undefined),
    failed: (error) => (knows ? hides(error, 'the error') : undefined),
  })
}

function hides(said: unknown, what: string): void {
  assert.ok(!spelledOut(said).includes(secretValue), `${what} shows the secret`)
}
