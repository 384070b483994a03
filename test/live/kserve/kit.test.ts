import { deploymentTargetConformance } from 'modelspine/testing'
import { describe } from 'vitest'
import { together } from '../prometheus/together.ts'
import { withServer } from '../support/with-server.ts'
import { liveSubject } from './target-subject.ts'

withServer('kube-apiserver', (address) => {
  describe.skipIf(address.kserveMissing)('on a real Kubernetes API', () => {
    for (const mode of ['knative', 'standard'] as const) {
      deploymentTargetConformance({
        ...together(),
        name: `kserveTarget in the mode ${mode}`,
        create: () => liveSubject(address, mode),
      })
    }
  })
})
