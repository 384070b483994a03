import { describe, expect, it } from 'vitest'
import { route, scriptedProvider, vendor } from '../routing/scenario.ts'
import { gatewayWorld } from './gateway-world.ts'

describe('the headers of a reply', () => {
  it('replace the characters of a foreign text that a header cannot hold', async () => {
    const provider = { ...scriptedProvider('モデル\r\nx: y'), infer: async () => bytesReply }
    const world = await gatewayWorld({
      routes: [route([vendor('odd')], {}, { name: 'odd' })],
      providers: { odd: provider },
    })
    for (const { ask } of world.ways) {
      const headers = { 'content-type': 'application/json' }
      const response = await ask('/v2/models/odd/infer', { method: 'POST', headers, body: '{}' })
      expect(response.status).toBe(200)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/plain; charset=?',
        'x-modelspine-provider': '?????x: y',
        'inference-header-content-length': '2?',
      })
      await response.text()
    }
    await world.close()
  })
})

const bytesReply = {
  kind: 'bytes',
  contentType: 'text/plain; charset=日',
  bytes: new Uint8Array(2),
  headers: { 'inference-header-content-length': '2\n' },
} as const
