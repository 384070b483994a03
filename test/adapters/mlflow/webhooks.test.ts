import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { secretOf } from 'modelspine/adapter'
import { type MlflowWebhooksOptions, mlflowWebhooks } from 'modelspine/adapters/mlflow'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { isSignedWith } from '../../../adapters/mlflow/changes/webhook-signature.ts'

/** What a real server 3.17.2 delivered, with the secret of its webhook. */
const recorded = readFileSync(join(import.meta.dirname, 'fixtures/webhook-deliveries.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { headers: Record<string, string>; body: string })
const secret = 's3cret'
const recordedAtMs = 1_795_527_713_000

const lower = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

function receiver(options: Partial<MlflowWebhooksOptions> = {}): ReturnType<typeof mlflowWebhooks> & {
  clock: FakeClock
} {
  const clock = createFakeClock({ startMs: recordedAtMs })
  return { clock, ...mlflowWebhooks({ secret: () => secretOf(secret), clock, ...options }) }
}

/** A delivery as MLflow makes it. */
function delivery(body: string | Buffer, { id = 'd-1', atMs = recordedAtMs, key = secret } = {}) {
  const timestamp = String(Math.floor(atMs / 1000))
  const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
  const headers = {
    'x-mlflow-delivery-id': id,
    'x-mlflow-timestamp': timestamp,
    'x-mlflow-signature': `v1,${hmac}`,
  }
  return { headers, body }
}

const event = (name: string, entity = 'model_version_alias'): string =>
  JSON.stringify({
    entity,
    action: 'created',
    timestamp: 'now',
    data: { name, alias: 'champion', version: '1' },
  })

describe('a receiver of webhooks', () => {
  it('takes what a real server delivered, and tells which models it is about', async () => {
    const hooks = receiver()
    const models = hooks.listen(new AbortController().signal)[Symbol.asyncIterator]()
    const answers = await Promise.all(
      recorded.map(({ headers, body }) => hooks.receive({ headers: lower(headers), body })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    expect(answers[0]).toEqual({ status: 204, isNew: true, model: 'example_model' })
    expect([await models.next(), await models.next()]).toMatchObject([
      { value: 'example_model' },
      { value: 'm2' },
    ])
  })

  it('gives its hints to the registry that it belongs to', async () => {
    const hooks = receiver()
    const { mlflowRegistry } = await import('modelspine/adapters/mlflow')
    const registry = mlflowRegistry({ baseUrl: 'http://127.0.0.1:9', webhooks: hooks })
    const stop = new AbortController()
    const changes = registry.changes?.(stop.signal)[Symbol.asyncIterator]()
    const next = changes?.next()
    await hooks.receive(delivery(event('churn')))
    expect(await next).toEqual({ done: false, value: 'churn' })
    stop.abort()
    expect(await changes?.next()).toEqual({ done: true, value: undefined })
  })

  it('counts a delivery once, and again when it is another one', async () => {
    const hooks = receiver()
    const answers = [
      await hooks.receive(delivery(event('churn'))),
      await hooks.receive(delivery(event('churn'))),
      await hooks.receive(delivery(event('churn'), { id: 'd-2' })),
    ]
    expect(answers.map((answer) => answer.status === 204 && answer.isNew)).toEqual([true, false, true])
  })

  it('remembers no more deliveries than it may', async () => {
    const hooks = receiver({ rememberedDeliveries: 2 })
    const isNew: unknown[] = []
    for (const id of ['a', 'b', 'a', 'c', 'a', 'c']) {
      const answer = await hooks.receive(delivery(event('churn'), { id }))
      isNew.push(answer.status === 204 && answer.isNew)
    }
    expect(isNew).toEqual([true, true, false, true, true, false])
  })

  it.each([
    ['another secret', { key: 'other' }, event('churn')],
    ['a body that was changed', {}, event('fraud')],
  ])('refuses %s, and remembers nothing of it', async (_what, options, body) => {
    const hooks = receiver()
    const { headers } = delivery(event('churn'), options)
    expect(await hooks.receive({ headers, body })).toEqual({ status: 401, reason: 'the signature is wrong' })
    expect(await hooks.receive(delivery(event('churn')))).toMatchObject({ status: 204, isNew: true })
  })

  it.each([
    ['x-mlflow-signature', 'v1,'],
    ['x-mlflow-signature', 'v2,AAAA'],
    ['x-mlflow-signature', `v1,${'A'.repeat(43)}=`],
    ['x-mlflow-timestamp', 'soon'],
    ['x-mlflow-timestamp', '9'.repeat(400)],
    ['x-mlflow-delivery-id', 'x'.repeat(300)],
  ])('refuses %s: %s', async (header, value) => {
    const { headers, body } = delivery(event('churn'))
    expect(await receiver().receive({ headers: { ...headers, [header]: value }, body })).toMatchObject({
      status: 401,
    })
  })

  it.each(['x-mlflow-signature', 'x-mlflow-timestamp', 'x-mlflow-delivery-id'])(
    'refuses a delivery without %s',
    async (header) => {
      const { headers, body } = delivery(event('churn'))
      const { [header as keyof typeof headers]: _, ...rest } = headers
      expect(await receiver().receive({ headers: rest, body })).toMatchObject({ status: 401 })
    },
  )

  it('refuses a delivery from outside of its window, before and after', async () => {
    const hooks = receiver({ toleranceMs: 60_000 })
    const statusAt = async (awayMs: number): Promise<number> =>
      (await hooks.receive(delivery(event('churn'), { id: String(awayMs), atMs: recordedAtMs + awayMs })))
        .status
    expect([await statusAt(-60_000), await statusAt(60_000)]).toEqual([204, 204])
    expect([await statusAt(-61_000), await statusAt(61_000)]).toEqual([401, 401])
  })

  it('asks for the secret at each delivery, so that a new one is used at once', async () => {
    let current = secret
    const hooks = receiver({ secret: async () => secretOf(current) })
    expect(await hooks.receive(delivery(event('churn')))).toMatchObject({ status: 204 })
    current = 'rotated'
    expect(await hooks.receive(delivery(event('churn'), { id: 'd-2' }))).toMatchObject({ status: 401 })
    expect(await hooks.receive(delivery(event('churn'), { id: 'd-3', key: 'rotated' }))).toMatchObject({
      status: 204,
    })
  })

  it.each([
    ['cannot be had', () => Promise.reject(new Error(`vault: ${secret}`))],
    ['is empty', () => secretOf('')],
  ])('asks MLflow to come again when the secret %s', async (_what, source) => {
    const hooks = receiver({ secret: source })
    const answer = await hooks.receive(delivery(event('churn'), { key: '' }))
    expect(answer).toEqual({ status: 503, reason: 'the secret cannot be had' })
  })

  it.each(['not JSON', '[]', '{}', '{"entity":"model_version","data":{"name":7}}'])(
    'refuses a signed body that is no event: %s',
    async (body) => {
      expect(await receiver().receive(delivery(body))).toMatchObject({ status: 400 })
    },
  )

  it.each(['prompt', 'prompt_version', 'something_new'])(
    'takes an event of a %s as no hint',
    async (entity) => {
      const answer = await receiver().receive(delivery(event('greeting', entity)))
      expect(answer).toEqual({ status: 204, isNew: true })
    },
  )

  it('checks the body byte for byte', async () => {
    const body = Buffer.from(event('für'))
    const hooks = receiver()
    expect(await hooks.receive(delivery(body))).toMatchObject({ model: 'für' })
    const { headers } = delivery(body, { id: 'd-2' })
    expect(await hooks.receive({ headers, body: Buffer.concat([body, Buffer.from(' ')]) })).toMatchObject({
      status: 401,
    })
  })

  it('refuses options that cannot work', () => {
    expect(() => receiver({ toleranceMs: 0 })).toThrow('toleranceMs is 0')
  })
})

describe('the fetch handler of a receiver', () => {
  const request = (init: RequestInit & { duplex?: 'half' }): Request =>
    new Request('http://app/hooks/mlflow', { method: 'POST', ...init })

  it('answers 204, and 401 with the reason', async () => {
    const hooks = receiver()
    const good = await hooks.fetch(request(delivery(event('churn')) as RequestInit))
    expect([good.status, await good.text()]).toEqual([204, ''])
    const bad = await hooks.fetch(request({ body: '{}' }))
    expect([bad.status, await bad.text()]).toEqual([401, 'a header of the signature is missing'])
  })

  it('takes nothing but POST', async () => {
    const answer = await receiver().fetch(new Request('http://app/hooks/mlflow'))
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('reads no more of a body than it may', async () => {
    let given = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 1
        controller.enqueue(new Uint8Array(100))
      },
    })
    const hooks = receiver({ maxBodyBytes: 1000 })
    expect((await hooks.fetch(request({ body, duplex: 'half' }))).status).toBe(413)
    expect(given).toBeLessThan(20)
    expect(await hooks.receive(delivery(' '.repeat(1001)))).toMatchObject({ status: 413 })
  })
})

describe('the signature of a delivery', () => {
  it('covers id, time and body', () => {
    const [first] = recorded
    const headers = lower(first?.headers ?? {})
    const signed = {
      id: headers['x-mlflow-delivery-id'] ?? '',
      timestamp: headers['x-mlflow-timestamp'] ?? '',
      body: Buffer.from(first?.body ?? ''),
      signature: headers['x-mlflow-signature'] ?? '',
    }
    expect(isSignedWith(secret, signed)).toBe(true)
    expect(isSignedWith('', signed)).toBe(false)
    for (const change of [{ id: 'x' }, { timestamp: '1' }, { body: Buffer.from('') }, { signature: '' }]) {
      expect(isSignedWith(secret, { ...signed, ...change })).toBe(false)
    }
  })
})
