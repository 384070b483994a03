import assert from 'node:assert/strict'
import type { ChatEvent } from '../../provider/contract.ts'
import type { Law } from '../kit.ts'
import { contextOf, failureOf, readStream, soon, streamOf, until, waysToAsk } from './calling.ts'
import type { ModelProviderSubject } from './subject.ts'

const unstreamed = ({ provider }: ModelProviderSubject): string | undefined =>
  provider.capabilities.streaming ? undefined : 'declares no streaming'

export const abortLaws: readonly Law<ModelProviderSubject>[] = [
  {
    name: 'makes no call when the abortSignal has already fired',
    async check(subject) {
      subject.upstream.play({ kind: 'ok' })
      for (const { name, ask } of waysToAsk(subject)) {
        const failure = await soon(subject, failureOf(ask(contextOf(AbortSignal.abort())), name), name)
        assert.equal(failure.code, 'aborted', name)
      }
      assert.equal(subject.upstream.calls.length, 0, 'calls made')
    },
  },
  {
    name: 'ends with aborted when the abortSignal fires before an answer, and closes the connection',
    async check(subject) {
      subject.upstream.play({ kind: 'silent' })
      for (const { name, ask } of waysToAsk(subject)) {
        const { calls, left } = subject.upstream
        const before = { calls: calls.length, left }
        const abort = new AbortController()
        const failing = failureOf(ask(contextOf(abort.signal)), name)
        failing.catch(() => {})
        await until(subject, () => subject.upstream.calls.length > before.calls, `${name}: the call arrives`)
        abort.abort()
        assert.equal((await soon(subject, failing, `${name}: ends`)).code, 'aborted', name)
        await until(
          subject,
          () => subject.upstream.left > before.left,
          `${name}: the upstream sees its caller leave`,
        )
      }
    },
  },
  {
    name: 'ends a stream with aborted when the abortSignal fires in its middle, and closes the connection',
    skip: unstreamed,
    async check(subject) {
      subject.upstream.play({ kind: 'stream', end: 'stuck' })
      const abort = new AbortController()
      const reading = readStream(afterText(streamOf(subject, contextOf(abort.signal)), () => abort.abort()))
      const { error, parts } = await soon(subject, reading, 'the stream ends')
      assert.equal((error as { code?: string } | undefined)?.code, 'aborted')
      assert.ok(!parts.some(({ type }) => type === 'finish'), 'an aborted stream was finished')
      await until(subject, () => subject.upstream.left > 0, 'the upstream sees its caller leave')
    },
  },
  {
    name: 'closes the connection when the caller stops reading a stream',
    skip: unstreamed,
    async check(subject) {
      subject.upstream.play({ kind: 'stream', end: 'stuck' })
      const stopped = (async () => {
        for await (const batch of streamOf(subject, contextOf())) if (hasText(batch)) return
      })()
      await soon(subject, stopped, 'the first text arrives')
      await until(subject, () => subject.upstream.left > 0, 'the upstream sees its caller leave')
    },
  },
]

async function* afterText(
  stream: AsyncIterable<readonly ChatEvent[]>,
  act: () => void,
): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of stream) {
    yield batch
    if (hasText(batch)) act()
  }
}

function hasText(batch: readonly ChatEvent[]): boolean {
  return batch.some(({ parts }) => parts.some(({ type }) => type === 'text-delta'))
}
