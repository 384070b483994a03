import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LivePanel } from '../../../examples/telling/screen/live-panel.ts'
import { createScreen, type Screen } from '../../../examples/telling/screen.ts'

const esc = '\u001b'
const hideCursor = `${esc}[?25l`
const showCursor = `${esc}[?25h`

interface Recorded {
  readonly screen: Screen
  written(): string
  clear(): void
}

function record(terminal: { isTTY?: boolean; columns?: number }, env: Record<string, string> = {}): Recorded {
  let written = ''
  const out = new Writable({
    write(chunk, _, done) {
      written += chunk
      done()
    },
  })
  return {
    screen: createScreen({ out: Object.assign(out, terminal), env }),
    written: () => written,
    clear() {
      written = ''
    },
  }
}

const panel = (share: number, more: Partial<LivePanel> = {}): LivePanel => ({
  model: 'digits',
  activity: 'v2 is a canary',
  steps: { labels: ['5 %', '100 %'], current: 0 },
  revisions: [
    { name: 'v1', share: 100 - share, requests: 12_345, accuracy: 0.8, p50Ms: 0.93 },
    { name: 'v2', share, requests: 0 },
  ],
  requestsPerSecond: 200,
  answered: 12_345,
  failedRequests: 0,
  failedAttempts: 2,
  ...more,
})

function tellAll(screen: Screen): void {
  screen.title('Modelspine', 'a story')
  screen.chapter('v1 deploys')
  screen.event('ok', 'v1 serves', ['in detail'])
  screen.live(() => panel(5))
  vi.advanceTimersByTime(500)
  screen.event('wait', 'v3 is refused')
  screen.summary({
    heading: 'What happened',
    columns: ['revision', 'requests'],
    rows: [['v1', '12,345']],
    facts: [['failed requests', '0']],
    next: ['npm run gateway'],
  })
  screen.close()
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the screen without a terminal to redraw', () => {
  it.each([
    ['output that is not a terminal', {}, {}],
    ['a terminal under NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }],
    ['a terminal in CI', { isTTY: true }, { CI: 'true' }],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }],
  ])('prints no escape codes to %s', (_, terminal, env) => {
    const { screen, written } = record(terminal, env)
    tellAll(screen)
    expect(written()).toContain('v1 serves')
    expect(written()).toContain('12,345')
    expect(stripVTControlCharacters(written())).toBe(written())
    expect(written()).not.toMatch(/[\r\b]/)
  })

  it('prints a status when the split changes, at most one each second, and always the last one', () => {
    const { screen, written, clear } = record({})
    let share = 5
    screen.live(() => panel(share, { answered: Date.now() }))
    expect(written()).toContain('v1 95 % (12,345 requests, accuracy 80.0 %, p50 0.9 ms) · v2 5 %')
    clear()
    share = 25
    vi.advanceTimersByTime(500)
    share = 50
    expect(written()).toBe('')
    vi.advanceTimersByTime(10_000)
    expect(written().match(/\n/g)).toHaveLength(1)
    expect(written()).toContain('v2 50 %')
  })
})

describe('the screen on a terminal', () => {
  it('redraws the live region in place and prints events above it', () => {
    const { screen, written, clear } = record({ isTTY: true, columns: 100 })
    screen.live(() => panel(25))
    const lines = written().split('\n').length - 1
    clear()
    screen.event('go', 'v2 gets 25 %')
    expect(written().startsWith(`${esc}[${lines}A${esc}[J`)).toBe(true)
    const text = stripVTControlCharacters(written())
    expect(text.indexOf('v2 gets 25 %')).toBeLessThan(text.indexOf('digits'))
    screen.close()
  })

  it('draws bars in proportion, and a small weight as at least one block', () => {
    const { screen, written } = record({ isTTY: true, columns: 60 })
    screen.live(() => panel(1))
    const bars = stripVTControlCharacters(written()).match(/[█░]+/g) ?? []
    expect(bars.map((bar) => bar.replaceAll('░', '').length)).toEqual([(bars[0]?.length ?? 0) - 1, 1])
    screen.close()
  })

  it('keeps every line of the live region within the width', () => {
    const { screen, written } = record({ isTTY: true, columns: 40 })
    screen.live(() => panel(25, { activity: 'a long tale '.repeat(9) }))
    const lines = stripVTControlCharacters(written()).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
    screen.close()
  })

  it('hides the cursor while it redraws, and shows the cursor again at the close', () => {
    const { screen, written } = record({ isTTY: true })
    screen.live(() => panel(5))
    expect(written()).toContain(hideCursor)
    expect(written()).not.toContain(showCursor)
    screen.close()
    expect(written().endsWith(showCursor)).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('shows the cursor again on Ctrl-C, and leaves the exit to other listeners', () => {
    const listeners = process.listenerCount('SIGINT')
    const heard = vi.fn()
    process.once('SIGINT', heard)
    const { screen, written } = record({ isTTY: true })
    screen.live(() => panel(5))
    // The test runner may listen too. Its listeners must not take this for the user's Ctrl-C.
    const own = process.listeners('SIGINT').slice(listeners)
    for (const listener of own) listener('SIGINT')
    expect(written()).toContain(showCursor)
    expect(heard).toHaveBeenCalledOnce()
    screen.close()
    process.off('SIGINT', heard)
    expect(process.listenerCount('SIGINT')).toBe(listeners)
  })
})
