import { describe, it } from 'vitest'
import { hostedTarget } from '../../../src/deployment-target/hosted-target.ts'
import { deploymentTargetConformance } from '../../../src/testing/index.ts'
import { memorySubject } from './memory-subject.ts'
import { hostedRevisions } from './revisions.ts'

const runner = { describe, it }

deploymentTargetConformance({ ...runner, name: 'memoryTarget', create: () => memorySubject() })

deploymentTargetConformance({
  ...runner,
  name: 'memoryTarget that splits by percent and knows etags',
  create: () =>
    memorySubject({ split: 'percent', fencing: 'conditional', maxRevisions: 2, scaleToZero: false }),
})

deploymentTargetConformance({
  ...runner,
  name: 'memoryTarget with random names and ratios',
  create: () => memorySubject({ names: 'random', split: 'ratio', fencing: 'none' }, { told: 'observed' }),
})

deploymentTargetConformance({
  ...runner,
  name: 'memoryTarget with tagged names, whose vendor fails operations later',
  create: () => memorySubject({ names: 'tagged' }, { told: 'observed' }),
})

deploymentTargetConformance({
  ...runner,
  name: 'memoryTarget that splits between the newest two, and whose lists lag',
  create: () => memorySubject({ split: 'percent', traffic: 'latest-and-previous' }, { listLagMs: 700 }),
})

deploymentTargetConformance({
  ...runner,
  name: 'memoryTarget with room for the newest two, and random names that are listed late',
  create: () =>
    memorySubject(
      { split: 'percent', traffic: 'latest-and-previous', maxRevisions: 2, names: 'random' },
      { listLagMs: 700 },
    ),
})

deploymentTargetConformance({
  ...runner,
  name: 'memoryTarget that scales and cannot tell',
  create: () => memorySubject({ scale: 'unreported' }),
})

deploymentTargetConformance({
  ...runner,
  name: 'memoryTarget that somebody else scales',
  create: () => memorySubject({ scale: 'none' }),
})

deploymentTargetConformance({
  ...runner,
  name: 'hostedTarget',
  create: () => ({
    subject: {
      target: hostedTarget(),
      revisions: hostedRevisions,
      settle: async () => {},
      created: () => 0,
      mutations: () => 0,
      reopen: hostedTarget,
    },
  }),
})
