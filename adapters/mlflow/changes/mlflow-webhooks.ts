import { type Clock, createChangeHints, systemClock } from 'modelspine/adapter'
import { z } from 'zod'
import { checkSecret } from '../../shared/options/check-secret.ts'
import type { SecretSource } from '../../shared/vendor-client.ts'
import { checkAboveZero } from '../check-above-zero.ts'
import { rememberedIds } from './remembered-ids.ts'
import { isSignedWith, type SignedDelivery } from './webhook-signature.ts'

export interface MlflowWebhooksOptions {
  /** The secret that the webhook was made with. Asked for each delivery, so that a new one is used at once. */
  readonly secret: SecretSource
  /** How far the time of a delivery may be from ours, in milliseconds. Default 300,000. */
  readonly toleranceMs?: number
  /** The largest body, in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** How many deliveries are remembered, so that each counts once. Default 10,000. */
  readonly rememberedDeliveries?: number
  readonly clock?: Clock
}

/** Takes what MLflow delivers to a webhook. Mount it anywhere, and give it to `mlflowRegistry`. */
export interface MlflowWebhooks {
  /** Judges one delivery by its headers and its body as it came, byte for byte. Never throws. */
  receive(delivery: WebhookDelivery): Promise<WebhookAnswer>
  /** The same as a fetch handler. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Models that deliveries tell of, from now on. Ends when aborted. */
  listen(abortSignal: AbortSignal): AsyncIterable<string>
}

export interface WebhookDelivery {
  /** As node:http or fetch gives them. */
  readonly headers: Pick<Headers, 'get'> | Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array | string
}

export type WebhookAnswer =
  /** Taken, or taken before. `model` is absent when the event is not about a model. */
  | { readonly status: 204; readonly isNew: boolean; readonly model?: string }
  | { readonly status: 400 | 401 | 413 | 503; readonly reason: string }

const event = z.looseObject({ data: z.looseObject({ name: z.string() }).optional(), entity: z.string() })

/** Prompts are kept like models, but no deployment has one. */
const entities: ReadonlySet<string> = new Set([
  'registered_model',
  'model_version',
  'model_version_tag',
  'model_version_alias',
])

/** Throws `invalid-options`. */
export function mlflowWebhooks(options: MlflowWebhooksOptions): MlflowWebhooks {
  const { secret, toleranceMs = 300_000, maxBodyBytes = 1024 * 1024, clock = systemClock } = options
  const { rememberedDeliveries = 10_000 } = options
  checkSecret('secret', secret, 'source')
  checkAboveZero({ toleranceMs, maxBodyBytes, rememberedDeliveries })
  const hints = createChangeHints()
  const seen = rememberedIds(rememberedDeliveries)

  async function receive({ headers, body }: WebhookDelivery): Promise<WebhookAnswer> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (bytes.byteLength > maxBodyBytes) return { status: 413, reason: 'the body is too large' }
    const delivery = signedPart(headers, bytes)
    if (delivery === undefined) return { status: 401, reason: 'a header of the signature is missing' }
    const awayMs = Math.abs(clock.now() - Number(delivery.timestamp) * 1000)
    if (!(awayMs <= toleranceMs)) return { status: 401, reason: 'the time of the delivery is too far away' }
    const key = await revealed(secret)
    // MLflow delivers again after 503.
    if (key === undefined) return { status: 503, reason: 'the secret cannot be had' }
    if (!isSignedWith(key, delivery)) return { status: 401, reason: 'the signature is wrong' }
    const read = readEvent(bytes)
    if (read === undefined) return { status: 400, reason: 'the body is not an event of MLflow' }
    const isNew = seen.add(delivery.id)
    const model = entities.has(read.entity) ? read.data?.name : undefined
    if (isNew && model !== undefined) hints.notify(model)
    return { status: 204, isNew, ...(model !== undefined && { model }) }
  }

  return {
    receive,
    async fetch(request) {
      if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
      const body = await wholeBody(request, maxBodyBytes)
      const answer: WebhookAnswer =
        body === undefined
          ? { status: 413, reason: 'the body is too large' }
          : await receive({ headers: request.headers, body })
      return answer.status === 204
        ? new Response(null, { status: 204 })
        : new Response(answer.reason, { status: answer.status })
    },
    listen: (abortSignal) => hints.listen(abortSignal),
  }
}

/** Undefined when a header is missing or cannot be one that MLflow wrote. */
function signedPart(headers: WebhookDelivery['headers'], body: Uint8Array): SignedDelivery | undefined {
  const [id, timestamp, signature] = ['delivery-id', 'timestamp', 'signature'].map((part) =>
    headerOf(headers, `x-mlflow-${part}`),
  )
  if (id === undefined || timestamp === undefined || signature === undefined) return undefined
  if (id.length > 200 || !/^\d{1,15}$/.test(timestamp)) return undefined
  return { id, timestamp, body, signature }
}

function headerOf(headers: WebhookDelivery['headers'], name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined
  const value = (headers as Exclude<typeof headers, Pick<Headers, 'get'>>)[name]
  return typeof value === 'string' ? value : undefined
}

/** Undefined when it cannot be had. With an empty secret anybody could sign. */
async function revealed(secret: SecretSource): Promise<string | undefined> {
  try {
    return (await secret()).reveal() || undefined
  } catch {
    return undefined
  }
}

function readEvent(bytes: Uint8Array): z.infer<typeof event> | undefined {
  try {
    return event.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data
  } catch {
    return undefined
  }
}

async function wholeBody(request: Request, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}
