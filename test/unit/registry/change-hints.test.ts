import { describe, expect, it } from 'vitest'
import { createChangeHints } from '../../../src/registry/change-hints.ts'

describe('change hints', () => {
  it('hold a model once until it is taken, and in the order of the first change', async () => {
    const hints = createChangeHints()
    const listener = hints.listen(new AbortController().signal)
    for (const model of ['a', 'b', 'a', 'a']) hints.notify(model)
    expect([await listener.next(), await listener.next()]).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'b' },
    ])
    const next = listener.next()
    hints.notify('a')
    expect(await next).toEqual({ done: false, value: 'a' })
  })

  it('tell every listener, and none of what came before it', async () => {
    const hints = createChangeHints()
    const { signal } = new AbortController()
    const first = hints.listen(signal)
    hints.notify('a')
    const second = hints.listen(signal)
    hints.notify('b')
    expect((await second.next()).value).toBe('b')
    expect([(await first.next()).value, (await first.next()).value]).toEqual(['a', 'b'])
  })

  it('end for all who wait when aborted, and at once when it was aborted before', async () => {
    const hints = createChangeHints()
    const controller = new AbortController()
    const listener = hints.listen(controller.signal)
    const waiting = [listener.next(), listener.next()]
    controller.abort()
    expect((await Promise.all(waiting)).map(({ done }) => done)).toEqual([true, true])
    hints.notify('a')
    expect((await listener.next()).done).toBe(true)
    expect((await hints.listen(AbortSignal.abort()).next()).done).toBe(true)
  })

  it('end for a listener that stops taking', async () => {
    const hints = createChangeHints()
    const listener = hints.listen(new AbortController().signal)
    hints.notify('a')
    for await (const model of listener) {
      expect(model).toBe('a')
      break
    }
    hints.notify('b')
    expect((await listener.next()).done).toBe(true)
  })
})
