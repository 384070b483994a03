import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Decision, type PolicyRequest, sha256 } from 'modelspine/adapter'
import { type OpaWasmPolicyOptions, opaWasmPolicy } from 'modelspine/adapters/opa'
import { policyRequests } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { readCompiled } from '../../../adapters/opa/opa-wasm-bundle.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { bundleFile } from './scripted-opa.ts'
import { bundleOf } from './tar.ts'

const actions = ['deploy', 'promote', 'invoke', 'query-data', 'command', 'delete'] as const
const bundle = await readFile(bundleFile)
const { wasm, data } = await readCompiled(bundle, 'modelspine/decision')
const reading = (dataset: string): PolicyRequest => ({
  ...policyRequests.queryData(dataset),
  actor: { name: 'ana', roles: ['risk'] },
})
const mine = reading('customers')
const notMine = reading('payroll')

const engineOf = (options: Partial<OpaWasmPolicyOptions> = {}): ReturnType<typeof opaWasmPolicy> =>
  opaWasmPolicy({ name: 'company', actions, policy: bundle, ...options })

/** A bundle with other data, so that another policy decides. */
function bundleWhereAnybodyReads(dataset: string, revision?: string): Uint8Array {
  const settings = { evaluation: {}, classifications: {}, datasets: { [dataset]: ['risk'] } }
  return bundleOf({
    'policy.wasm': wasm,
    'data.json': JSON.stringify({ settings }),
    ...(revision !== undefined && { '.manifest': JSON.stringify({ revision }) }),
  })
}

const verdictOf = async (decision: Decision | Promise<Decision>): Promise<Decision['verdict']> =>
  (await decision).verdict

function refusal(field: string, message: string): object {
  return expect.objectContaining({
    code: 'invalid-options',
    details: { field },
    message: expect.stringContaining(message),
  })
}

describe('a policy in WebAssembly', () => {
  it('is loaded at the first question and then answers at once', async () => {
    const engine = engineOf()
    const first = engine.decide(mine)
    expect(first).toBeInstanceOf(Promise)
    expect(await first).toMatchObject({ verdict: 'allow', policyRevision: 'examples' })
    expect(engine.decide(mine)).toMatchObject({ verdict: 'allow', policyRevision: 'examples' })
    expect(engine.decide(notMine)).toMatchObject({ verdict: 'deny' })
  })

  it('answers at once when it was loaded before', async () => {
    const engine = engineOf()
    await engine.load()
    expect(engine.decide(mine)).toMatchObject({ verdict: 'allow' })
    expect('decisionId' in engine.decide(mine)).toBe(false)
  })

  it('is read from a path, a URL or bytes, and names what it was made of', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'policy with space.tar.gz')
    await copyFile(bundleFile, file)
    for (const policy of [file, pathToFileURL(file), bundle, new Uint8Array(bundle)]) {
      expect(await engineOf({ policy }).decide(mine)).toMatchObject({ policyRevision: 'examples' })
    }
    const unnamed = bundleWhereAnybodyReads('customers')
    expect(await engineOf({ policy: unnamed }).decide(mine)).toMatchObject({
      policyRevision: sha256(unnamed),
    })
    const bare = { policy: wasm, actions: ['invoke'] } as const
    expect(await engineOf(bare).decide(policyRequests.invoke('app', ['guest']))).toMatchObject({
      verdict: 'allow',
      policyRevision: sha256(wasm),
    })
  })

  it('is not asked about an action that the options do not name', () => {
    const engine = engineOf({ actions: ['invoke'] })
    expect(engine.decide(mine)).toMatchObject({ verdict: 'not-applicable' })
  })

  it('does not load twice for questions that come together', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'policy.tar.gz')
    await copyFile(bundleFile, file)
    const engine = engineOf({ policy: file })
    const asked = [engine.decide(mine), engine.decide(notMine)]
    const removed = rename(file, `${file}.gone`)
    expect(await Promise.all(asked.map(verdictOf))).toEqual(['allow', 'deny'])
    await removed
    expect(engine.decide(mine)).toMatchObject({ verdict: 'allow' })
  })

  it('is tried again at the next question when it could not be read', async () => {
    const file = join(temporaryFolder(), 'policy.tar.gz')
    const engine = engineOf({ policy: file })
    expect(await engine.decide(mine)).toMatchObject({
      verdict: 'error',
      findings: [
        {
          policy: 'company',
          rule: 'error',
          level: 'advisory',
          message: expect.stringMatching(/policy cannot be read: ENOENT/),
        },
      ],
    })
    await copyFile(bundleFile, file)
    expect(await verdictOf(engine.decide(mine))).toBe('allow')
  })

  it('ends a question that is aborted while it loads, and no other', async () => {
    const engine = engineOf()
    const leaving = new AbortController()
    const asked = engine.decide(mine, { abortSignal: leaving.signal })
    const other = engine.decide(mine)
    leaving.abort(new Error('enough'))
    expect(await asked).toMatchObject({
      verdict: 'error',
      findings: [{ message: expect.stringContaining('aborted') }],
    })
    expect(await verdictOf(other)).toBe('allow')
    const late = engineOf({ policy: '/nowhere' }).decide(mine, { abortSignal: leaving.signal })
    expect(await late).toMatchObject({ findings: [{ message: expect.stringContaining('aborted') }] })
  })
})

describe('a new policy', () => {
  it('decides from the moment it is loaded, whole', async () => {
    const engine = engineOf()
    await engine.load()
    const loading = engine.load(bundleWhereAnybodyReads('payroll', 'r2'))
    expect(engine.decide(mine)).toMatchObject({ verdict: 'allow', policyRevision: 'examples' })
    await loading
    expect(engine.decide(mine)).toMatchObject({ verdict: 'deny', policyRevision: 'r2' })
    expect(engine.decide(notMine)).toMatchObject({ verdict: 'allow', policyRevision: 'r2' })
    await engine.load()
    expect(engine.decide(mine)).toMatchObject({ verdict: 'allow', policyRevision: 'examples' })
  })

  it('that cannot be loaded leaves the one before', async () => {
    const engine = engineOf()
    await engine.load()
    for (const policy of ['/nowhere', Buffer.from('text'), bundle.subarray(0, 3000)]) {
      await expect(engine.load(policy)).rejects.toMatchObject({ code: 'invalid-options' })
      expect(engine.decide(mine)).toMatchObject({ verdict: 'allow', policyRevision: 'examples' })
    }
  })

  it('holds when it was begun last, whichever is ready first', async () => {
    const engine = engineOf()
    const large = bundleOf({
      'policy.wasm': wasm,
      'data.json': JSON.stringify({ settings: {}, ballast: Array(200_000).fill('ballast') }),
      '.manifest': JSON.stringify({ revision: 'slow' }),
    })
    const order: string[] = []
    await Promise.all([
      engine.load(large).then(() => order.push('slow')),
      engine.load(bundleWhereAnybodyReads('payroll', 'r2')).then(() => order.push('r2')),
    ])
    expect(order).toEqual(['r2', 'slow'])
    expect(engine.decide(notMine)).toMatchObject({ verdict: 'allow', policyRevision: 'r2' })
  })

  it('that somebody loads is not replaced by that of the options, for which a question waits', async () => {
    const engine = engineOf()
    const loading = engine.load(bundleWhereAnybodyReads('payroll', 'r2'))
    expect(await engine.decide(notMine)).toMatchObject({ verdict: 'allow', policyRevision: 'r2' })
    await loading
    expect(engine.decide(notMine)).toMatchObject({ policyRevision: 'r2' })
  })
})

describe('the memory of a policy', () => {
  const maxMemoryBytes = 2 * 1024 * 1024
  const huge: PolicyRequest = { ...mine, actor: { name: 'x'.repeat(maxMemoryBytes), roles: ['risk'] } }

  it('is bounded: a question that needs more is an error, and the next one is answered', async () => {
    const engine = engineOf({ maxMemoryBytes })
    await engine.load()
    for (const request of [mine, huge, mine, huge, notMine]) {
      const decision = await engine.decide(request)
      const wanted = request === huge ? 'error' : request === mine ? 'allow' : 'deny'
      expect(decision.verdict).toBe(wanted)
      if (request === huge)
        expect(decision.findings[0]?.message).toContain('the policy cannot be evaluated: ')
    }
    const larger = engineOf({ maxMemoryBytes: 32 * maxMemoryBytes })
    expect(await verdictOf(larger.decide(huge))).toBe('allow')
  })

  it('does not grow with the number of questions', async () => {
    const engine = engineOf({ maxMemoryBytes })
    await engine.load()
    for (let asked = 0; asked < 3000; asked += 1) {
      expect(engine.decide(asked % 2 === 0 ? mine : notMine)).toMatchObject({
        verdict: asked % 2 === 0 ? 'allow' : 'deny',
      })
    }
  })

  it('that is too small for the policy or its data is refused when it is loaded', async () => {
    await expect(engineOf({ maxMemoryBytes: 65_536 }).load()).rejects.toEqual(
      refusal('maxMemoryBytes', 'the policy needs 524288 to begin with'),
    )
    const heavy = bundleOf({
      'policy.wasm': wasm,
      'data.json': JSON.stringify(Array(100_000).fill('ballast')),
    })
    await expect(engineOf({ maxMemoryBytes, policy: heavy }).load()).rejects.toEqual(
      refusal('policy', 'cannot be loaded: '),
    )
  })
})

describe('what is no policy', () => {
  const build = 'build it with opa build -t wasm -e modelspine/decision'

  it.each([
    ['an empty file', new Uint8Array(), `is neither a bundle nor a WebAssembly module: ${build}`],
    ['Rego', Buffer.from('package modelspine\n'), `is neither a bundle nor a WebAssembly module: ${build}`],
    ['a bundle without WebAssembly', bundleOf({ 'decision.rego': 'package modelspine' }), build],
    ['a cut bundle', bundle.subarray(0, bundle.length - 500), 'cannot be unpacked'],
    ['a damaged archive', bundleOf({ 'policy.wasm': wasm }, { size: 'zzzz' }), 'damaged or cut'],
    [
      'an archive that ends early',
      bundleOf({ 'policy.wasm': wasm }, { size: '77777777777' }),
      'damaged or cut',
    ],
    ['a damaged module', wasm.subarray(0, 1000), 'is no WebAssembly module'],
    ['another module', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), 'of another kind'],
    ['data that is not JSON', bundleOf({ 'policy.wasm': wasm, 'data.json': '{' }), 'data.json is not JSON'],
    ['a manifest that is none', bundleOf({ 'policy.wasm': wasm, '.manifest': '[]' }), '.manifest'],
    ['data in a folder', bundleOf({ 'policy.wasm': wasm, 'a/data.json': '{}' }), 'data in a/data.json'],
    ['data in YAML', bundleOf({ 'policy.wasm': wasm, 'a/b/data.yaml': '{}' }), 'data in a/b/data.yaml'],
  ])('is refused with what to do: %s', async (_name, policy, message) => {
    await expect(engineOf({ policy }).load()).rejects.toEqual(refusal('policy', message))
    expect(await engineOf({ policy }).decide(mine)).toMatchObject({
      verdict: 'error',
      findings: [{ message: expect.stringContaining(message) }],
    })
  })

  it('is refused when it was built for another document', async () => {
    await expect(engineOf({ path: 'company/decision' }).load()).rejects.toEqual(
      refusal(
        'path',
        'is company/decision, and the policy was built for modelspine/decision: build it with -e company/decision',
      ),
    )
  })

  it('is what tar made of a policy, too, when its names begin with a dot', async () => {
    const policy = bundleOf({ './policy.wasm': wasm, './data.json': JSON.stringify(data) })
    expect(await verdictOf(engineOf({ policy }).decide(mine))).toBe('allow')
  })

  it('is taken from where the manifest says', async () => {
    const manifest = { wasm: [{ entrypoint: 'modelspine/decision', module: '/elsewhere/one.wasm' }] }
    const policy = bundleOf({
      'policy.wasm': 'another',
      'elsewhere/one.wasm': wasm,
      'data.json': JSON.stringify(data),
      '.manifest': JSON.stringify(manifest),
    })
    expect(await verdictOf(engineOf({ policy }).decide(mine))).toBe('allow')
  })
})

describe('options', () => {
  it.each([
    [{ path: '../decision' }, 'path'],
    [{ actions: [] }, 'actions'],
    [{ maxMemoryBytes: 0 }, 'maxMemoryBytes'],
    [{ maxMemoryBytes: Number.NaN }, 'maxMemoryBytes'],
  ] as const)('%j are refused', (options, field) => {
    expect(() => engineOf(options as Partial<OpaWasmPolicyOptions>)).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: { field } }),
    )
  })

  it('load and read nothing by themselves', async () => {
    const file = join(temporaryFolder(), 'policy.tar.gz')
    const engine = engineOf({ policy: file })
    await writeFile(file, bundle)
    await engine.load()
    expect(engine.decide(mine)).toMatchObject({ verdict: 'allow' })
  })
})
