import type { LifeOptions } from './lives.ts'

const analyze = ['errors', 'accuracy']

/** The canary of this benchmark: three steps, each measured by two gates, at 200 requests a second. */
export const plan: Pick<LifeOptions, 'spec' | 'perSecond'> = {
  perSecond: 200,
  spec: {
    strategy: {
      canary: {
        steps: [
          { weight: 10 },
          { analyze, for: '3m' },
          { weight: 25 },
          { analyze, for: '3m' },
          { weight: 50 },
          { analyze, for: '3m' },
        ],
      },
    },
    analysis: [
      {
        name: 'errors',
        metric: 'requests.errors',
        minSamples: 100,
        pass: { noWorseThan: 'stable', by: 0.01 },
        detect: 0.02,
      },
      {
        name: 'accuracy',
        metric: 'labels.accuracy',
        minSamples: 100,
        pass: { noWorseThan: 'stable', by: 0.02 },
        detect: 0.04,
      },
    ],
  },
}
