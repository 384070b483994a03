import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../examples/gateway-config.ts'
import { createGateway, type GatewayOptions, type ListenOptions } from '../../../src/gateway/index.ts'
import { createRouter } from '../../../src/routing/router.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

async function problemsOf(text: string): Promise<readonly string[]> {
  const file = join(temporaryFolder(), 'gateway.yaml')
  await writeFile(file, text)
  const error: unknown = await readConfig(file).then(
    () => new Error('the file was taken'),
    (thrown: unknown) => thrown,
  )
  return String(error).replaceAll(`${file}: `, '').replace('Error: ', '').split('\n')
}

type InCode = 'router' | 'authenticate' | 'handlers' | 'clock' | 'logger'

/** What a file can say. The compiler asks for each option that is added. */
const gatewayOptions: Readonly<Record<Exclude<keyof GatewayOptions, InCode>, true>> = {
  authenticateTimeoutMs: true,
  basePath: true,
  hosts: true,
  maxBodyBytes: true,
  maxJsonDepth: true,
  maxJsonParts: true,
  maxJsonValues: true,
  streamCommentMs: true,
  writeTimeoutMs: true,
}
const listenOptions: Readonly<Record<keyof ListenOptions, true>> = {
  host: true,
  keepAliveTimeoutMs: true,
  maxConnections: true,
  port: true,
  requestTimeoutMs: true,
}

describe('the file of the example gateway', () => {
  it('can set everything that a gateway takes', async () => {
    const { listen, gateway, upstreams, routes } = await readConfig('examples/gateway.yaml')
    const router = createRouter({ table: { current: undefined } })
    const opened = await createGateway({ router, ...gateway }).listen({ ...listen, port: 0 })
    await opened.close()
    expect([Object.keys(upstreams), routes.length]).toEqual([['one', 'two', 'vendor'], 1])
    // There is no default for a base path to be shown.
    expect([...Object.keys(gateway), 'basePath'].sort()).toEqual(Object.keys(gatewayOptions))
    expect(Object.keys(listen).sort()).toEqual(Object.keys(listenOptions))
    const based = join(temporaryFolder(), 'gateway.yaml')
    await writeFile(based, 'gateway: { basePath: /models }\nupstreams: {}\nroutes: []')
    expect((await readConfig(based)).gateway).toEqual({ basePath: '/models' })
  })

  it('names every field that does not exist', async () => {
    const text = `lisen: {}
listen: { prot: 1 }
gateway: { maxBodyBites: 1 }
upstreams: { one: { baseUrl: "http://a/v1", key: sk-1 } }
routes: []`
    expect(await problemsOf(text)).toEqual([
      'listen.prot: there is no such field',
      'gateway.maxBodyBites: there is no such field',
      'upstreams.one.key: there is no such field',
      'lisen: there is no such field',
    ])
  })

  it('says what would be right, and shows no value that may be a key', async () => {
    const text = `gateway: { maxBodyBytes: 8 MB, hosts: some }
upstreams: { one: { baseUrl: nowhere }, two: { baseUrl: "http://a/v1", apiKey: sk-1 } }`
    const problems = await problemsOf(text)
    expect(problems).toEqual([
      expect.stringMatching(/^gateway\.hosts: /),
      expect.stringMatching(/^gateway\.maxBodyBytes: .*expected number/),
      'upstreams.one.baseUrl: give a URL such as http://127.0.0.1:8000/v1',
      'upstreams.two.apiKey: name a variable, such as env:VENDOR_KEY, because keys do not belong in files',
      expect.stringMatching(/^routes: .*expected array/),
    ])
    expect(problems.join()).not.toContain('sk-1')
  })
})
