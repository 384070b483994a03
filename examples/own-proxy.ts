/**
 * A gateway that sends requests itself. It asks the router only whom to ask, streams the upstream's bytes to its
 * caller unread, and reports what became of the call. So it keeps its own HTTP, and gets the routes, the policy, the
 * failover, the limits and the telemetry of Modelspine. Run it with `npm run example -- examples/own-proxy.ts`.
 *
 * The upstreams are small stand-in servers on this machine. Replace them with a vendor's base URL and key.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { envSecrets, isModelspineError } from 'modelspine'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { createRouter, type Picked, type Router, staticRoutes } from 'modelspine/routing'
import { Agent, type Dispatcher, request } from 'undici'

const flaky = await listen(standIn('flaky', (call) => (call % 2 === 0 ? 503 : 200)))
const spare = await listen(standIn('spare', () => 200))
const keys = envSecrets({ env: { VENDOR_KEY: 'not-a-real-key' } })
const apiKey = () => keys.resolve('VENDOR_KEY')
const providers = {
  flaky: openaiCompatible({ baseUrl: `${flaky.url}/v1`, name: 'flaky', apiKey }),
  spare: openaiCompatible({ baseUrl: `${spare.url}/v1`, name: 'spare' }),
}
const table = staticRoutes({
  providers,
  routes: [
    {
      metadata: { name: 'assistant' },
      spec: {
        operations: ['chat'],
        backends: [{ provider: 'flaky', model: 'large' }],
        fallback: [{ provider: 'spare', model: 'small' }],
      },
    },
  ],
})
const router = createRouter({
  table,
  observers: [
    { started: () => ({ finished: ({ upstream, attempts }) => seen.push([upstream?.provider, attempts]) }) },
  ],
})
const seen: unknown[] = []
const agent = new Agent()
const proxy = await listen(createServer((req, res) => void serve(router, agent, req, res)))

for (let question = 1; question <= 4; question += 1) {
  const body = JSON.stringify({ model: 'assistant', stream: question > 2, messages: [] })
  const reply = await fetch(`${proxy.url}/v1/chat/completions`, { method: 'POST', body })
  const text = (await reply.text()).replaceAll('\n', ' ').trim()
  console.log(`${question}: ${reply.status} from ${reply.headers.get('x-served-by')}: ${text}`)
}
const unknown = await fetch(proxy.url, { method: 'POST', body: JSON.stringify({ model: 'nobody' }) })
console.log(`5: ${unknown.status} ${await unknown.text()}`)
console.log(`observed: ${seen.map((each) => JSON.stringify(each)).join(' ')}`)

for (const { server } of [proxy, flaky, spare]) server.close()
await agent.close()
await table.close()
for (const provider of Object.values(providers)) await provider.close()

/** One request of a caller. */
async function serve(router: Router, agent: Agent, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const left = new AbortController()
  res.on('close', () => left.abort())
  try {
    const asked = JSON.parse(await textOf(req)) as { readonly model: string; readonly stream?: boolean }
    const streamed = asked.stream === true
    let lease: Picked | undefined = await router.pick(asked.model, {
      operation: 'chat',
      streamed,
      abortSignal: left.signal,
    })
    while (lease !== undefined) lease = await tryUpstream(lease, agent, asked, res)
  } catch (error) {
    const code = isModelspineError(error) ? error.code : 'internal'
    if (!res.headersSent) res.writeHead(code === 'no-route' ? 404 : 503)
    res.end(code)
  }
}

/** Sends the request to the upstream of the lease. Gives the lease to go on with, if the upstream failed. */
async function tryUpstream(
  lease: Picked,
  agent: Agent,
  asked: object,
  res: ServerResponse,
): Promise<Picked | undefined> {
  const body = JSON.stringify({ ...asked, model: lease.model })
  let reply: Dispatcher.ResponseData
  try {
    const target = await lease.target(body)
    if (target === undefined) throw new Error(`provider ${lease.upstream.provider} tells no target`)
    const { url, method, headers } = target
    reply = await request(url, { method, headers, body, signal: lease.abortSignal, dispatcher: agent })
  } catch {
    return lease.next({ code: 'unavailable' }) ?? fail(res, 502)
  }
  if (reply.statusCode !== 200) {
    await reply.body.dump()
    return lease.next({ status: reply.statusCode }) ?? fail(res, reply.statusCode)
  }
  res.writeHead(200, {
    'content-type': String(reply.headers['content-type']),
    'x-served-by': lease.upstream.provider,
  })
  let callerMs = 0
  try {
    for await (const piece of reply.body) {
      lease.output()
      if (!res.write(piece)) callerMs += await drained(res)
    }
    res.end()
    lease.ended({ outcome: 'ok', callerMs })
  } catch {
    // The caller has received output, so nothing is sent again. A broken connection tells it that the answer is cut.
    lease.ended({ outcome: 'failed', failure: { code: 'interrupted' }, callerMs })
    res.destroy()
  }
  return undefined
}

/** Waits until the caller has read, or has left. Gives the milliseconds that it took, which are not the upstream's. */
async function drained(res: ServerResponse): Promise<number> {
  const sinceMs = performance.now()
  await new Promise((resolve) => res.once('drain', resolve).once('close', resolve))
  return performance.now() - sinceMs
}

function fail(res: ServerResponse, status: number): undefined {
  res.writeHead(status).end()
  return undefined
}

async function textOf(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of req.setEncoding('utf8')) text += piece
  return text
}

/** A server with just enough of chat completions for this example. */
function standIn(name: string, statusOf: (call: number) => number): Server {
  let calls = 0
  return createServer(async (req, res) => {
    calls += 1
    const status = statusOf(calls)
    const { model, stream } = JSON.parse(await textOf(req)) as { model: string; stream: boolean }
    const key = req.headers.authorization === undefined ? 'no key' : 'a key'
    res.writeHead(status, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
    if (!stream) res.end(`{"said":"${name} as ${model} with ${key}"}`)
    else for (const word of [name, 'streams', '[DONE]']) res.write(`data: ${word}\n\n`)
    res.end()
  })
}

async function listen(server: Server): Promise<{ readonly server: Server; readonly url: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
