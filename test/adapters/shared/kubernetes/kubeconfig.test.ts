import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import type { ModelspineError } from 'modelspine/adapter'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createKubernetesClient,
  type KubernetesClient,
  type KubernetesConnection,
} from '../../../../adapters/shared/kubernetes/kubernetes-client.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { certificate, certificateKey } from '../../../test-certificate.ts'

const words = { vendor: 'Acme', owner: 'acmeTarget', unavailable: 'target-unavailable' } as const
const get = { method: 'GET', path: '/api' } as const

let server: Server
let asked: (string | undefined)[] = []
let clients: KubernetesClient[] = []

beforeEach(async () => {
  asked = []
  server = createServer({ cert: certificate, key: certificateKey }, (request, response) => {
    asked.push(request.headers.authorization)
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  for (const client of clients) await client.close()
  clients = []
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function url(): string {
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function clientOf(connection: KubernetesConnection): KubernetesClient {
  const client = createKubernetesClient(connection, words)
  clients.push(client)
  return client
}

/** A kubeconfig with two contexts, `main` and `other`. */
function written(user: object, cluster: object = {}): string {
  const file = join(temporaryFolder(), 'kubeconfig')
  const ca = Buffer.from(certificate).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    clusters: [{ name: 'c', cluster: { server: url(), 'certificate-authority-data': ca, ...cluster } }],
    users: [
      { name: 'u', user },
      { name: 'v', user: { token: 'token-of-other' } },
    ],
    contexts: [
      { name: 'main', context: { cluster: 'c', user: 'u' } },
      { name: 'other', context: { cluster: 'c', user: 'v' } },
    ],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    () => expect.unreachable('the call did not fail'),
    (error: ModelspineError) => error,
  )
}

describe('a client of Kubernetes by a kubeconfig', () => {
  it('takes the address, the authority and the token of the context', async () => {
    const file = written({ token: 'token-of-main' })
    await clientOf({ kubeconfig: { file } }).call(get)
    await clientOf({ kubeconfig: { file, context: 'other' } }).call(get)
    expect(asked).toEqual(['Bearer token-of-main', 'Bearer token-of-other'])
  })

  it('finds the file as kubectl does', async () => {
    const before = process.env.KUBECONFIG
    process.env.KUBECONFIG = written({ token: 'token-of-default' })
    try {
      await clientOf({ kubeconfig: 'default' }).call(get)
    } finally {
      if (before === undefined) delete process.env.KUBECONFIG
      else process.env.KUBECONFIG = before
    }
    expect(asked).toEqual(['Bearer token-of-default'])
  })

  it('runs the command of the credentials, once for calls at the same time, and again when they have expired', async () => {
    const place = temporaryFolder()
    const script = join(place, 'credentials.sh')
    const runs = join(place, 'runs')
    const answer = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'RUN', expirationTimestamp: '2020-01-01T00:00:00Z' },
    })
    const lines = [
      '#!/bin/sh',
      `echo run >> ${runs}`,
      `echo '${answer}' | sed "s/RUN/run-$(wc -l < ${runs} | tr -d ' ')/"`,
    ]
    writeFileSync(script, `${lines.join('\n')}\n`)
    chmodSync(script, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' }
    const client = clientOf({ kubeconfig: { file: written({ exec }) } })
    await Promise.all([client.call(get), client.call(get), client.call(get)])
    expect(readFileSync(runs, 'utf8')).toBe('run\n')
    await client.call(get)
    expect(asked).toEqual(['Bearer run-1', 'Bearer run-1', 'Bearer run-1', 'Bearer run-2'])
  })

  it('reads a token anew from its file, as a pod needs it', async () => {
    const tokenFile = join(temporaryFolder(), 'token')
    writeFileSync(tokenFile, 'token-of-file')
    const authProvider = { name: 'tokenFile', config: { tokenFile } }
    await clientOf({ kubeconfig: { file: written({ 'auth-provider': authProvider }) } }).call(get)
    expect(asked).toEqual(['Bearer token-of-file'])
  })

  it.each([
    [{ 'insecure-skip-tls-verify': true }, 'insecure-skip-tls-verify'],
    [{ 'proxy-url': 'http://proxy:3128' }, 'proxy-url'],
  ])('refuses %j', async (cluster, told) => {
    const error = await failureOf(
      clientOf({ kubeconfig: { file: written({ token: 't' }, cluster) } }).call(get),
    )
    expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(told) })
    expect(asked).toEqual([])
  })

  it('says what is wrong with a file, without its content', async () => {
    const file = join(temporaryFolder(), 'broken')
    writeFileSync(file, '{"users": [{"user": {"token": "hunter2-token"}}')
    for (const [kubeconfig, told] of [
      [{ file: join(temporaryFolder(), 'nowhere') }, 'ENOENT'],
      [{ file }, 'cannot be read'],
      [{ file: written({ token: 't' }), context: 'third' }, '"third"'],
    ] as const) {
      const error = await failureOf(clientOf({ kubeconfig }).call(get))
      expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(told) })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2-token')
    }
  })

  it('says that a command gave no credentials, without what it printed', async () => {
    const script = join(temporaryFolder(), 'failing.sh')
    writeFileSync(script, '#!/bin/sh\necho hunter2-token >&2\necho hunter2-token\nexit 1\n')
    chmodSync(script, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' }
    const error = await failureOf(clientOf({ kubeconfig: { file: written({ exec }) } }).call(get))
    expect(error).toMatchObject({ code: 'target-unavailable', retryable: true })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2-token')
  })

  it('does not wait longer for credentials than for the cluster', async () => {
    const script = join(temporaryFolder(), 'hanging.sh')
    writeFileSync(script, '#!/bin/sh\nexec sleep 3\n')
    chmodSync(script, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' }
    const client = clientOf({ kubeconfig: { file: written({ exec }) }, timeoutMs: 50 })
    expect(await failureOf(client.call(get))).toMatchObject({
      code: 'target-unavailable',
      message: expect.stringContaining('credentials were not there in time'),
    })
  })
})

describe('a command for credentials that hangs', () => {
  /** The command hangs until a test lets it end, and later runs give credentials when a test lets them. */
  function hangingCommand() {
    const place = temporaryFolder()
    const at = (name: string): string => join(place, name)
    const [script, runs, good, held] = [at('credentials.sh'), at('runs'), at('good'), at('held')]
    const answer = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'token-of-command' },
    })
    const lines = [
      '#!/bin/sh',
      `if [ -e ${good} ]; then echo '${answer}'; exit; fi`,
      `echo run >> ${runs}`,
      `while [ -e ${held} ]; do sleep 0.05; done`,
      'exit 1',
    ]
    writeFileSync(script, `${lines.join('\n')}\n`)
    chmodSync(script, 0o755)
    for (const file of [runs, held]) writeFileSync(file, '')
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' }
    return {
      client: clientOf({ kubeconfig: { file: written({ exec }) } }),
      hangs: (times: number) =>
        vi.waitFor(() => expect(readFileSync(runs, 'utf8')).toBe('run\n'.repeat(times)), 5000),
      giveCredentials: () => writeFileSync(good, ''),
      endAll: () => rmSync(held),
    }
  }

  it('is run again by the next call after the limit of a call has passed', async () => {
    const { client, hangs, giveCredentials } = hangingCommand()
    await failureOf(client.call({ ...get, timeoutMs: 50 }))
    await hangs(1)
    giveCredentials()
    await client.call({ ...get, timeoutMs: 5000 })
    expect(asked).toEqual(['Bearer token-of-command'])
  })

  it('is not run again when a caller aborts', async () => {
    const { client, hangs, endAll } = hangingCommand()
    const abort = new AbortController()
    const first = failureOf(client.call({ ...get, abortSignal: abort.signal }))
    await hangs(1)
    abort.abort()
    expect(await first).toMatchObject({ code: 'aborted' })
    const second = failureOf(client.call(get))
    endAll()
    expect(await second).toMatchObject({ message: expect.stringContaining('gave no credentials') })
    await hangs(1)
  })

  it('hangs three times at most, and is run again when one of them has ended', async () => {
    const { client, hangs, giveCredentials, endAll } = hangingCommand()
    for (const times of [1, 2, 3]) {
      const error = await failureOf(client.call({ ...get, timeoutMs: 50 }))
      expect(error.message).toContain('not there in time')
      await hangs(times)
    }
    expect(await failureOf(client.call(get))).toMatchObject({
      code: 'target-unavailable',
      retryable: true,
      message: expect.stringContaining('3 times, and all of them still hang'),
    })
    await hangs(3)
    giveCredentials()
    endAll()
    await vi.waitFor(() => client.call(get), 5000)
    expect(asked).toEqual(['Bearer token-of-command'])
  })

  it('lets no call be sent that waited for it while the client was closed', async () => {
    const { client, hangs, giveCredentials } = hangingCommand()
    await failureOf(client.call({ ...get, timeoutMs: 50 }))
    await hangs(1)
    giveCredentials()
    const waiting = failureOf(client.call(get))
    await client.close()
    expect(await waiting).toMatchObject({ code: 'stopped' })
    expect(asked).toEqual([])
  })
})

describe('the library for kubeconfigs', () => {
  const run = async (script: string): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=modelspine/source',
      '--input-type=module',
      '--eval',
      script,
    ])
    return JSON.parse(stdout)
  }

  it('is asked for with a message that says what to install, where it is missing', async () => {
    expect(
      await run(`
        import { registerHooks } from 'node:module'
        registerHooks({
          resolve: (specifier, context, next) =>
            next(specifier === '@kubernetes/client-node' ? '@kubernetes/not-there' : specifier, context),
        })
        const { kserveTarget } = await import('modelspine/adapters/kserve')
        const target = kserveTarget({ kubeconfig: 'default', mode: 'knative' })
        const { code, message } = await target.list().catch((error) => error)
        console.log(JSON.stringify({ code, message }))`),
    ).toEqual({
      code: 'unsupported',
      message: expect.stringMatching(
        /^kserveTarget with kubeconfig needs @kubernetes\/client-node, .*: run npm install @kubernetes\/client-node$/,
      ),
    })
  })

  it('is loaded by the first call with a kubeconfig, and by nothing before', async () => {
    const file = written({ token: 't' })
    expect(
      await run(`
        import { registerHooks } from 'node:module'
        let loaded = false
        registerHooks({
          resolve(specifier, context, next) {
            if (specifier === '@kubernetes/client-node') loaded = true
            return next(specifier, context)
          },
        })
        const { kserveTarget } = await import('modelspine/adapters/kserve')
        const target = kserveTarget({ kubeconfig: { file: ${JSON.stringify(file)} }, mode: 'knative', timeoutMs: 5000 })
        const before = loaded
        await target.list().catch(() => {})
        console.log(JSON.stringify([before, loaded]))
        await target.close()`),
    ).toEqual([false, true])
  })
})
