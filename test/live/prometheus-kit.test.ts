import { metricSourceConformance } from 'modelspine/testing'
import { describe, it, vi } from 'vitest'
import { scrapedMetrics, scrapedSubject } from '../adapters/prometheus/scraped-subject.ts'
import { realTimeSubject } from './prometheus/real-time-subject.ts'
import { remoteWrite } from './prometheus/remote-write.ts'
import { together } from './prometheus/together.ts'
import { withServer } from './support/with-server.ts'

vi.setConfig({ testTimeout: 240_000 })

const laterSeed = 'seeds after a query, and here the time has passed by then; the written samples keep it'

withServer('prometheus', (address) => {
  const { url } = address
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

  metricSourceConformance({
    ...together(),
    name: 'prometheusMetrics over a Prometheus that scrapes /metrics',
    create: () => realTimeSubject('requests.errors', address),
    without: {
      'answers no-data for an interval without samples, not zero and not an error': laterSeed,
      'keeps revisions apart': laterSeed,
      'gives one revision the same numbers whatever others do': laterSeed,
      'answers for samples of the last hour': 'an hour would have to pass; the written samples keep it',
    },
  })
})
