import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { serveLoopback } from '../loopback.ts'
import { withServer } from './support/with-server.ts'

withServer('prometheus', ({ url, targets }) => {
  describe('Prometheus', () => {
    it('scrapes a target and answers a query about it', async () => {
      const exporter = await serveLoopback((_request, _body, response) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4')
        response.end('# TYPE smoke_requests_total counter\nsmoke_requests_total{code="200"} 7\n')
      })
      const file = join(targets, 'smoke.json')
      onTestFinished(async () => {
        await rm(file)
        await exporter.close()
      })
      const target = new URL(exporter.url).host
      await writeFile(file, JSON.stringify([{ targets: [target], labels: { suite: 'smoke' } }]))
      const query = async (): Promise<unknown> =>
        (await fetch(`${url}/api/v1/query?query=smoke_requests_total`)).json()
      await vi.waitFor(
        async () =>
          expect(await query()).toMatchObject({
            status: 'success',
            data: { result: [{ metric: { code: '200', suite: 'smoke' }, value: [expect.anything(), '7'] }] },
          }),
        { timeout: 60_000, interval: 100 },
      )
    })
  })
})
