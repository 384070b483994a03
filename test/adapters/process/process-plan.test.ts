import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Revision, sha256, type TargetWant } from 'modelspine/adapter'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, createScene, inState, key, type Scene, serverFile, wantOf } from './scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await createScene()
})

afterEach(() => scene.dispose())

const nothing = { revisions: [], operations: [] }

function withArtifact(revision: Revision, artifact: Revision['model']['artifact']): Revision {
  return { ...revision, model: { ...revision.model, artifact } }
}

describe('the plan of processTarget', () => {
  it.each<[string, (revision: Revision) => TargetWant]>([
    ['ScaleUnsupported', (each) => ({ ...wantOf(each), scale: { min: 1, max: 2 } })],
    ['ScaleToZeroUnsupported', (each) => ({ ...wantOf(each), scale: { min: 0, max: 1 } })],
    [
      'ArtifactUnsupported',
      (each) => wantOf(withArtifact(each, { kind: 'hosted', provider: 'a', model: 'b' })),
    ],
    [
      'ArtifactNotLocal',
      (each) => wantOf(withArtifact(each, { kind: 'files', files: [{ uri: 's3://bucket/a' }] })),
    ],
    ['ArtifactIncomplete', (each) => wantOf(withArtifact(each, { kind: 'files', files: [] }))],
    [
      'ResourcesUnsupported',
      (each) => wantOf({ ...each, runtime: { ...each.runtime, resources: { cpu: 2 } } }),
    ],
    ['InvalidSettings', (each) => wantOf({ ...each, settings: { comand: 'rm' } })],
  ])('is refused with %s, and apply is refused in the same way', async (reason, wantFor) => {
    const target = scene.open()
    const want = wantFor(scene.revision('r1'))
    expect(target.plan(want, nothing)).toMatchObject({ kind: 'refused', reason })
    expect(await target.apply(key, want, call())).toMatchObject({ kind: 'refused', reason })
    expect(scene.lines()).toEqual([])
  })

  it('accepts files whose digest is the one in the registry, and refuses other files', async () => {
    const path = join(scene.folder, 'other.json')
    await writeFile(path, '{"weights":[1]}')
    const target = scene.open()
    const file = (digest: string): Revision =>
      withArtifact(scene.revision('r1'), {
        kind: 'files',
        files: [{ uri: pathToFileURL(path).href, digest }],
      })
    const wrong = file(`sha256:${sha256('another')}`)
    expect(await target.apply(key, wantOf(wrong), call())).toMatchObject({ reason: 'DigestMismatch' })
    const right = file(`sha256:${sha256('{"weights":[1]}')}`)
    expect(await target.apply(key, wantOf(right), call())).toEqual({ kind: 'accepted' })
  })

  it('refuses files that do not exist', async () => {
    const files = [{ uri: pathToFileURL(join(scene.folder, 'missing.json')).href }]
    const revision = withArtifact(scene.revision('r1'), { kind: 'files', files })
    expect(await scene.open().apply(key, wantOf(revision), call())).toMatchObject({
      reason: 'ArtifactMissing',
    })
  })

  it('runs a file elsewhere when the command takes its address, and fetches it by itself', async () => {
    const target = scene.open({ command: [process.execPath, serverFile, '{port}', '{uri}'] })
    const uri = 'mlflow-artifacts:/1/models/m-1/artifacts'
    const revision = withArtifact(scene.revision('r1'), { kind: 'files', files: [{ uri }] })
    expect(await target.apply(key, wantOf(revision), call())).toEqual({ kind: 'accepted' })
    const { endpoint } = await inState(target, 'r1', 'ready')
    const told = (await (await fetch(`${endpoint?.address}/`)).json()) as { model: string }
    expect(told.model).toBe(uri)
  })

  it.each<[string, string, readonly string[], readonly { uri: string; digest?: string }[]]>([
    ['also takes its path', 'ArtifactNotLocal', ['{uri}', '{model}'], [{ uri: 's3://b/a' }]],
    [
      'takes the address of another file',
      'ArtifactNotLocal',
      ['{uri}'],
      [{ uri: 'file:///a' }, { uri: 's3://b/a' }],
    ],
    ['would get no address', 'ArtifactNotLocal', ['{uri}'], [{ uri: '--help' }]],
    ['would get no file', 'ArtifactIncomplete', ['{uri}'], []],
    [
      'cannot know its digest',
      'DigestNotChecked',
      ['{uri}'],
      [{ uri: 's3://b/a', digest: `sha256:${'0'.repeat(64)}` }],
    ],
  ])('refuses a file elsewhere when the command %s', (_what, reason, taken, files) => {
    const revision = withArtifact(scene.revision('r1'), { kind: 'files', files })
    const target = scene.open({ command: [process.execPath, serverFile, '{port}', ...taken] })
    expect(target.plan(wantOf(revision), nothing)).toMatchObject({ kind: 'refused', reason })
  })

  it('takes a digest that the process checks by itself', () => {
    const files = [{ uri: 's3://b/a', digest: `sha256:${'0'.repeat(64)}` }]
    const command = [process.execPath, serverFile, '{port}', '{uri}'] as const
    const target = scene.open({ command: [...command], verifyDigests: false })
    const want = wantOf(withArtifact(scene.revision('r1'), { kind: 'files', files }))
    expect(target.plan(want, nothing)).not.toMatchObject({ kind: 'refused' })
  })

  it('refuses names that would lead out of the folder', async () => {
    const target = scene.open()
    const want = wantOf(scene.revision('r1'))
    await expect(target.apply('default/..', want, call())).rejects.toThrow('DNS labels')
    await expect(target.apply(key, wantOf(scene.revision('../r1')), call())).rejects.toThrow('DNS label')
  })
})

describe('the settings of a deployment', () => {
  it.each([
    ['healthPath', { healthPath: 'ready' }],
    ['startTimeout', { startTimeout: '10 minutes' }],
    ['drain', { drain: 5 }],
    ['protocol', { protocol: '' }],
    ['command', { command: ['rm'] }],
  ])('are checked: %s', (field, settings) => {
    expect(scene.open().checkSettings(settings)).toMatchObject([{ field }])
  })

  it('win over the options of the target', async () => {
    const target = scene.open({ health: { path: '/nowhere', intervalMs: 25 } })
    const settings = { healthPath: '/v2/health/ready', startTimeout: '20s', drain: '1s', protocol: 'other' }
    expect(target.checkSettings(settings)).toEqual([])
    await target.apply(key, wantOf({ ...scene.revision('r1'), settings }), call())
    expect((await inState(target, 'r1', 'ready')).endpoint?.protocol).toBe('other')
  })
})
