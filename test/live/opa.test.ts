import { describe, expect, it } from 'vitest'
import { withServer } from './support/with-server.ts'

const policy = `package smoke.promotion

default allow := false

allow if input.approval == "approved"
`

withServer('opa', ({ url }) => {
  describe('OPA', () => {
    it('evaluates a policy that it was given', async () => {
      const put = await fetch(`${url}/v1/policies/smoke`, { method: 'PUT', body: policy })
      expect(put.status).toBe(200)
      const ask = async (input: object): Promise<unknown> => {
        const reply = await fetch(`${url}/v1/data/smoke/promotion/allow`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ input }),
        })
        return reply.json()
      }
      expect(await ask({ approval: 'approved' })).toEqual({ result: true })
      expect(await ask({ approval: 'pending' })).toEqual({ result: false })
    })

    it('refuses a policy that it cannot read', async () => {
      const put = await fetch(`${url}/v1/policies/broken`, { method: 'PUT', body: 'package' })
      expect([put.status, await put.json()]).toMatchObject([400, { code: 'invalid_parameter' }])
    })
  })
})
