import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
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

describe('examples/own-proxy.ts', () => {
  it('serves replies and streams from the upstreams that the router picks', async () => {
    const { code, out } = await run('own-proxy.ts')
    expect(out.trim().split('\n')).toEqual([
      '1: 200 from flaky: {"said":"flaky as large with a key"}',
      '2: 200 from spare: {"said":"spare as small with no key"}',
      '3: 200 from flaky: data: flaky  data: streams  data: [DONE]',
      '4: 200 from spare: data: spare  data: streams  data: [DONE]',
      '5: 404 no-route',
      'observed: ["flaky",1] ["spare",2] ["flaky",1] ["spare",2]',
    ])
    expect(code).toBe(0)
  }, 30_000)
})

describe('examples/ai-sdk.ts', () => {
  it('answers all questions although a vendor dies between a tool and the answer', async () => {
    const { code, out } = await run('ai-sdk.ts')
    expect(out.split('\n').map((line) => line.trim())).toEqual([
      '',
      'you    Where is my parcel 7431?',
      '→ findParcel {"parcel":"7431"}',
      '· north',
      'clerk  Good news: parcel 7431 left Basel at nine.',
      '· north',
      '',
      'you    Can it come on Friday?',
      '→ moveDelivery {"parcel":"7431","day":"Friday"}',
      '✗ north dies',
      '· north',
      'clerk  Good news: parcel 7431 comes on Friday.',
      '· south, at attempt 2',
      '',
      'you    Thank you!',
      'clerk  You are welcome. Have a good day!',
      '· south',
      '',
      '✓ three answers, all whole: 3 calls to north, 2 to south',
      '',
      '',
    ])
    expect(code).toBe(0)
  }, 30_000)
})

describe('examples/ai-sdk-canary.ts', () => {
  it('turns back the prompt that users rate worse, promotes the better one, and fails no request', async () => {
    const { code, out } = await run('ai-sdk-canary.ts')
    const told = out.replaceAll(/\s+/g, ' ')
    expect(told).toMatch(
      /v2 “Answer in one word.” → gets a fifth of the users ✗ is turned back: [12]\.\d from \d+/,
    )
    expect(told).toMatch(/v3 “[^”]+” → gets a fifth of the users ✓ is promoted: [45]\.\d from \d+/)
    expect(told).toContain(' 0 requests failed ')
    expect(code).toBe(0)
  }, 60_000)
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

describe('examples/from-gateway.ts', () => {
  it('prints the routes of both samples and what is left, and no secret', async () => {
    const { code, out } = await run('from-gateway.ts')
    expect(out.match(/kind: ModelRoute/g)).toHaveLength(5)
    expect(out).toContain('a secret stands in the config')
    expect(out).not.toMatch(/this-is-not-a-key|not-a-password/)
    expect(code).toBe(0)
  }, 30_000)

  it('says what is wrong with a file that cannot be read', async () => {
    const file = join(await temporaryFolder(), 'litellm.yaml')
    await writeFile(file, 'model_list: [\n')
    const { code, out } = await run('from-gateway.ts', file)
    expect(out).toMatch(/^litellm\.yaml:\d/)
    expect(code).toBe(1)
  }, 30_000)
})

describe('examples/gateway.ts', () => {
  it('routes, admits and limits as its file says, and ends at a signal', async () => {
    const file = join(await temporaryFolder(), 'gateway.yaml')
    await writeFile(
      file,
      `listen: { port: 0, keepAliveTimeoutMs: 9000 }
gateway: { maxBodyBytes: 200, maxJsonDepth: 4 }
keys: { ada: ${createHash('sha256').update('key-of-ada').digest('hex')} }
upstreams: { one: { baseUrl: ${await upstream('hello')} } }
routes:
  - kind: ModelRoute
    metadata: { name: assistant }
    spec: { names: [org/Small-8B, gpt-4.1-mini], operations: [chat], backends: [{ provider: one, model: m }] }
`,
    )
    const child = start('gateway.ts', '--config', file)
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    const url = /listening on (\S+)\/v1 for org\/Small-8B, gpt-4.1-mini/.exec(String(line))?.[1]
    const ask = (more: object = {}, key = 'key-of-ada'): Promise<Response> =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({
          model: 'gpt-4.1-mini',
          messages: [{ role: 'user', content: 'hi' }],
          ...more,
        }),
      })
    const reply = await ask()
    expect(await reply.json()).toMatchObject({ choices: [{ message: { content: 'hello' } }] })
    expect(reply.headers.get('x-modelspine-provider')).toBe('one')
    expect(reply.headers.get('keep-alive')).toBe('timeout=9')
    expect((await ask({}, 'another')).status).toBe(401)
    expect((await ask({ user: 'x'.repeat(200) })).status).toBe(413)
    expect((await ask({ x: [[[[]]]] })).status).toBe(400)
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  }, 30_000)

  it.each([
    ['a file that is not there', undefined, 'no such file'],
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
      expect(code).toBe(1)
    },
    30_000,
  )
})
