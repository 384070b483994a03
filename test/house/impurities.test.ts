import { describe, expect, it } from 'vitest'
import { impurities } from './impurities.ts'
import { sourceFiles } from './source-files.ts'

const pure = sourceFiles('src').filter(({ path }) => path !== 'src/clock.ts' && !path.startsWith('src/http/'))

describe('time and randomness', () => {
  it('are read only in clock.ts and http/', () => {
    expect(pure.flatMap(impurities)).toEqual([])
  })

  it.each([
    ['const a = Date.now()', 'Date.now'],
    ['const a = new Date()', 'new Date()'],
    ['const a = Date()', 'Date()'],
    ['const now = Date.now', 'Date.now'],
    ['const a = performance.now()', 'performance.now'],
    ['const a = globalThis.performance.now()', 'performance.now'],
    ['const a = Math.random()', 'Math.random'],
    [`const a = Math['random']()`, 'Math.random'],
    ['setTimeout(run, 1)', 'setTimeout'],
    ['globalThis.setTimeout(run, 1)', 'setTimeout'],
    ['const timers = { setInterval }', 'setInterval'],
    ['start(setImmediate)', 'setImmediate'],
    ['const a = crypto.randomUUID()', 'crypto.randomUUID'],
    [`import { randomUUID } from 'node:crypto'`, 'randomUUID'],
    [`import { randomBytes as bytes } from 'node:crypto'`, 'randomBytes'],
    [`import { setTimeout } from 'node:timers/promises'`, 'node:timers/promises'],
    ['const a = process.hrtime.bigint()', 'process.hrtime'],
    ['fetch(url, { signal: AbortSignal.timeout(5) })', 'AbortSignal.timeout'],
  ])('are found in: %s', (text, what) => {
    expect(impurities({ path: 'src/a.ts', text })).toContainEqual(`src/a.ts:1: ${what}`)
  })

  it.each([
    'const a = new Date(clock.now())',
    'const a = clock.random() + clock.now()',
    'clock.setTimeout(run)',
    'interface Host { setTimeout(run: () => void): void }',
    'const a = Date.parse(text)',
    '// Date.now() is not read here',
    `import { createHash } from 'node:crypto'`,
  ])('are not found in: %s', (text) => {
    expect(impurities({ path: 'src/a.ts', text })).toEqual([])
  })
})
