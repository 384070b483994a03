import { Agent, request } from 'node:http'

/** The answer to one request, as the caller sees it. */
export interface Answered {
  readonly requestId: string
  readonly revision: string
  readonly predicted: number
  readonly truth: number
  readonly tookMs: number
}

/** A request for one prediction, and what the prediction should be. */
export interface Question {
  /** The body of an Open Inference request for one instance. */
  readonly body: string
  readonly truth: number
}

export interface TrafficOptions {
  /** Where requests are sent: the path `infer` of a model, at the gateway. */
  readonly url: string
  /** The question of this number. Numbers begin at 0 and rise by one. */
  ask(number: number): Question
  readonly perSecond: number
  answered(answer: Answered): void
  failed(reason: string): void
}

export interface Traffic {
  /** Stops sending and waits for the requests under way. */
  stop(): Promise<void>
}

/** Asks the gateway one question after another at a steady rate. Does not wait for the earlier answers. */
export function startTraffic({ url, ask, perSecond, answered, failed }: TrafficOptions): Traffic {
  // Node's server closes a connection that was idle for six seconds. A request that is sent at that moment would be lost,
  // so the caller closes it sooner.
  const agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: 3000 })
  const infer = new URL(url)
  const underWay = new Set<Promise<void>>()
  const startedMs = performance.now()
  let sent = 0

  const send = async ({ body, truth }: Question): Promise<void> => {
    const sentMs = performance.now()
    try {
      const { status, headers, text } = await post(agent, infer, body)
      if (status !== 200) return failed(`${status} ${text}`)
      answered({
        requestId: String(headers['x-request-id']),
        revision: String(headers['x-modelspine-revision']),
        predicted: JSON.parse(text).outputs[0].data[0],
        truth,
        tookMs: performance.now() - sentMs,
      })
    } catch (error) {
      failed(String(error))
    }
  }
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) * perSecond) / 1000)
    for (; sent < due; sent += 1) {
      const call = send(ask(sent)).finally(() => underWay.delete(call))
      underWay.add(call)
    }
  }, 5)

  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(underWay)
      agent.destroy()
    },
  }
}

interface Reply {
  readonly status: number | undefined
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

function post(agent: Agent, url: URL, body: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
      .on('error', reject)
      .end(body)
  })
}
