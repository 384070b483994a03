import { secretOf } from 'modelspine/adapter'
import { vertexTarget } from 'modelspine/adapters/vertex'
import { location, projectId } from '../../../simulators/vertex/vertex-world.ts'
import type { VictimCloud } from '../simulated-cloud.ts'
import { modelOf } from './vertex-model.ts'

export const vertexVictim: VictimCloud = {
  protocol: 'vertex',
  artifact: (version) => ({ kind: 'hosted', provider: 'vertex', model: modelOf(version) }),
  env: {},
  target: (endpoint: string) =>
    vertexTarget({
      project: projectId,
      location,
      endpoint,
      credentials: { token: secretOf('ya29.good') },
    }),
}
