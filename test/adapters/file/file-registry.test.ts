import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sha256 } from 'modelspine/adapter'
import { fileRegistry } from 'modelspine/adapters/file'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { identityOf } from '../../../adapters/shared/process-identity.ts'
import { lockFile } from '../../../adapters/shared/process-lock.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { collect } from '../../unit/collect.ts'

/** A registry over files written by hand. */
function registryOf(files: Readonly<Record<string, string>>) {
  const path = join(temporaryFolder(), 'registry')
  mkdirSync(path)
  for (const [name, content] of Object.entries(files)) write(join(path, name), content)
  return { path, registry: fileRegistry({ path, clock: createFakeClock() }) }
}

function write(file: string, content: string): string {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

const url = (...parts: string[]): string => pathToFileURL(join(...parts)).href
const digest = (text: string): string => `sha256:${sha256(text)}`

const byHand = {
  'churn/1/model.yaml': 'approval: approved\n',
  'churn/1/weights.json': '{"w": 1}',
  'churn/1/.DS_Store': 'noise',
  'churn/2/model.yaml': [
    '# trained on the January export',
    'createdAt: 2026-01-31T12:00:00Z',
    'approval: pending # waits for Ada',
    'owner: risk',
    'classification: internal',
    'tags: { team: risk, build: 7 }',
    'signature:',
    '  inputs: [{ name: x, datatype: FP32, shape: [-1, 4] }]',
    '  outputs: [{ name: y, datatype: FP32, shape: [-1] }]',
    'lineage: { run: r-1, datasets: [transactions] }',
    'metrics: { accuracy: 0.91 }',
    `files: [weights.json, { path: sub/vocabulary.txt, digest: "${digest('a b c')}" }, { uri: "s3://bucket/big.bin" }]`,
    '',
  ].join('\n'),
  'churn/2/weights.json': '{"w": 2}',
  'churn/2/sub/vocabulary.txt': 'a b c',
  'churn/2/notes.md': 'not part of it',
  'churn/aliases.json': '{ "champion": 1, "challenger": "2" }',
  'chat/v1/model.json':
    '{ "hosted": { "provider": "openai", "model": "some-model" }, "approval": "approved" }',
  'README.md': 'no model',
}

describe('fileRegistry over a folder written by hand', () => {
  it('resolves a version with all facts of its file', async () => {
    const { path, registry } = registryOf(byHand)
    const found = await registry.resolve({ registry: 'models', text: 'churn:2' })
    expect(found).toEqual({
      registry: 'models',
      name: 'churn',
      version: '2',
      createdAtMs: Date.UTC(2026, 0, 31, 12),
      approval: 'pending',
      aliases: ['challenger'],
      owner: 'risk',
      classification: 'internal',
      tags: { team: 'risk', build: '7' },
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
      },
      lineage: { run: 'r-1', datasets: ['transactions'] },
      metrics: { accuracy: 0.91 },
      artifact: {
        kind: 'files',
        files: [
          { uri: url(path, 'churn/2/weights.json'), digest: digest('{"w": 2}') },
          { uri: url(path, 'churn/2/sub/vocabulary.txt'), digest: digest('a b c') },
          { uri: 's3://bucket/big.bin' },
        ],
      },
      raw: expect.objectContaining({ owner: 'risk' }),
    })
  })

  it('takes every visible file beside the facts when the facts list no files', async () => {
    const { path, registry } = registryOf(byHand)
    const { artifact } = await registry.resolve({ registry: 'r', text: 'churn' })
    const uri = url(path, 'churn/1/weights.json')
    expect(artifact).toEqual({ kind: 'files', files: [{ uri, digest: digest('{"w": 1}') }] })
  })

  it('reads facts in JSON, and models that a vendor hosts', async () => {
    const { registry } = registryOf(byHand)
    expect(await registry.resolve({ registry: 'r', text: 'chat' })).toMatchObject({
      version: 'v1',
      artifact: { kind: 'hosted', provider: 'openai', model: 'some-model' },
    })
    expect((await collect(registry.models())).map(({ name }) => name)).toEqual(['chat', 'churn'])
  })

  it('orders versions without a time by name, and compares numbers as numbers', async () => {
    const names = ['10', '9', '2-rc', '2']
    const files = names.map((name) => [
      `m/${name}/model.yaml`,
      'approval: approved\nhosted: { provider: p, model: m }',
    ])
    const { registry } = registryOf(Object.fromEntries(files))
    expect((await collect(registry.versions('m'))).map(({ version }) => version)).toEqual([
      '2',
      '2-rc',
      '9',
      '10',
    ])
    expect((await registry.resolve({ registry: 'r', text: 'm' })).version).toBe('10')
  })

  it('keeps comments and the order of fields when a tag or the approval changes', async () => {
    const { path, registry } = registryOf(byHand)
    await registry.setApproval('churn', '2', 'approved')
    await registry.setTags('churn', '2', { team: null, region: 'eu' })
    const text = readFileSync(join(path, 'churn/2/model.yaml'), 'utf8')
    expect(text).toContain(
      '# trained on the January export\ncreatedAt: 2026-01-31T12:00:00Z\napproval: approved # waits for Ada',
    )
    expect(text).toContain('tags: { build: 7, region: eu }')
    await registry.setTags('chat', 'v1', { tier: 'gold' })
    expect(JSON.parse(readFileSync(join(path, 'chat/v1/model.json'), 'utf8'))).toEqual({
      hosted: { provider: 'openai', model: 'some-model' },
      approval: 'approved',
      tags: { tier: 'gold' },
    })
  })

  it('writes nothing when nothing changes', async () => {
    const { path, registry } = registryOf(byHand)
    const names = ['churn/1/model.yaml', 'churn/aliases.json']
    const before = names.map((name) => readFileSync(join(path, name), 'utf8'))
    await registry.setApproval('churn', '1', 'approved')
    await registry.setTags('churn', '1', { gone: null })
    await registry.setAlias('churn', 'champion', '1')
    expect(names.map((name) => readFileSync(join(path, name), 'utf8'))).toEqual(before)
    expect(readdirSync(join(path, 'churn'))).toEqual(['1', '2', 'aliases.json'])
  })

  it('sees by its digest that an artifact changed', async () => {
    const { path, registry } = registryOf(byHand)
    const reference = { registry: 'r', name: 'churn', version: '1' }
    const before = await registry.resolve(reference)
    write(join(path, 'churn/1/weights.json'), '{"w": 9}')
    const after = await registry.resolve(reference)
    expect(after.artifact).not.toEqual(before.artifact)
    write(join(path, 'churn/2/sub/vocabulary.txt'), 'x y z')
    await expect(registry.resolve({ ...reference, version: '2' })).rejects.toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringContaining(`its digest is ${digest('x y z')} instead of ${digest('a b c')}`),
    })
  })

  const hosted = { kind: 'hosted', provider: 'p', model: 'm' } as const

  it('numbers a new version after the highest numeric name in the folder, version or not', async () => {
    const { registry } = registryOf({
      ...byHand,
      'churn/7/weights.json': 'without facts',
      'churn/9': 'a file',
    })
    expect((await registry.register({ name: 'churn', artifact: hosted })).version).toBe('10')
    const long = '20261122145803123'
    await registry.register({ name: 'churn', version: long, artifact: hosted })
    expect((await registry.register({ name: 'churn', artifact: hosted })).version).toBe('20261122145803124')
    expect((await registry.register({ name: 'churn', artifact: hosted })).version).toBe('20261122145803125')
  })

  it.each(['7', '9'])('names the path that stands in the way of version %s', async (version) => {
    const { path, registry } = registryOf({ ...byHand, 'churn/7/weights.json': '{}', 'churn/9': 'a file' })
    await expect(registry.register({ name: 'churn', version, artifact: hosted })).rejects.toMatchObject({
      code: 'conflict',
      retryable: false,
      message: expect.stringContaining(`${join(path, 'churn', version)} exists without a model.yaml`),
    })
  })

  it('removes the files of a killed registration, and no files of a living process', async () => {
    const { path, registry } = registryOf(byHand)
    const alive = await identityOf(process.pid)
    const left = lockFile('incoming', { ...alive, started: '1' }, 'a')
    const underWay = lockFile('incoming', alive, 'b')
    for (const name of [left, underWay]) write(join(path, 'churn', name, 'half/weights.json'), '{')
    await registry.register({ name: 'churn', artifact: hosted })
    expect(readdirSync(join(path, 'churn'))).toEqual([underWay, '1', '2', '3', 'aliases.json'])
  })

  it('names the missing version that an alias points to', async () => {
    const { registry } = registryOf({ ...byHand, 'churn/aliases.json': '{ "champion": "7" }' })
    await expect(registry.resolve({ registry: 'r', text: 'churn@champion' })).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringContaining('"7"'),
    })
  })

  it.each(['..', '../secrets', 'a/b', '.hidden', '', 'a b'])(
    'does not look outside its folder for a model called "%s"',
    async (name) => {
      const { path, registry } = registryOf(byHand)
      write(join(path, '../secrets/1/model.yaml'), 'hosted: { provider: p, model: m }')
      write(join(path, '.hidden/1/model.yaml'), 'hosted: { provider: p, model: m }')
      const code = name === '' ? 'invalid-reference' : 'model-not-found'
      for (const reference of [
        { registry: 'r', name, version: '1' },
        { registry: 'r', name, alias: 'champion' },
      ]) {
        await expect(registry.resolve(reference)).rejects.toMatchObject({ code })
      }
      await expect(
        registry.resolve({ registry: 'r', name: 'churn', version: '../churn/1' }),
      ).rejects.toMatchObject({
        code: 'model-not-found',
      })
    },
  )

  it('follows a symbolic link beside the facts', async () => {
    const { path, registry } = registryOf(byHand)
    const target = write(join(path, '../elsewhere.bin'), 'linked')
    symlinkSync(target, join(path, 'churn/1/linked.bin'))
    const { artifact } = await registry.resolve({ registry: 'r', text: 'churn:1' })
    expect(artifact).toMatchObject({ files: [{ digest: digest('linked') }, {}] })
  })
})

describe('a malformed file of a registry', () => {
  it.each([
    ['approval: maybe', 'approval', 'approved'],
    ['createdAt: yesterday', 'createdAt', '2026-01-31T12:00:00Z'],
    ['ownr: ada', '', 'ownr'],
    ['tags: [a]', 'tags', 'record'],
    ['files: [../../secret]', 'files.0', 'inside the folder'],
    ['files: [/etc/passwd]', 'files.0', 'inside the folder'],
    ['files: [{ path: weights.json, digest: abc }]', 'files.0.digest', '64 hexadecimal digits'],
    ['files: []', 'files', 'every file of the folder'],
    ['files: [weights.json]\nhosted: { provider: p, model: m }', 'hosted', 'either files or hosted'],
    ['hosted: { provider: p }', 'hosted.model', 'string'],
    ['metrics: { accuracy: high }', 'metrics.accuracy', 'number'],
    ['- a list', '', 'object'],
    ['approval: [unclosed', undefined, 'model.yaml'],
    ['files: [absent.bin]', 'files', 'absent.bin'],
  ])('is reported with its file and field: %s', async (text, field, mention) => {
    const { path, registry } = registryOf({ 'm/1/model.yaml': text, 'm/1/weights.json': '{}' })
    const error = await registry.resolve({ registry: 'r', text: 'm:1' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringContaining(mention),
      details: { file: expect.stringContaining(join(path, 'm/1')) },
    })
    if (field !== undefined) expect(error).toMatchObject({ details: { field } })
  })

  it('is also reported for aliases and for a folder without an artifact', async () => {
    const { path, registry } = registryOf({
      'm/1/model.yaml': 'approval: approved',
      'm/aliases.json': '{ "champion": [1] }',
    })
    await expect(registry.resolve({ registry: 'r', text: 'm@champion' })).rejects.toMatchObject({
      code: 'registry-unavailable',
      details: { file: join(path, 'm/aliases.json'), field: 'champion' },
    })
    rmSync(join(path, 'm/aliases.json'))
    await expect(registry.resolve({ registry: 'r', text: 'm' })).rejects.toMatchObject({
      message: expect.stringContaining('put the artifact there'),
    })
  })
})

describe('registering in fileRegistry', () => {
  const source = (name: string, content: string): string => write(join(temporaryFolder(), name), content)

  it('copies files beside their facts, and keeps their relative folders', async () => {
    const path = join(temporaryFolder(), 'made/by/register')
    const clock = createFakeClock()
    const registry = fileRegistry({ path, name: 'models', clock })
    const folder = temporaryFolder()
    const files = ['model/weights.bin', 'model/sub/vocabulary.txt'].map((name) =>
      write(join(folder, name), name),
    )
    const artifact = {
      kind: 'files',
      files: files.map((file) => ({ uri: pathToFileURL(file).href })),
    } as const
    const registered = await registry.register({ name: 'churn', artifact, owner: 'ada' })
    expect(registered).toMatchObject({
      registry: 'models',
      version: '1',
      createdAtMs: clock.now(),
      artifact: {
        files: [
          { uri: url(path, 'churn/1/weights.bin'), digest: digest('model/weights.bin') },
          { uri: url(path, 'churn/1/sub/vocabulary.txt'), digest: digest('model/sub/vocabulary.txt') },
        ],
      },
    })
    rmSync(folder, { recursive: true })
    expect(await fileRegistry({ path }).resolve({ registry: 'models', text: 'churn:1' })).toEqual(registered)
    write(join(path, 'churn/1/weights.bin'), 'tampered')
    await expect(registry.resolve({ registry: 'r', text: 'churn:1' })).rejects.toMatchObject({
      message: expect.stringContaining('has changed since it was registered'),
    })
  })

  it('leaves other URIs where they point', async () => {
    const registry = fileRegistry({ path: temporaryFolder() })
    const files = [{ uri: 's3://bucket/weights.bin', digest: digest('w') }, { uri: 'hf://org/model' }]
    const registered = await registry.register({ name: 'churn', artifact: { kind: 'files', files } })
    expect(registered.artifact).toEqual({ kind: 'files', files })
  })

  it.each([
    ['a name that no folder can have', { name: '../x' }, 'name is "../x"'],
    ['a version that no folder can have', { name: 'm', version: 'a/b' }, 'version is "a/b"'],
    [
      'a file that is not there',
      { name: 'm', artifact: { kind: 'files', files: [{ uri: 'file:///no/such/file' }] } },
      'artifact.files[0].uri is file:///no/such/file',
    ],
    [
      'a folder in place of a file',
      { name: 'm', artifact: { kind: 'files', files: [{ uri: 'file:///tmp' }] } },
      'list files',
    ],
  ] as const)('refuses %s and leaves nothing behind', async (_, wrong, mention) => {
    const path = temporaryFolder()
    const registry = fileRegistry({ path })
    const version = { artifact: { kind: 'hosted', provider: 'p', model: 'm' }, ...wrong } as const
    await expect(registry.register(version)).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining(mention),
    })
    expect(readdirSync(path, { recursive: true }).filter((name) => name !== 'm')).toEqual([])
  })

  it('refuses a digest that differs from the digest of the file', async () => {
    const uri = pathToFileURL(source('w.bin', 'weights')).href
    const artifact = { kind: 'files', files: [{ uri, digest: digest('other') }] } as const
    const registry = fileRegistry({ path: temporaryFolder() })
    await expect(registry.register({ name: 'm', artifact })).rejects.toMatchObject({
      code: 'invalid-options',
      details: { field: 'artifact.files[0].digest' },
    })
  })

  it('gives every version its own number when two registries register several versions at once', async () => {
    const path = temporaryFolder()
    const registries = [fileRegistry({ path }), fileRegistry({ path })]
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        registries[index % 2]?.register({
          name: 'm',
          artifact: { kind: 'hosted', provider: 'p', model: `${index}` },
        }),
      ),
    )
    expect(all.map((each) => Number(each?.version)).sort((one, other) => one - other)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ])
  })
})

describe('several registries over one folder', () => {
  it('let exactly one of several alias changes win when all expect the same version', async () => {
    const path = temporaryFolder()
    const registries = Array.from({ length: 5 }, () => fileRegistry({ path }))
    const [first] = registries
    const versions = ['0', '1', '2', '3', '4']
    for (const version of versions) {
      await first?.register({
        name: 'm',
        version,
        artifact: { kind: 'hosted', provider: 'p', model: version },
      })
    }
    await first?.setAlias('m', 'champion', '0')
    let champion = '0'
    for (let round = 0; round < 5; round += 1) {
      const rivals = registries.map((registry, index) => ({ registry, version: versions[index] ?? '' }))
      const outcomes = await Promise.allSettled(
        rivals
          .filter(({ version }) => version !== champion)
          .map(async ({ registry, version }) => {
            await registry.setAlias('m', 'champion', version, { expect: champion })
            return version
          }),
      )
      const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      expect(winners).toHaveLength(1)
      champion = winners[0] ?? ''
      expect((await first?.resolve({ registry: 'r', text: 'm@champion' }))?.version).toBe(champion)
    }
  })

  it('name the holder of the lock when the holder does not release it', async () => {
    const { path } = registryOf(byHand)
    const clock = createFakeClock()
    const registry = fileRegistry({ path, clock })
    const lock = write(join(path, 'churn/.edit.elsewhere.-.77.1.a.lock'), '')
    let error: unknown
    const call = registry.setAlias('churn', 'champion', '2').catch((thrown: unknown) => {
      error = thrown
    })
    while (error === undefined) await clock.advance(100)
    await call
    expect(error).toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringContaining(lock),
      details: { pid: 77, host: 'elsewhere' },
    })
    rmSync(lock)
    await registry.setAlias('churn', 'champion', '2')
    expect((await registry.resolve({ registry: 'r', text: 'churn@champion' })).version).toBe('2')
  })

  it('lose no tag when they set different tags at once', async () => {
    const path = temporaryFolder()
    const registries = Array.from({ length: 5 }, () => fileRegistry({ path }))
    await registries[0]?.register({ name: 'm', artifact: { kind: 'hosted', provider: 'p', model: 'm' } })
    await Promise.all(
      registries.map((registry, index) => registry.setTags('m', '1', { [`tag${index}`]: 'set' })),
    )
    const found = await registries[0]?.resolve({ registry: 'r', text: 'm:1' })
    expect(Object.keys(found?.tags ?? {}).sort()).toEqual(['tag0', 'tag1', 'tag2', 'tag3', 'tag4'])
  })
})

describe('fileRegistry that polls', () => {
  it('reports every model at first, and then each model that changed', async () => {
    const { 'README.md': _, ...models } = byHand
    const { path } = registryOf(models)
    const registry = fileRegistry({ path, watch: 'poll', pollMs: 1 })
    const controller = new AbortController()
    const changes = registry.changes(controller.signal)[Symbol.asyncIterator]()
    expect([(await changes.next()).value, (await changes.next()).value].sort()).toEqual(['chat', 'churn'])
    write(join(path, 'churn/aliases.json'), '{}')
    expect((await changes.next()).value).toBe('churn')
    rmSync(join(path, 'chat'), { recursive: true })
    expect((await changes.next()).value).toBe('chat')
    controller.abort()
    expect((await changes.next()).done).toBe(true)
  })

  it('goes on when the whole folder is removed and created again', async () => {
    const { path } = registryOf({ 'churn/1/model.yaml': 'hosted: { provider: p, model: m }' })
    const registry = fileRegistry({ path, pollMs: 1 })
    const controller = new AbortController()
    const changes = registry.changes(controller.signal)[Symbol.asyncIterator]()
    rmSync(path, { recursive: true })
    expect((await changes.next()).value).toBe('churn')
    await registry.register({ name: 'fraud', artifact: { kind: 'hosted', provider: 'p', model: 'm' } })
    for await (const model of { [Symbol.asyncIterator]: () => changes }) if (model === 'fraud') break
    controller.abort()
  })

  it('reports changes also when the folder does not exist yet and cannot be watched', async () => {
    const path = join(temporaryFolder(), 'later')
    const registry = fileRegistry({ path, pollMs: 1 })
    const controller = new AbortController()
    const changes = registry.changes(controller.signal)[Symbol.asyncIterator]()
    const next = changes.next()
    await registry.register({ name: 'm', artifact: { kind: 'hosted', provider: 'p', model: 'm' } })
    expect((await next).value).toBe('m')
    controller.abort()
  })
})

describe('the options of fileRegistry', () => {
  it.each([
    ['path', { path: '' }],
    ['path', {} as never],
    ['watch', { path: 'x', watch: 'inotify' as never }],
    ['pollMs', { path: 'x', pollMs: 0 }],
  ])('refuse a wrong %s', (field, options) => {
    expect(() => fileRegistry(options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(field) }),
    )
  })
})
