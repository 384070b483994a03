import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { brokenLaws, type Law, runKit, skippedLaws } from '../../../src/testing/kit.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

interface Subject {
  readonly value: number
  readonly raise?: () => number
}

const laws: readonly Law<Subject>[] = [
  { name: 'is one', check: async ({ value }) => void expect(value).toBe(1) },
  { name: 'can be raised', hooks: ['raise'], check: async ({ raise }) => void expect(raise?.()).toBe(2) },
  { name: 'is odd', skip: () => 'it knows no odd numbers', check: async () => {} },
  { name: 'is prime', check: async () => ({ notApplicable: 'one is neither' }) },
]

/** Runs the laws in a runner that gives its tests this context, and tells what it saw. */
async function reported(
  context: (skipped: (reason: string) => void) => unknown,
  options: { readonly without?: Record<string, string>; readonly statically?: boolean } = {},
): Promise<{ readonly seen: readonly string[]; readonly printed: readonly string[] }> {
  const [seen, printed] = [[] as string[], [] as string[]]
  const tests: [string, (context?: unknown) => Promise<void>][] = []
  const add = (name: string, body: (context?: unknown) => Promise<void>): void =>
    void tests.push([name, body])
  const skip = (name: string): void => void seen.push(`skipped at once: ${name}`)
  runKit('Number', laws, {
    name: 'one',
    describe: (_, body) => body(),
    it: options.statically === false ? add : Object.assign(add, { skip }),
    create: () => ({ subject: { value: 1 } }),
    log: (line) => printed.push(line),
    ...(options.without !== undefined && { without: options.without }),
  })
  for (const [name, body] of tests) {
    expect(body).toHaveLength(0)
    let outcome = 'passed'
    await body(context((reason) => (outcome = `skipped: ${reason}`)))
    seen.push(`${outcome}: ${name}`)
  }
  return { seen, printed }
}

const shown = [
  'passed: is one',
  'skipped: the fixture has no `raise`: can be raised',
  'skipped: it knows no odd numbers: is odd',
  'skipped: one is neither: is prime',
]

describe('a kit', () => {
  it('shows a law that does not apply as skipped, with the reason', async () => {
    expect(await reported((skip) => ({ skip }))).toEqual({ seen: shown, printed: [] })
  })

  it('prints it where the runner cannot skip a test that runs', async () => {
    const { seen, printed } = await reported(() => undefined)
    expect(seen).toContain('passed: can be raised')
    expect(printed).toContain('one: skipped "can be raised": the fixture has no `raise`')
    expect(printed).toHaveLength(3)
  })

  it('tells beforehand which laws do not apply, for a runner that can skip only at once', async () => {
    const dispose = vi.fn()
    const create = async () => ({ subject: { value: 1 }, dispose })
    const without = await skippedLaws(laws, create)
    expect(without).toEqual({
      'can be raised': 'the fixture has no `raise`',
      'is odd': 'it knows no odd numbers',
    })
    expect(dispose).toHaveBeenCalledOnce()
    expect(await reported(() => undefined, { without })).toEqual({
      seen: [
        'skipped at once: can be raised (left out: the fixture has no `raise`)',
        'skipped at once: is odd (left out: it knows no odd numbers)',
        'passed: is one',
        'passed: is prime',
      ],
      printed: ['one: skipped "is prime": one is neither'],
    })
  })

  it('prints what is skipped where the runner cannot skip at all', async () => {
    const without = await skippedLaws(laws, () => ({ subject: { value: 1 } }))
    const { seen, printed } = await reported(() => undefined, { without, statically: false })
    expect(seen).toEqual(laws.map(({ name }) => `passed: ${name}`))
    expect(printed).toEqual([
      'one: skipped "can be raised": left out: the fixture has no `raise`',
      'one: skipped "is odd": left out: it knows no odd numbers',
      'one: skipped "is prime": one is neither',
    ])
  })

  it('leaves out a law for a reason, and shows both', async () => {
    const without = { 'is one': 'it is two here' }
    const { seen } = await reported((skip) => ({ skip }), { without })
    expect(seen).toContain('skipped at once: is one (left out: it is two here)')
    expect(seen.join()).not.toContain('passed')
    const later = await reported((skip) => ({ skip }), { without, statically: false })
    expect(later.seen).toContain('skipped: left out: it is two here: is one')
  })

  it('refuses to leave out a law that it does not have', async () => {
    await expect(reported(() => undefined, { without: { 'is two': 'no' } })).rejects.toThrow(
      'no law "is two"',
    )
  })

  it('calls a law broken that neither holds nor is skipped', async () => {
    const broken = await brokenLaws('Number', laws, () => ({ subject: { value: 2, raise: () => 9 } }))
    expect(broken.map(({ message }) => message.slice(0, 45))).toEqual([
      'breaks the law of Number "is one": expected 2',
      'breaks the law of Number "can be raised": exp',
    ])
  })

  it('shows skipped laws in the report of node:test', () => {
    const file = join(temporaryFolder(), 'kit.test.ts')
    const kit = pathToFileURL(join(process.cwd(), 'src/testing/kit.ts')).href
    writeFileSync(
      file,
      `import { describe, it } from 'node:test'
       import { runKit } from ${JSON.stringify(kit)}
       const laws = [{ name: 'a', check: async () => {} }, { name: 'b', hooks: ['h'], check: async () => {} }, { name: 'c', check: async () => {} }]
       runKit('K', laws, { name: 'k', describe, it, without: { c: 'why' }, create: () => ({ subject: {} }) })`,
    )
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const report = execFileSync(process.execPath, ['--test', '--test-reporter=tap', file], { env }).toString()
    expect(report).toMatch(/ok 1 - a\n/)
    expect(report).toMatch(/ok 2 - b # SKIP the fixture has no `h`/)
    expect(report).toMatch(/ok 3 - c \(left out: why\) # SKIP/)
  })
})
