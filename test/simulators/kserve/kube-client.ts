import { Agent } from 'undici'
import type { InferenceService } from './inference-service.ts'

export interface KubeClientOptions {
  readonly url: string
  /** In PEM. */
  readonly ca: string
  readonly token: string
  readonly namespace: string
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: InferenceService
}

/** The InferenceServices of one namespace, as a controller sees them. */
export interface KubeClient {
  list(): Promise<{ readonly items: readonly InferenceService[]; readonly resourceVersion: string }>
  /** Ends when the server ends it. Throws when aborted. */
  watch(resourceVersion: string, abortSignal: AbortSignal): AsyncIterable<WatchEvent>
  /** The service as it is then. Undefined when somebody else wrote first, or when it is gone. */
  putStatus(service: InferenceService): Promise<InferenceService | undefined>
  setFinalizers(
    service: InferenceService,
    finalizers: readonly string[],
  ): Promise<InferenceService | undefined>
  close(): Promise<void>
}

const manager = 'fieldManager=kserve-controller'

export function kubeClient({ url, ca, token, namespace }: KubeClientOptions): KubeClient {
  const dispatcher = new Agent({ connect: { ca }, bodyTimeout: 0 })
  const base = `/apis/serving.kserve.io/v1beta1/namespaces/${namespace}/inferenceservices`

  async function send(
    method: 'GET' | 'PUT' | 'PATCH',
    path: string,
    content?: { readonly type: string; readonly body: unknown },
    signal?: AbortSignal,
  ) {
    return dispatcher.request({
      origin: url,
      method,
      path: `${base}${path}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(content !== undefined && { 'content-type': content.type }),
      },
      ...(content !== undefined && { body: JSON.stringify(content.body) }),
      ...(signal !== undefined && { signal }),
    })
  }

  async function write(...call: Parameters<typeof send>): Promise<InferenceService | undefined> {
    const { statusCode, body } = await send(...call)
    const text = await body.text()
    if (statusCode === 404 || statusCode === 409) return undefined
    if (statusCode !== 200) throw new Error(`${call[0]} ${call[1]} was answered ${statusCode}: ${text}`)
    return JSON.parse(text) as InferenceService
  }

  return {
    async list() {
      const { statusCode, body } = await send('GET', '')
      if (statusCode !== 200) throw new Error(`the list was answered ${statusCode}: ${await body.text()}`)
      const { items, metadata } = (await body.json()) as {
        readonly items: readonly InferenceService[]
        readonly metadata: { readonly resourceVersion: string }
      }
      return { items, resourceVersion: metadata.resourceVersion }
    },
    async *watch(resourceVersion, abortSignal) {
      const query = `?watch=1&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`
      const { body } = await send('GET', query, undefined, abortSignal)
      let rest = ''
      for await (const chunk of body.setEncoding('utf8')) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) yield JSON.parse(line) as WatchEvent
      }
    },
    putStatus: (service) =>
      write('PUT', `/${service.metadata.name}/status?${manager}`, {
        type: 'application/json',
        body: service,
      }),
    setFinalizers: ({ metadata: { name, resourceVersion } }, finalizers) =>
      write('PATCH', `/${name}?${manager}`, {
        type: 'application/merge-patch+json',
        body: { metadata: { finalizers, resourceVersion } },
      }),
    close: () => dispatcher.destroy(),
  }
}
