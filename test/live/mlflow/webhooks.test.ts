import { secretOf, systemClock } from 'modelspine/adapter'
import { type MlflowRegistry, mlflowRegistry, mlflowWebhooks } from 'modelspine/adapters/mlflow'
import { createGateway, type Listening } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withServer } from '../support/with-server.ts'
import { mlflowCall } from './logged-models.ts'

const path = '/hooks/mlflow'
const secret = 'live-webhook-secret'
const events = [
  ['REGISTERED_MODEL', 'CREATED'],
  ['MODEL_VERSION', 'CREATED'],
  ['MODEL_VERSION_TAG', 'SET'],
  ['MODEL_VERSION_TAG', 'DELETED'],
  ['MODEL_VERSION_ALIAS', 'CREATED'],
  ['MODEL_VERSION_ALIAS', 'DELETED'],
].map(([entity, action]) => ({ entity, action }))

withServer('mlflow', (server) => {
  let listening: Listening
  let registry: MlflowRegistry
  const webhooks: string[] = []
  const hooks = mlflowWebhooks({ secret: () => secretOf(secret) })

  const subscribe = async (name: string, key: string): Promise<string> => {
    const url = `${listening.url}${path}`
    const body = { name, url, secret: key, events }
    const { webhook } = (await mlflowCall(server, 'POST', '/webhooks', body)) as {
      webhook: { webhook_id: string }
    }
    webhooks.push(webhook.webhook_id)
    return webhook.webhook_id
  }
  const test = async (webhook: string): Promise<unknown> => {
    const event = { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }
    const { result } = (await mlflowCall(server, 'POST', `/webhooks/${webhook}/test`, { event })) as {
      result: { success?: boolean; response_status?: number; response_body?: string }
    }
    return [result.response_status, result.response_body ?? '']
  }

  beforeAll(async () => {
    const router = createRouter({ table: staticRoutes({ routes: [], providers: {} }), clock: systemClock })
    const gateway = createGateway({ router, handlers: { [path]: { handler: hooks.fetch, open: true } } })
    listening = await gateway.listen({ port: 0 })
    registry = mlflowRegistry({ baseUrl: server.url, webhooks: hooks })
  })
  afterAll(async () => {
    for (const id of webhooks) await mlflowCall(server, 'DELETE', `/webhooks/${id}`)
    await registry?.close()
    await listening?.close()
  })

  describe('webhooks that a real server delivers to a gateway', () => {
    it('become hints of the registry, for each kind of change', async () => {
      await subscribe('modelspine', secret)
      const stop = new AbortController()
      const changes = registry.changes?.(stop.signal)[Symbol.asyncIterator]()
      // The server also tells of models that other suites change at the same time.
      const next = async (): Promise<unknown> => {
        for (;;) {
          const { value, done } = (await changes?.next()) ?? { done: true }
          if (done === true || value === 'hooked') return value
        }
      }
      const artifact = { kind: 'files', files: [{ uri: 's3://hooked/1' }] } as const
      await registry.register({ name: 'hooked', artifact })
      expect(await next()).toBe('hooked')
      for (const change of [
        () => registry.setAlias('hooked', 'champion', '1'),
        () => registry.setApproval('hooked', '1', 'approved'),
        () => registry.setTags('hooked', '1', { team: 'risk' }),
        () => registry.setTags('hooked', '1', { team: null }),
        () => registry.setAlias('hooked', 'champion', null),
      ]) {
        await change()
        expect(await next()).toBe('hooked')
      }
      stop.abort()
      expect((await changes?.next())?.done).toBe(true)
    })

    it('are answered 204 when they are signed, and refused when they are not ours', async () => {
      expect(await test(await subscribe('ours', secret))).toEqual([204, ''])
      const refused = [401, 'the signature is wrong']
      expect(await test(await subscribe('theirs', 'another-secret'))).toEqual(refused)
    })
  })
})
