import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const undo: (() => unknown)[] = []

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

function start(example: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--conditions=modelspine/source', join(root, 'examples', example), ...args],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } },
  )
  undo.push(() => child.exitCode ?? child.kill('SIGKILL'))
  return child
}

async function run(example: string, ...args: readonly string[]): Promise<{ code: number; out: string }> {
  const child = start(example, ...args)
  let out = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    out += chunk
  })
  const [code] = await once(child, 'close')
  return { code: code as number, out }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'modelspine-examples-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function upstream(answer: string): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json')
      const message = { role: 'assistant', content: answer }
      const choices = [{ index: 0, finish_reason: 'stop', message }]
      response.end(JSON.stringify({ id: '1', object: 'chat.completion', created: 0, model: 'm', choices }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

describe('examples/router-only.ts', () => {
  it('answers every question although its upstreams fail', async () => {
    const { code, out } = await run('router-only.ts')
    expect(out.trim().split('\n')).toHaveLength(12)
    expect(out).not.toMatch(/overloaded|Error/)
    expect(code).toBe(0)
  }, 30_000)
})

describe('examples/reconcile-script.ts', () => {
  it('continues at each run where the last run stopped, and then changes nothing', async () => {
    const folder = await temporaryFolder()
    const first = await run('reconcile-script.ts', folder)
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('summaries: created') })
    const second = await run('reconcile-script.ts', folder)
    expect(second.out).toContain('summaries: unchanged, converged')
    const third = await run('reconcile-script.ts', folder)
    expect(third.out).toBe(second.out)
  }, 60_000)
})

describe('examples/gateway.ts', () => {
  it('routes as its file says, and ends at a signal', async () => {
    const file = join(await temporaryFolder(), 'gateway.yaml')
    await writeFile(
      file,
      `upstreams: { one: { baseUrl: ${await upstream('hello')} } }
routes:
  - kind: ModelRoute
    metadata: { name: assistant }
    spec: { operations: [chat], backends: [{ provider: one, model: m }] }
`,
    )
    const child = start('gateway.ts', '--config', file, '--port', '0')
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    const url = /listening on (\S+)\/v1 for assistant/.exec(String(line))?.[1]
    const reply = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'assistant', messages: [{ role: 'user', content: 'hi' }] }),
    })
    expect(await reply.json()).toMatchObject({ choices: [{ message: { content: 'hello' } }] })
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  }, 30_000)

  it.each([
    ['a file that is not there', undefined, 'no such file'],
    ['no routes', 'upstreams: {}', 'give "upstreams" (by name) and "routes"'],
    ['no URL', 'upstreams: { one: { baseUrl: nowhere } }\nroutes: []', 'upstreams.one.baseUrl "nowhere"'],
    [
      'a key in the file',
      'upstreams: { one: { baseUrl: "http://a/v1", apiKey: sk-1 } }\nroutes: []',
      'keys do not belong in files',
    ],
    [
      'a malformed route',
      'upstreams: { one: { baseUrl: "http://a/v1" } }\nroutes: [{ kind: ModelRoute, metadata: { name: A }, spec: {} }]',
      'metadata.name',
    ],
  ])(
    'says what is wrong for %s',
    async (_what, text, said) => {
      const file = join(await temporaryFolder(), 'gateway.yaml')
      if (text !== undefined) await writeFile(file, text)
      const { code, out } = await run('gateway.ts', '--config', file)
      expect(out).toContain(said)
      expect(out).not.toContain('sk-1')
      expect(code).toBe(1)
    },
    30_000,
  )
})
