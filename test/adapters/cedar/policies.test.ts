import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sha256 } from 'modelspine/adapter'
import { type CedarPolicyOptions, cedarPolicy } from 'modelspine/adapters/cedar'
import { policyRequests } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../temporary-folder.ts'
import { exampleFolder } from './examples.ts'
import './kept-library.ts'

const open = 'permit (principal, action, resource);'
const actions = ['promote', 'deploy', 'invoke'] as const

function engineOf(text: string, options: Partial<CedarPolicyOptions> = {}): ReturnType<typeof cedarPolicy> {
  return cedarPolicy({ actions, policies: { name: 'rules.cedar', text }, ...options })
}

function refusal(message: string): object {
  return expect.objectContaining({
    code: 'invalid-options',
    details: { field: 'policies' },
    message: `policies cannot be used: ${message}`,
  })
}

describe('policies that cannot be used', () => {
  const never = 'policy is impossible: the policy expression evaluates to false for all valid requests'

  it.each([
    [
      'a fault of syntax, after signs of several bytes',
      `// ${'é'.repeat(60)}\n\npermit (principal, action, resource)\nwhen { context.weight = 1 };\n${'\n'.repeat(60)}`,
      "rules.cedar, line 4: '=' is not a valid operator in Cedar (try using '==' instead)",
    ],
    ['an end that comes early', 'permit (', 'rules.cedar, line 1: unexpected end of input'],
    [
      'a misspelt name of the context',
      `${open}\n@id("limit")\nforbid (principal, action == Action::"promote", resource)\nwhen { context.wieght > 50 };`,
      'rules.cedar, line 4 (limit): attribute `wieght` in context for Action::"promote" not found (did you mean `weight`?)',
    ],
    [
      'an attribute that may be absent',
      'permit (principal, action == Action::"promote", resource)\nwhen { context.model.approval == "approved" };',
      'rules.cedar, line 2 (rules.cedar#1): unable to guarantee safety of access to optional attribute `model` in context for Action::"promote" (try testing for the attribute\'s presence with `context has model && ..`)',
    ],
    [
      'an unknown action',
      `${open}\nforbid (principal, action == Action::"promotee", resource);`,
      'rules.cedar, line 2 (rules.cedar#2): unrecognized action `Action::"promotee"` (did you mean `Action::"promote"`?); rules.cedar, line 2 (rules.cedar#2): ' +
        never,
    ],
    [
      'an unknown entity type',
      'permit (principal in Group::"x", action, resource);',
      'rules.cedar, line 1 (rules.cedar#1): unrecognized entity type `Group` (did you mean `Role`?)',
    ],
    [
      'a forbid that never applies',
      `${open}\n@id("mine") forbid (principal, action == Action::"promote", resource is ModelRoute);`,
      `rules.cedar, line 2 (mine): ${never}`,
    ],
    [
      'a template',
      'permit (principal == ?principal, action, resource);',
      'rules.cedar has a template, and nothing fills its slots: write the principal or resource there',
    ],
    ['no policy', '// nothing\n', 'there is no policy, so everything would be denied'],
    [
      'two policies of one name',
      `@id("a") ${open}\n@id("a") ${open}`,
      'two of them are named a: give each another @id',
    ],
    [
      'another level',
      `@id("a") @level("sfot") forbid (principal, action, resource);`,
      'a has the @level "sfot": write advisory, soft or hard',
    ],
    [
      'a level without a word',
      `@id("a") @level forbid (principal, action, resource);`,
      'a has the @level "": write advisory, soft or hard',
    ],
    [
      'a level of a permit',
      `@id("a") @level("soft") ${open}`,
      'a permits, and has a @level: only a forbid has one',
    ],
  ])('are refused with the place: %s', async (_name, text, message) => {
    const engine = engineOf(text)
    await expect(engine.load()).rejects.toEqual(refusal(message))
    expect(await engine.decide(policyRequests.promote())).toMatchObject({
      verdict: 'error',
      findings: [{ level: 'advisory', message: expect.stringContaining(message) }],
    })
  })

  it('are refused when they nest too deep for Cedar, and break no other', async () => {
    const deep = `permit (principal, action, resource) when { ${'('.repeat(5000)}true${')'.repeat(5000)} };`
    await expect(engineOf(deep).load()).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringMatching(
        /rules\.cedar makes Cedar break off, as a text does that nests too deep: /,
      ),
    })
    expect(await engineOf(open).decide(policyRequests.invoke())).toMatchObject({ verdict: 'allow' })
  })

  it('are counted, when there are many', async () => {
    const wrong = Array.from({ length: 8 }, () => 'permit (principal, action, resource) when { context.x };')
    await expect(engineOf(wrong.join('\n')).load()).rejects.toMatchObject({
      message: expect.stringMatching(/^policies cannot be used: rules\.cedar, line 1 .*; and \d+ more$/),
    })
  })

  it('are named with their own @id when there are more than ten', async () => {
    const many = Array.from({ length: 12 }, (_, index) => `@id("p${index}") ${open}`)
    const wrong = '@id("wrong") permit (principal, action, resource) when { context.x };'
    const text = [...many.slice(0, 3), wrong, ...many.slice(3)].join('\n')
    await expect(engineOf(text).load()).rejects.toMatchObject({
      message: expect.stringContaining('rules.cedar, line 4 (wrong): '),
    })
  })

  it('are used without our schema, when the options say so', async () => {
    const text = `${open}\nforbid (principal in Group::"x", action == Action::"read", resource);`
    expect(await engineOf(text, { validate: false }).decide(policyRequests.invoke())).toMatchObject({
      verdict: 'allow',
    })
  })
})

describe('policies', () => {
  it('are read from a file, a folder, a URL, a text, or several of them', async () => {
    const folder = join(temporaryFolder(), 'some policies')
    await mkdir(folder)
    const closed = '@id("closed") forbid (principal, action, resource);'
    await writeFile(join(folder, 'b.cedar'), closed)
    await writeFile(join(folder, 'a.cedar'), `${open}\n`)
    await writeFile(join(folder, 'notes.txt'), 'no policy')
    const file = join(folder, 'b.cedar')
    const text = { name: 'open', text: `${open}\n` }
    for (const policies of [folder, pathToFileURL(folder), [text, file], [text, pathToFileURL(file)]]) {
      expect(await engineOf('', { policies }).decide(policyRequests.invoke())).toMatchObject({
        verdict: 'deny',
        findings: [{ rule: 'closed' }],
        policyRevision: sha256(`${open}\n${closed}`),
      })
    }
  })

  it('that cannot be read are an error that says what to give', async () => {
    for (const policies of [
      join(temporaryFolder(), 'nowhere'),
      open,
      new URL('https://example.com/a.cedar'),
    ]) {
      const engine = engineOf('', { policies })
      await expect(engine.load()).rejects.toMatchObject({
        code: 'invalid-options',
        message: expect.stringMatching(
          /^policies cannot be read: .*; give a path, or a text as \{ name, text \}$/,
        ),
      })
    }
  })

  it('are another revision after each change of their text', async () => {
    const revisions = await Promise.all(
      [open, `${open} `, `// v2\n${open}`].map(
        async (text) => (await engineOf(text).decide(policyRequests.invoke())).policyRevision,
      ),
    )
    expect(new Set(revisions).size).toBe(3)
  })

  it('are replaced whole, and kept when the next ones cannot be used', async () => {
    const engine = engineOf(open)
    await engine.load()
    await expect(engine.load({ name: 'next', text: 'permit (' })).rejects.toMatchObject({
      code: 'invalid-options',
    })
    expect(engine.decide(policyRequests.invoke())).toMatchObject({ verdict: 'allow' })
    await engine.load({ name: 'next', text: `${open} @id("off") forbid (principal, action, resource);` })
    expect(engine.decide(policyRequests.invoke())).toMatchObject({
      verdict: 'deny',
      findings: [{ rule: 'off' }],
    })
  })

  it('of the examples follow the schema, wherever they lie', async () => {
    const folder = join(temporaryFolder(), 'copy')
    await cp(exampleFolder, folder, { recursive: true })
    await engineOf('', { policies: folder }).load()
    await engineOf('', { policies: resolve(exampleFolder) }).load()
  })
})

describe('options', () => {
  it.each([
    [{ actions: [] }, 'actions'],
    [{ actions: ['read'] }, 'actions'],
    [{ actions: ['invoke', 'invoke'] }, 'actions'],
    [{ name: '' }, 'name'],
  ] as const)('%j are refused', (options, field) => {
    expect(() => engineOf(open, options as Partial<CedarPolicyOptions>)).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: { field } }),
    )
  })
})
