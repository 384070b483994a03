import { metricSourceConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scrapedMetrics, scrapedSubject } from '../adapters/prometheus/scraped-subject.ts'
import { remoteWrite } from './prometheus/remote-write.ts'
import { withServer } from './support/with-server.ts'

withServer('prometheus', ({ url }) => {
  let written = 0

  for (const metric of scrapedMetrics) {
    metricSourceConformance({
      describe,
      it,
      name: `prometheusMetrics over samples written to Prometheus, ${metric}`,
      create() {
        let baseUrl = url
        return scrapedSubject({
          metric,
          nowMs: Math.floor(Date.now() / 10_000) * 10_000,
          instance: 'written',
          connection: {
            get baseUrl() {
              return baseUrl
            },
          },
          async store(series) {
            // What was written cannot be written anew, so each time it is another world.
            written += 1
            const world = `world-${written}`
            const labelled = series.map(({ labels, points }) => ({
              labels: { ...labels, world, ...(labels.instance !== undefined && { instance: world }) },
              points,
            }))
            await remoteWrite(url, labelled)
            return { world }
          },
          async disconnect() {
            baseUrl = 'http://127.0.0.1:1'
          },
          async dispose() {},
        })
      },
    })
  }
})
