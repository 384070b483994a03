import { metricSourceConformance } from 'modelspine/testing'
import { vi } from 'vitest'
import { realTimeSubject } from './prometheus/real-time-subject.ts'
import { together } from './prometheus/together.ts'
import { withServer } from './support/with-server.ts'

vi.setConfig({ testTimeout: 240_000 })

const laterSeed = 'seeds after a query, and here the time has passed by then; the written samples keep it'

withServer('prometheus', (address) => {
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
