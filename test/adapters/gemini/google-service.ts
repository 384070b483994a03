import { type CallContext, type ChatRequest, secretOf } from 'modelspine/adapter'
import { type GeminiProvider, gemini } from 'modelspine/adapters/gemini'
import { type VertexGeminiOptions, vertexGemini } from 'modelspine/adapters/vertex'
import { afterEach } from 'vitest'
import { type Loopback, serveLoopback } from '../../loopback.ts'

export interface Seen {
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Record<string, unknown>
}

/** What the service answers to a request, and to which number of request. */
export type Reply = (
  seen: Seen,
  number: number,
) => { readonly status?: number; readonly json?: unknown; readonly text?: string; readonly type?: string }

const opened: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

/** A service of Google over real HTTP, until the test ends. `most` is how many calls were under way at once. */
export async function googleService(
  reply: Reply,
): Promise<{ readonly url: string; readonly seen: readonly Seen[]; readonly most: () => number }> {
  const seen: Seen[] = []
  let open = 0
  let most = 0
  const server: Loopback = await serveLoopback(async ({ url = '', headers }, bytes, response) => {
    open += 1
    most = Math.max(most, open)
    const each = { path: url, headers, body: JSON.parse(bytes.toString()) }
    const number = seen.push(each)
    await new Promise((resolve) => setImmediate(resolve))
    open -= 1
    const { status = 200, json, text, type = 'application/json' } = reply(each, number)
    response.writeHead(status, { 'content-type': type }).end(text ?? JSON.stringify(json))
  })
  opened.push(() => server.close())
  return { url: server.url, seen, most: () => most }
}

export function overGemini(url: string): GeminiProvider {
  const provider = gemini({ baseUrl: `${url}/v1beta`, apiKey: secretOf('the-key') })
  opened.push(() => provider.close())
  return provider
}

export function overVertex(url: string | undefined, more: Partial<VertexGeminiOptions> = {}): GeminiProvider {
  const credentials = { token: secretOf('the-token') }
  const at = url === undefined ? {} : { endpoint: url }
  const provider = vertexGemini({ project: 'p', location: 'global', ...at, credentials, ...more })
  opened.push(() => provider.close())
  return provider
}

export const context: CallContext = { requestId: 'r', abortSignal: new AbortController().signal }
export const chat: ChatRequest = {
  model: 'gemini-2.5-flash',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}
