import { deploymentTargetConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { kserveSubject } from './scene.ts'

for (const mode of ['knative', 'standard'] as const) {
  deploymentTargetConformance({
    name: `kserveTarget in the mode ${mode}`,
    describe,
    it,
    create: () => kserveSubject(mode),
  })
}
