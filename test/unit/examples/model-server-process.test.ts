import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeModelFile } from '../../../examples/quickstart/models/model-file.ts'

const script = fileURLToPath(new URL('../../../examples/quickstart/model-server.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'model-server-'))
const file = join(folder, 'v7.model')

beforeAll(() => {
  const layer = { inputs: 784, outputs: 10, weights: new Float32Array(7840), biases: new Float32Array(10) }
  writeModelFile(file, 'v7', { features: 'pixels', layers: [layer] })
})
afterAll(() => rmSync(folder, { recursive: true }))

async function start(
  args: readonly string[],
  env: object = {},
): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer]
  return { child, port: Number(/:(\d+)\n$/.exec(String(line))?.[1]) }
}

/** Resolves when no process accepts connections at the port any more. */
async function closed(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const refused = await once(socket, 'connect').then(
      () => false,
      () => true,
    )
    socket.destroy()
    if (refused) return
  }
}

describe('the model server as a process', () => {
  it('serves the model that its arguments or its environment name', async () => {
    const byArguments = await start(['--model', file, '--name', 'numbers', '--port', '0'])
    const byEnvironment = await start([], { MODEL_FILE: file, MODEL_NAME: 'numbers', PORT: '0' })
    for (const { child, port } of [byArguments, byEnvironment]) {
      const reply = await fetch(`http://127.0.0.1:${port}/v2/models/numbers`)
      expect(await reply.json()).toMatchObject({ name: 'numbers', versions: ['v7'] })
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    }
  })

  it('finishes a running request after SIGTERM, and takes no new request', async () => {
    const { child, port } = await start(['--model', file])
    const running = request(`http://127.0.0.1:${port}/v2/models/digits/infer`, {
      method: 'POST',
      headers: { expect: '100-continue' },
    })
    running.flushHeaders()
    await once(running, 'continue')
    child.kill('SIGTERM')
    await closed(port)
    const data = new Array<number>(784).fill(0)
    running.end(JSON.stringify({ inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 784], data }] }))
    const [reply] = await once(running, 'response')
    expect(reply.statusCode).toBe(200)
    expect(reply.headers.connection).toBe('close')
    expect(JSON.parse(await text(reply))).toMatchObject({ model_version: 'v7' })
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
