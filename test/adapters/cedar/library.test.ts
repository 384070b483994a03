import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { openLibrary } from '../../../adapters/cedar/cedar-library.ts'
import './kept-library.ts'

const run = async (...script: readonly string[]): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=modelspine/source',
    ...script,
  ])
  return JSON.parse(stdout)
}

const open = 'permit (principal, action, resource);'
const deep = `permit (principal, action, resource) when { ${'('.repeat(5000)}true${')'.repeat(5000)} };`

describe('the library', () => {
  it('is asked for with a message that says what to install, where it is missing', async () => {
    expect(await run('test/adapters/cedar/without-library.ts')).toEqual({
      code: 'unsupported',
      verdict: 'error',
      messages: [
        expect.stringMatching(
          /^cedarPolicy needs @cedar-policy\/cedar-wasm, .*: run npm install @cedar-policy\/cedar-wasm$/,
        ),
      ],
    })
  })

  it('is loaded by the first policy, and not by an import', async () => {
    const script = `
      import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
      const seen = () => loaded.some((url) => url.includes('cedar-wasm'))
      const { cedarPolicy } = await import('modelspine/adapters/cedar')
      const engine = cedarPolicy({ actions: ['invoke'], policies: 'examples/policies/cedar' })
      const before = seen()
      await engine.load()
      console.log(JSON.stringify([before, seen()]))`
    expect(await run('--input-type=module', '--eval', script)).toEqual([false, true])
  })

  it('is opened anew each time, so that one that broke off breaks no other', () => {
    const [broken, sound] = [openLibrary(), openLibrary()]
    expect(() => broken.policySetTextToParts(deep)).toThrow(/memory access|call stack/)
    expect(() => broken.policySetTextToParts(open)).toThrow()
    expect(sound.policySetTextToParts(open)).toMatchObject({ type: 'success' })
  })

  it('is left as it is for others in the process who load it', () => {
    const load = createRequire(import.meta.url)
    const usual: unknown = load('@cedar-policy/cedar-wasm/nodejs')
    expect(openLibrary()).not.toBe(usual)
    expect(load('@cedar-policy/cedar-wasm/nodejs')).toBe(usual)
  })

  it('numbers policies in their order, and gives them in the order of these names as texts', () => {
    const many = Array.from({ length: 12 }, (_, index) => `@id("p${index}") ${open}`).join('\n')
    const parsed = openLibrary().policySetTextToParts(many)
    expect(parsed).toMatchObject({ type: 'success' })
    if (parsed.type !== 'success') return
    expect(parsed.policies.map((text) => /p\d+/.exec(text)?.[0])).toEqual(
      Array.from({ length: 12 }, (_, index) => `p${index}`).sort(),
    )
  })
})
