import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type ModelspineError, secretOf } from 'modelspine/adapter'
import {
  type FetchedArtifacts,
  type FetchMlflowArtifactsOptions,
  fetchMlflowArtifacts,
} from 'modelspine/adapters/mlflow'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../temporary-folder.ts'
import { type ScriptedMlflow, scriptedMlflow } from './scripted-mlflow.ts'

const uri = 'mlflow-artifacts:/1/models/m-1/artifacts'
const weights = Buffer.from('w'.repeat(300_000))
const digestOf = (content: string | Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

interface FetchScene {
  readonly mlflow: ScriptedMlflow
  readonly parent: string
  readonly folder: string
  fetch(options?: Partial<FetchMlflowArtifactsOptions>): Promise<FetchedArtifacts>
}

async function scene(): Promise<FetchScene> {
  const mlflow = await scriptedMlflow()
  onTestFinished(() => mlflow.close())
  const root = '1/models/m-1/artifacts'
  mlflow.world.files
    .set(`${root}/MLmodel`, 'flavors: {}')
    .set(`${root}/data/weights.bin`, weights)
    .set(`${root}/data/deep/ümläut & more.txt`, 'text')
  const parent = temporaryFolder()
  const folder = join(parent, 'model')
  const fetch: FetchScene['fetch'] = (options) =>
    fetchMlflowArtifacts({ baseUrl: mlflow.url, uri, folder, ...options })
  return { mlflow, parent, folder, fetch }
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    () => expect.unreachable('the call did not fail'),
    (error: ModelspineError) => error,
  )
}

const files = [
  { path: 'MLmodel', bytes: 11, digest: digestOf('flavors: {}') },
  { path: 'data/deep/ümläut & more.txt', bytes: 4, digest: digestOf('text') },
  { path: 'data/weights.bin', bytes: 300_000, digest: digestOf(weights) },
]

describe('fetching an artifact', () => {
  it('puts its tree into the folder, and tells the digests', async () => {
    const { fetch, folder, parent } = await scene()
    const fetched = await fetch()
    expect(fetched).toMatchObject({ folder, files, isNew: true })
    expect(readFileSync(join(folder, 'data/weights.bin'))).toEqual(weights)
    expect(readFileSync(join(folder, 'data/deep/ümläut & more.txt'), 'utf8')).toBe('text')
    expect(readdirSync(parent)).toEqual(['model'])
  })

  it('downloads nothing again, and has the same digest', async () => {
    const { fetch, mlflow } = await scene()
    const first = await fetch()
    const asked = mlflow.calls.length
    expect(await fetch()).toEqual({ ...first, isNew: false })
    expect(mlflow.calls).toHaveLength(asked)
  })

  it('has another digest for another content', async () => {
    const { fetch, mlflow, parent } = await scene()
    const first = await fetch()
    mlflow.world.files.set('1/models/m-1/artifacts/MLmodel', 'flavors: []')
    const second = await fetch({ folder: join(parent, 'other') })
    expect(second.digest).not.toBe(first.digest)
  })

  it('takes an empty folder', async () => {
    const { fetch, folder } = await scene()
    mkdirSync(folder)
    expect(await fetch()).toMatchObject({ isNew: true })
  })

  it.each<[string, (folder: string) => void]>([
    ['that somebody else filled', (folder) => mkdirSync(join(folder, 'own'), { recursive: true })],
    ['that is a file', (folder) => writeFileSync(folder, '')],
  ])('refuses a folder %s', async (_what, fill) => {
    const { fetch, folder } = await scene()
    fill(folder)
    expect(await failureOf(fetch())).toMatchObject({ code: 'conflict', retryable: false })
  })

  it.each<[string, (folder: string) => void]>([
    ['was cut', (folder) => writeFileSync(join(folder, 'data/weights.bin'), weights.subarray(1))],
    ['was added', (folder) => writeFileSync(join(folder, 'evil.py'), '')],
    ['is of another artifact', (folder) => rewrite(folder, (text) => text.replace('m-1', 'm-2'))],
  ])('refuses a fetched folder when a file %s', async (_what, spoil) => {
    const { fetch, folder } = await scene()
    await fetch()
    spoil(folder)
    expect(await failureOf(fetch())).toMatchObject({ code: 'conflict', details: { folder } })
  })

  it.each(['..', '.', '../../etc/passwd', '/etc/passwd', 'a/b', 'a\\b', 'C:evil', 'a\nb', 'a\u0000b', ''])(
    'refuses a name that may lead elsewhere: %j',
    async (path) => {
      const { fetch, mlflow, parent } = await scene()
      mlflow.intercept = (call) =>
        call.includes('?path=')
          ? { status: 200, body: JSON.stringify({ files: [{ path, is_dir: false, file_size: 1 }] }) }
          : { status: 200, body: 'x' }
      expect(await failureOf(fetch())).toMatchObject({ code: 'registry-unavailable', retryable: false })
      expect(readdirSync(parent)).toEqual([])
    },
  )

  it.each<[string, Partial<FetchMlflowArtifactsOptions>, RegExp]>([
    ['more bytes', { maxBytes: 300_000 }, /300000 bytes allowed/],
    ['more files', { maxFiles: 3 }, /3 files and folders allowed/],
  ])('refuses %s than it may have', async (_what, options, message) => {
    const { fetch, parent } = await scene()
    expect((await failureOf(fetch(options))).message).toMatch(message)
    expect(readdirSync(parent)).toEqual([])
  })

  it('counts the bytes that come, whatever MLflow said before', async () => {
    const { fetch, mlflow, parent } = await scene()
    mlflow.intercept = (call) =>
      call.includes('?path=')
        ? { status: 200, body: '{"files":[{"path":"MLmodel"}]}' }
        : { status: 200, body: 'x'.repeat(2000) }
    expect((await failureOf(fetch({ maxBytes: 1000 }))).message).toMatch(/1000 bytes allowed/)
    expect(readdirSync(parent)).toEqual([])
  })

  it('is not led down without end', async () => {
    const { fetch, mlflow } = await scene()
    mlflow.intercept = () => ({ status: 200, body: '{"files":[{"path":"a","is_dir":true}]}' })
    expect((await failureOf(fetch())).message).toMatch(/deeper than 32/)
  })

  it('begins a file again that broke off, and never keeps half of it', async () => {
    const { fetch, mlflow, folder } = await scene()
    let cuts = 2
    mlflow.intercept = (call, response) => {
      if (!call.endsWith('/weights.bin') || cuts === 0) return undefined
      cuts -= 1
      response.writeHead(200, { 'content-length': weights.length })
      response.write(weights.subarray(0, 1000), () => response.socket?.destroy())
      return 'answered'
    }
    expect(await fetch({ maxBytes: 300_100 })).toMatchObject({ files })
    expect(readFileSync(join(folder, 'data/weights.bin'))).toEqual(weights)
    expect(cuts).toBe(0)
  })

  it('begins a file again that came too long, and keeps nothing of that', async () => {
    const { fetch, mlflow, folder } = await scene()
    let isFirst = true
    mlflow.intercept = (call) => {
      if (!call.endsWith('/MLmodel') || !isFirst) return undefined
      isFirst = false
      return { status: 200, body: 'an answer to somebody else' }
    }
    expect(await fetch()).toMatchObject({ files })
    expect(readFileSync(join(folder, 'MLmodel'), 'utf8')).toBe('flavors: {}')
  })

  it.each<[string, (mlflow: ScriptedMlflow) => void, object]>([
    [
      'a file always has too few bytes',
      (mlflow) => {
        mlflow.intercept = (call) => (call.endsWith('/weights.bin') ? { status: 200, body: 'w' } : undefined)
      },
      { code: 'registry-unavailable', details: { bytes: 1, expected: 300_000 } },
    ],
    [
      'a file cannot be read',
      (mlflow) => {
        mlflow.intercept = (call) => (call.endsWith('/MLmodel') ? { status: 403, body: 'no' } : undefined)
      },
      { code: 'auth' },
    ],
    ['there are no files', (mlflow) => mlflow.world.files.clear(), { code: 'model-not-found' }],
    [
      'MLflow has no store',
      (mlflow) => {
        mlflow.intercept = () => ({ status: 503, body: '{"detail":"Artifact serving is disabled."}' })
      },
      { code: 'registry-unavailable', message: expect.stringContaining('disabled') },
    ],
  ])('leaves nothing when %s', async (_what, arrange, expected) => {
    const { fetch, mlflow, parent } = await scene()
    arrange(mlflow)
    expect(await failureOf(fetch())).toMatchObject(expected)
    expect(readdirSync(parent)).toEqual([])
  })

  it('leaves nothing when it is aborted', async () => {
    const { fetch, mlflow, parent } = await scene()
    const stop = new AbortController()
    mlflow.intercept = (call, response) => {
      if (!call.endsWith('/weights.bin')) return undefined
      response.writeHead(200).write('begun')
      stop.abort(new Error('enough'))
      return 'answered'
    }
    expect(await failureOf(fetch({ abortSignal: stop.signal }))).toMatchObject({ code: 'aborted' })
    expect(readdirSync(parent)).toEqual([])
    expect(await failureOf(fetch({ abortSignal: AbortSignal.abort() }))).toMatchObject({ code: 'aborted' })
  })

  it('is not taken for whole when its process was killed, and what that left is removed', async () => {
    const { fetch, mlflow, parent, folder } = await scene()
    const begun = new Promise<void>((resolve) => {
      mlflow.intercept = (call, response) => {
        if (!call.endsWith('/weights.bin')) return undefined
        response.writeHead(200).write(weights.subarray(0, 1000))
        resolve()
        return 'answered'
      }
    })
    const child = spawn(
      process.execPath,
      [
        '--conditions=modelspine/source',
        join(import.meta.dirname, 'fetch-child.ts'),
        mlflow.url,
        uri,
        folder,
      ],
      { stdio: 'inherit' },
    )
    await begun
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    expect(existsSync(folder)).toBe(false)
    expect(readdirSync(parent)).toHaveLength(1)
    mlflow.intercept = () => undefined
    expect(await fetch()).toMatchObject({ files, isNew: true })
    expect(readdirSync(parent)).toEqual(['model'])
  })

  it('gives the same folder to several that ask at the same time', async () => {
    const { fetch, parent } = await scene()
    const all = await Promise.all([fetch(), fetch(), fetch()])
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(1)
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(readdirSync(parent)).toEqual(['model'])
  })

  it.each([
    's3://bucket/model',
    'file:///models/m',
    'mlflow-artifacts://other:5000/1/models/m-1/artifacts',
    'http://other/api/2.0/mlflow-artifacts/artifacts/1/m',
    'mlflow-artifacts:/',
    'models:/churn/1',
  ])('sends nothing for an artifact in another store: %s', async (elsewhere) => {
    const { fetch, mlflow } = await scene()
    expect(await failureOf(fetch({ uri: elsewhere }))).toMatchObject({ code: 'unsupported' })
    expect(mlflow.calls).toEqual([])
  })

  it('knows the other ways to write an address of this server', async () => {
    const { fetch, mlflow, parent } = await scene()
    const host = mlflow.url.slice('http://'.length)
    const ways = [
      `mlflow-artifacts://${host}/1/models/m-1/artifacts`,
      `${mlflow.url}/api/2.0/mlflow-artifacts/artifacts/1/models/m-1/artifacts`,
      'mlflow-artifacts:///1/models/m-1/artifacts/',
    ]
    for (const [place, way] of ways.entries()) {
      expect(await fetch({ uri: way, folder: join(parent, String(place)) })).toMatchObject({ files })
    }
  })

  it.each([
    [{ folder: 'relative' }, 'folder'],
    [{ maxBytes: 0 }, 'maxBytes'],
    [{ maxFiles: Number.NaN }, 'maxFiles'],
  ])('refuses options that cannot work: %j', async (options, field) => {
    const { fetch } = await scene()
    expect(await failureOf(fetch(options))).toMatchObject({ code: 'invalid-options', details: { field } })
  })

  it('sends its credentials with each call, and shows them in no error', async () => {
    const { fetch, mlflow } = await scene()
    const token = 'fetch-token-91f3'
    mlflow.intercept = (call) =>
      call.endsWith('/MLmodel') ? { status: 403, body: `${token} may not` } : undefined
    const error = await failureOf(fetch({ token: () => secretOf(token) }))
    expect(error).toMatchObject({ code: 'auth' })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(token)
    for (const { authorization } of mlflow.headers) expect(authorization).toBe(`Bearer ${token}`)
  })
})

function rewrite(folder: string, change: (text: string) => string): void {
  const path = join(folder, '.mlflow-artifacts.json')
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}
