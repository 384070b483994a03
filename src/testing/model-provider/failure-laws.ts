import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { Law } from '../kit.ts'
import { contextOf, failureOf, soon, waysToAsk } from './calling.ts'
import type { ModelProviderSubject } from './subject.ts'

const waitMs = 3000

export const failureLaws: readonly Law<ModelProviderSubject>[] = [
  {
    name: 'throws the code of each failure',
    async check(subject) {
      for (const code of subject.upstream.failures) {
        subject.upstream.play({ kind: 'fails', code })
        for (const { name, ask } of waysToAsk(subject)) {
          const what = `${name}, when the upstream plays ${code}`
          const failure = await soon(subject, failureOf(ask(contextOf()), what), what)
          assert.equal(failure.code, code, `${what}: threw ${failure.code} (${failure.message})`)
        }
      }
    },
  },
  {
    name: 'makes exactly one call for each attempt, even when the attempt fails',
    async check(subject) {
      for (const code of subject.upstream.failures) {
        subject.upstream.play({ kind: 'fails', code })
        for (const { name, ask } of waysToAsk(subject)) {
          const before = subject.upstream.calls.length
          const what = `${name}, when the upstream plays ${code}`
          await soon(
            subject,
            ask(contextOf()).catch(() => {}),
            what,
          )
          const made = subject.upstream.calls.length - before
          assert.ok(made <= 1, `${what}: made ${made} calls`)
        }
      }
      for (const { name, ask } of waysToAsk(subject)) {
        subject.upstream.play(name === 'chatStream' ? { kind: 'stream', end: 'whole' } : { kind: 'ok' })
        const before = subject.upstream.calls.length
        await soon(subject, ask(contextOf()), name)
        assert.equal(subject.upstream.calls.length - before, 1, `${name}: calls made for one answer`)
      }
    },
  },
  {
    name: 'gives the time that the vendor asked to wait',
    skip: ({ upstream }) =>
      upstream.failures.includes('rate-limited') ? undefined : 'the vendor has no rate limits',
    async check(subject) {
      subject.upstream.play({ kind: 'fails', code: 'rate-limited', retryAfterMs: waitMs })
      for (const { name, ask } of waysToAsk(subject)) {
        const failure = await soon(subject, failureOf(ask(contextOf()), name), name)
        assert.equal(failure.retryAfterMs, waitMs, `${name}: retryAfterMs`)
      }
    },
  },
  {
    name: 'shows no credential in errors',
    hooks: ['secret'],
    async check(subject) {
      const secret = subject.secret ?? ''
      for (const code of subject.upstream.failures) {
        subject.upstream.play({ kind: 'fails', code })
        for (const { name, ask } of waysToAsk(subject)) {
          const what = `${name}, when the upstream plays ${code}`
          const failure = await soon(subject, failureOf(ask(contextOf()), what), what)
          const printed = inspect(failure, { depth: null, showHidden: true }) + JSON.stringify(failure)
          assert.ok(!printed.includes(secret), `${what}: the error shows the credential`)
        }
      }
    },
  },
]
