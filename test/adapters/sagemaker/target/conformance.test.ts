import { deploymentTargetConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { targetSubject } from './scene.ts'

deploymentTargetConformance({
  name: 'sagemakerTarget',
  describe,
  it,
  create: () => targetSubject(),
})

deploymentTargetConformance({
  name: 'sagemakerTarget, where reads are stale and lists have pages of one',
  describe,
  it,
  create: () => targetSubject({ lagMs: 3000, pageSize: 1 }),
})
