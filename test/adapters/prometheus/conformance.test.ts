import { metricSourceConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scrapedMetrics, scrapedSubject } from './scraped-subject.ts'
import { smallPrometheus } from './small-prometheus.ts'

for (const metric of scrapedMetrics) {
  metricSourceConformance({
    describe,
    it,
    name: `prometheusMetrics, ${metric}`,
    async create() {
      const server = await smallPrometheus()
      return scrapedSubject({
        metric,
        nowMs: 1_800_000_000_000,
        instance: 'one:8080',
        connection: { baseUrl: server.url },
        async store(series) {
          server.series = series
          return {}
        },
        disconnect: server.close,
        stall() {
          server.answer = () => {}
        },
        dispose: server.close,
      })
    },
  })
}
