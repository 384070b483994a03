import assert from 'node:assert/strict'
import type { ChatEventPart } from '../../provider/contract.ts'
import type { Law } from '../kit.ts'
import { pickUsage } from './answer-laws.ts'
import { contextOf, type PlayedStream, readStream, soon, streamOf } from './calling.ts'
import { type ModelProviderSubject, type StreamEnd, scriptedAnswer } from './subject.ts'

const skip = ({ provider }: ModelProviderSubject): string | undefined =>
  provider.capabilities.streaming ? undefined : 'declares no streaming'

async function play(subject: ModelProviderSubject, end: StreamEnd): Promise<PlayedStream> {
  subject.upstream.play({ kind: 'stream', end })
  return soon(subject, readStream(streamOf(subject, contextOf())), 'the stream ends')
}

function assertFinished({ error, parts, batches }: PlayedStream): void {
  assert.equal(error, undefined, `the stream threw ${String(error)}`)
  const types = parts.map(({ type }) => type)
  assert.equal(types.filter((type) => type === 'finish').length, 1, `parts: ${types.join(', ')}`)
  assert.ok(types.lastIndexOf('text-delta') < types.indexOf('finish'), 'text came after finish')
  assert.ok(!batches.some((batch) => batch.length === 0), 'a batch is empty')
}

function usageOf(parts: readonly ChatEventPart[]): unknown {
  const last = parts.findLast((part) => part.type === 'usage')
  return last?.type === 'usage' ? pickUsage(last.usage) : undefined
}

function assertBroken({ parts, text, error }: PlayedStream, code: string): void {
  assert.ok(error !== undefined, 'a broken stream ended as if it were complete')
  assert.equal((error as { code?: string }).code, code, `threw ${String(error)}`)
  assert.equal(text, scriptedAnswer.text[0], 'the text that came before')
  assert.ok(!parts.some(({ type }) => type === 'finish'), 'a broken stream was finished')
}

export const streamLaws: readonly Law<ModelProviderSubject>[] = [
  {
    name: 'streams the text in order, then one finish, and the usage',
    skip,
    async check(subject) {
      const played = await play(subject, 'whole')
      assertFinished(played)
      const deltas = played.parts.flatMap((part) => (part.type === 'text-delta' ? [part.text] : []))
      assert.deepEqual(deltas, scriptedAnswer.text, 'the deltas, one for each of the upstream')
      const finish = played.parts.find((part) => part.type === 'finish')
      assert.equal(finish?.type === 'finish' && finish.finishReason, scriptedAnswer.finishReason)
      assert.deepEqual(usageOf(played.parts), scriptedAnswer.usage, 'the usage')
    },
  },
  {
    name: 'reports usage that comes in the same event as text',
    skip,
    async check(subject) {
      const played = await play(subject, 'usage-with-text')
      assertFinished(played)
      assert.equal(played.text, scriptedAnswer.text.join(''))
      assert.deepEqual(usageOf(played.parts), scriptedAnswer.usage, 'the usage')
    },
  },
  {
    name: 'finishes a complete stream that has no end marker',
    skip,
    async check(subject) {
      const played = await play(subject, 'unmarked')
      assertFinished(played)
      assert.equal(played.text, scriptedAnswer.text.join(''))
    },
  },
  {
    name: 'throws interrupted when a stream is cut, after the earlier events and without a finish',
    skip,
    check: async (subject) => assertBroken(await play(subject, 'cut'), 'interrupted'),
  },
  {
    name: 'throws malformed-reply for an event that it cannot understand, and does not pass the event on',
    skip,
    check: async (subject) => assertBroken(await play(subject, 'malformed'), 'malformed-reply'),
  },
]
