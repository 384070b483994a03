import { describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../../../src/provider/contract.ts'
import {
  delta,
  finish,
  finished,
  other,
  question,
  route,
  type Scenario,
  type Script,
  scenario,
  scriptedProvider,
  text,
  used,
  vendor,
} from '../scenario.ts'

function streaming(
  first: readonly (ChatEvent | Script)[],
  second: readonly (ChatEvent | Script)[] = [text('second'), finish],
) {
  const [a, b] = [scriptedProvider('a'), scriptedProvider('b')]
  a.events = first
  b.events = second
  const world: Scenario = scenario({
    routes: [route([vendor('a')], { fallback: [vendor('b')] })],
    providers: { a, b },
  })
  return { world, a, b }
}

async function collect(
  events: AsyncIterable<readonly ChatEvent[]>,
  into: ChatEvent[] = [],
): Promise<ChatEvent[]> {
  for await (const batch of events) into.push(...batch)
  return into
}

describe('a routed stream', () => {
  it('gives every event in order, and calls observers at its end', async () => {
    const usage = { inputTokens: 2, outputTokens: 4 }
    const told = [other, text(''), text('he'), text('llo'), finish, used(usage)]
    const { world } = streaming(told)
    const stream = await world.router.chatStream('m', question)
    expect(stream).toMatchObject({ provider: 'a', attempts: 1 })
    expect(world.requests).toHaveLength(0)
    await world.clock.advance(20)
    expect(await collect(stream.events)).toEqual(told)
    expect(world.attempts).toMatchObject([
      // The caller took 20 ms before it read on, which is not the upstream's time.
      { outcome: 'ok', firstOutputMs: 0, durationMs: 0, usage, finishReasons: ['stop'] },
    ])
    expect(world.requests).toMatchObject([{ outcome: 'ok', streamed: true, durationMs: 20, usage }])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('fails over before the first content, and gives no event of the first backend', async () => {
    const { world, a } = streaming([other, text(''), 'interrupted'])
    const stream = await world.router.chatStream('m', question)
    expect(stream).toMatchObject({ provider: 'b', attempts: 2 })
    expect(await collect(stream.events)).toEqual([text('second'), finish])
    expect(a.returned).toBe(1)
    expect(world.inFlight).toBe(0)
  })

  it('passes a failure after the first content on as an error, and replays nothing', async () => {
    const { world, b } = streaming([text('half'), 'interrupted'])
    const { events } = await world.router.chatStream('m', question)
    const seen: ChatEvent[] = []
    await expect(collect(events, seen)).rejects.toMatchObject({ code: 'interrupted' })
    expect(seen).toEqual([text('half')])
    expect(b.calls).toHaveLength(0)
    expect(await events.next()).toEqual({ done: true, value: undefined })
    expect(world.requests).toMatchObject([{ outcome: 'failed', code: 'interrupted', attempts: 1 }])
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
  })

  it('has an estimated usage when it is cut, because vendors charge for it', async () => {
    const cut = streaming([text('12345678'), delta({ type: 'reasoning-delta', text: '9' }), 'interrupted'])
    const { events } = await cut.world.router.chatStream('m', question)
    await expect(collect(events)).rejects.toMatchObject({ code: 'interrupted' })
    const usage = { inputTokens: 1, outputTokens: 3, estimated: true }
    expect(cut.world.attempts).toMatchObject([{ outcome: 'failed', usage }])
    expect(cut.world.requests).toMatchObject([{ usage }])
  })

  it('keeps what the vendor told before it was cut, and estimates the output that came since', async () => {
    const told = { inputTokens: 25, cacheReadTokens: 100, outputTokens: 1 }
    const cut = streaming([used(told), text('x'.repeat(40)), 'interrupted'])
    const { events } = await cut.world.router.chatStream('m', question)
    await expect(collect(events)).rejects.toMatchObject({ code: 'interrupted' })
    expect(cut.world.attempts[0]?.usage).toEqual({ ...told, outputTokens: 10, estimated: true })
    const more = streaming([text('a'), used({ outputTokens: 9 }), text('b'), finish])
    const stream = await more.world.router.chatStream('m', question)
    for (let read = 0; read < 2; read += 1) await stream.events.next()
    await stream.events.return?.()
    expect(more.world.attempts[0]?.usage).toEqual({ inputTokens: 1, outputTokens: 9, estimated: true })
  })

  it('has the usage of the vendor when it is left after its finish', async () => {
    const told = streaming([text('a'), finish, used({ outputTokens: 9 }), other])
    const stream = await told.world.router.chatStream('m', question)
    for (let read = 0; read < 3; read += 1) await stream.events.next()
    await stream.events.return?.()
    expect(told.world.attempts).toMatchObject([{ outcome: 'aborted' }])
    expect(told.world.attempts[0]?.usage).toEqual({ outputTokens: 9 })
  })

  it('is interrupted when it ends without a finish event', async () => {
    const second = delta({ type: 'text-delta', text: 'other choice' }, 1)
    for (const cut of [[text('half')], [text('half'), second, finish], [text('half'), finish, second]]) {
      const { world } = streaming(cut)
      const { events } = await world.router.chatStream('m', question)
      await expect(collect(events)).rejects.toMatchObject({ code: 'interrupted' })
    }
    const whole = streaming([text('one'), second, finish, finished(1)])
    const { events } = await whole.world.router.chatStream('m', question)
    expect(await collect(events)).toHaveLength(4)
    const empty = streaming([other])
    expect(await empty.world.router.chatStream('m', question)).toMatchObject({ provider: 'b' })
  })

  it('is committed by any output, reasoning included, and by an empty answer', async () => {
    for (const first of [
      delta({ type: 'tool-call-delta', name: 'f' }),
      delta({ type: 'reasoning-delta', text: 'hm' }),
      delta({ type: 'refusal-delta', text: 'no' }),
      delta({ type: 'audio-delta', data: 'AA==' }),
      finish,
    ]) {
      const { world } = streaming([first, 'interrupted'])
      const { events } = await world.router.chatStream('m', question)
      await expect(collect(events)).rejects.toMatchObject({ code: 'interrupted' })
    }
  })

  it('is committed after many events without content, so that it holds back only a few', async () => {
    const { world } = streaming([...Array.from({ length: 40 }, () => other), finish])
    const { events } = await world.router.chatStream('m', question)
    expect(await collect(events)).toHaveLength(41)
  })

  it('gives its lease back once when its consumer leaves', async () => {
    const { world, a } = streaming([text('one'), text('two'), finish])
    const { events } = await world.router.chatStream('m', question)
    expect(world.inFlight).toBe(1)
    for await (const _ of events) break
    await events.return?.()
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
    expect(a.calls[0]?.context.abortSignal.aborted).toBe(true)
    expect(a.returned).toBe(1)
    expect(world.attempts).toMatchObject([{ outcome: 'aborted' }])
    expect(world.requests).toMatchObject([{ outcome: 'aborted' }])
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  it('gives its lease back at the deadline when its consumer does not read', async () => {
    const { world } = streaming([text('one'), text('two'), finish])
    const { events } = await world.router.chatStream('m', question)
    await world.clock.advance(10_000)
    expect([world.inFlight, world.clock.pendingTimers]).toEqual([0, 0])
    expect(world.requests).toMatchObject([{ outcome: 'failed', code: 'timeout' }])
    // The backend did all that was asked, so this is not its failure.
    expect(world.attempts).toMatchObject([{ outcome: 'aborted', code: 'timeout' }])
    expect(await events.next()).toEqual({ done: false, value: [text('one')] })
    await expect(events.next()).rejects.toMatchObject({ code: 'timeout' })
  })

  it('counts a timeout as the failure of the backend that did not answer', async () => {
    const { world } = streaming([text('one'), 'hang'])
    const { events } = await world.router.chatStream('m', question)
    await events.next()
    const second = events.next()
    second.catch(() => {})
    await world.clock.advance(10_000)
    await expect(second).rejects.toMatchObject({ code: 'timeout' })
    expect(world.attempts).toMatchObject([{ outcome: 'failed', code: 'timeout' }])
  })

  it('ends on the caller’s abort while the backend is silent', async () => {
    const { world } = streaming([text('one'), 'hang'])
    const caller = new AbortController()
    const { events } = await world.router.chatStream('m', question, { abortSignal: caller.signal })
    await events.next()
    const waiting = events.next()
    caller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
    expect(world.attempts).toMatchObject([{ outcome: 'aborted' }])
    expect(world.inFlight).toBe(0)
  })

  it('refuses two reads at the same time', async () => {
    const { world } = streaming([text('one'), 'hang'])
    const { events } = await world.router.chatStream('m', question)
    await events.next()
    events.next().catch(() => {})
    await expect(events.next()).rejects.toThrow('one piece at a time')
    await events.return?.()
  })

  it('fails over from a provider that does not stream', async () => {
    const { world, a } = streaming([])
    Object.assign(a, { chatStream: undefined })
    expect(await world.router.chatStream('m', question)).toMatchObject({ provider: 'b', attempts: 2 })
  })
})
