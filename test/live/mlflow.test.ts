import { describe, expect, it } from 'vitest'
import { withServer } from './support/with-server.ts'

withServer('mlflow', ({ url }) => {
  const api = `${url}/api/2.0/mlflow/registered-models`

  describe('MLflow', () => {
    it('registers a model and gives it back', async () => {
      const name = 'smoke'
      const created = await fetch(`${api}/create`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, tags: [{ key: 'team', value: 'risk' }] }),
      })
      expect(created.status).toBe(200)
      const read = await fetch(`${api}/get?name=${name}`)
      expect(await read.json()).toMatchObject({
        registered_model: { name, tags: [{ key: 'team', value: 'risk' }] },
      })
    })

    it('says that a model is not there', async () => {
      const read = await fetch(`${api}/get?name=nobody`)
      expect([read.status, await read.json()]).toMatchObject([404, { error_code: 'RESOURCE_DOES_NOT_EXIST' }])
    })
  })
})
