import { describe, expect, it } from 'vitest'
import { createChangeHints } from '../../../src/registry/change-hints.ts'

describe('change hints', () => {
  it('hold each model once until it is taken, in the order of the first change', async () => {
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

  it('reach every listener, but not with changes from before it listened', async () => {
    const hints = createChangeHints()
    const { signal } = new AbortController()
    const first = hints.listen(signal)
    hints.notify('a')
    const second = hints.listen(signal)
    hints.notify('b')
    expect((await second.next()).value).toBe('b')
    expect([(await first.next()).value, (await first.next()).value]).toEqual(['a', 'b'])
  })

  it('end every wait when the abortSignal aborts, and end at once when it has already aborted', async () => {
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

  it('end for a listener that stops reading', async () => {
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
