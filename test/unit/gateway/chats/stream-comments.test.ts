import { describe, expect, it, onTestFinished } from 'vitest'
import { openaiCompatible } from '../../../../adapters/openai-compatible/index.ts'
import { StreamComments } from '../../../../src/gateway/chats/stream-comments.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { route, vendor } from '../../routing/scenario.ts'
import { gatewayWorld, upstream } from '../gateway-world.ts'

const comment = { done: false, value: ': keep-alive\n\n' }

/** A stream whose pieces come when they are pushed. */
function slow() {
  const clock = createFakeClock()
  const waiting: ((step: IteratorResult<string>) => void)[] = []
  const failing: ((error: Error) => void)[] = []
  let returned = 0
  const pieces: AsyncIterableIterator<string> = {
    [Symbol.asyncIterator]: () => pieces,
    next: () =>
      new Promise((resolve, reject) => {
        waiting.push(resolve)
        failing.push(reject)
      }),
    return: async () => {
      returned += 1
      return { done: true, value: undefined }
    },
  }
  return {
    clock,
    stream: new StreamComments(pieces, clock, 1000),
    push: (value: string) => waiting.shift()?.({ done: false, value }),
    end: () => waiting.shift()?.({ done: true, value: undefined }),
    fail: () => failing.at(-1)?.(new Error('broken')),
    asked: () => waiting.length,
    returned: () => returned,
  }
}

describe('the comments of a slow stream', () => {
  it('come at each pause, and no piece is lost or comes twice', async () => {
    const { clock, stream, push, end, asked } = slow()
    const first = stream.next()
    await clock.advance(1000)
    expect(await first).toEqual(comment)
    const second = stream.next()
    await clock.advance(999)
    expect(asked()).toBe(1)
    push('a')
    expect(await second).toEqual({ done: false, value: 'a' })
    const third = stream.next()
    await clock.advance(1000)
    expect(await third).toEqual(comment)
    push('b')
    expect(await stream.next()).toEqual({ done: false, value: 'b' })
    const last = stream.next()
    end()
    expect(await last).toEqual({ done: true, value: undefined })
    expect(clock.pendingTimers).toBe(0)
  })

  it('do not come while the caller does not read', async () => {
    const { clock, stream, push } = slow()
    const first = stream.next()
    push('a')
    await first
    await clock.advance(10_000)
    const second = stream.next()
    push('b')
    expect(await second).toEqual({ done: false, value: 'b' })
  })

  it('hide no failure, and leave no timer when the caller leaves', async () => {
    const broken = slow()
    const first = broken.stream.next()
    await broken.clock.advance(1000)
    await first
    broken.fail()
    await expect(broken.stream.next()).rejects.toThrow('broken')
    expect(broken.clock.pendingTimers).toBe(0)
    const later = slow()
    const comes = later.stream.next()
    await later.clock.advance(1000)
    await comes
    later.fail()
    // The caller was still busy with the comment when the stream failed.
    await Promise.resolve()
    const told = expect(later.stream.next()).rejects.toThrow('broken')
    expect(later.asked()).toBe(1)
    await told
    expect(later.clock.pendingTimers).toBe(0)
    const left = slow()
    void left.stream.next()
    await left.stream.return()
    expect([left.returned(), left.clock.pendingTimers]).toEqual([1, 0])
  })
})

describe('a stream of the gateway', () => {
  const piece = (content: string): string =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

  /** An upstream that says one word, and the rest when it is told to. */
  async function paused(streamCommentMs: number) {
    const goOn = Promise.withResolvers<void>()
    const server = await upstream(async (_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(piece('one'))
      await goOn.promise
      response.end(piece('two') + end)
    })
    const provider = openaiCompatible({ baseUrl: server.url })
    const world = await gatewayWorld(
      { routes: [route([vendor('a')], { operations: ['chat'] })], providers: { a: provider } },
      { streamCommentMs },
    )
    onTestFinished(async () => {
      await world.close()
      await provider.close()
      await server.close()
    })
    const response = await fetch(`${world.listening.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    /** All that came, at least until this came. */
    const heardUntil = async (text: string): Promise<string> => {
      while (!heard.includes(text)) heard += (await reader?.read())?.value ?? text
      return heard
    }
    return { goOn, heardUntil }
  }
  const end = 'data: [DONE]\n\n'

  it('has comments in its pauses, as often as the gateway is told', async () => {
    const { goOn, heardUntil } = await paused(1)
    const before = await heardUntil(comment.value)
    expect(before.replaceAll(comment.value, '')).toBe(piece('one'))
    goOn.resolve()
    const all = await heardUntil(end)
    expect(all.replaceAll(comment.value, '')).toBe(piece('one') + piece('two') + end)
  })

  it('has none when the gateway is told so', async () => {
    const { goOn, heardUntil } = await paused(0)
    await heardUntil(piece('one'))
    goOn.resolve()
    expect(await heardUntil(end)).toBe(piece('one') + piece('two') + end)
  })
})
