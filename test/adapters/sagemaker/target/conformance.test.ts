import type { SagemakerGuardrails } from 'modelspine/adapters/sagemaker'
import { deploymentTargetConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { draws } from '../../../draws.ts'
import { targetSubject } from './scene.ts'

const worlds = [
  ['sagemakerTarget, where reads are stale and lists have pages of one', { lagMs: 3000, pageSize: 1 }],
  ['sagemakerTarget', {}],
] as const

for (const [name, vices] of worlds.slice(0, draws(1, 2))) {
  deploymentTargetConformance({ name, describe, it, create: () => targetSubject(vices) })
}

const allOrNothing = 'it takes 0 and 100 percent alone; guarded.test.ts shifts those'
const guardrails: SagemakerGuardrails = {
  kind: 'canary',
  sizePercent: 20,
  waitSeconds: 60,
  alarms: ['errors'],
}

deploymentTargetConformance({
  name: 'sagemakerTarget with guardrails, where reads are stale and lists have pages of one',
  describe,
  it,
  create: () => targetSubject({ lagMs: 3000, pageSize: 1 }, { guardrails }),
  without: {
    'observes the split that it was given': allOrNothing,
    'brings the split to the vendor, and each change of it': allOrNothing,
    'tells that the vendor failed an update, and why, and shows what serves meanwhile':
      'a revision without traffic needs no update; guarded.test.ts fails the shift',
  },
})
