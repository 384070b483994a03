import type { Revision } from 'modelspine/adapter'
import { location, projectNumber } from '../../simulators/vertex/vertex-world.ts'

export const credential = 'ya29.planted-5f0d'
export const modelName: string = `projects/${projectNumber}/locations/${location}/models/churn`

/** The revision of a version of the model `churn`. */
export function revision(version: number, more: Partial<Revision> = {}): Revision {
  return {
    name: `a${version}b2c3d4e5`,
    model: {
      registry: 'vertex',
      name: 'churn',
      version: String(version),
      artifact: { kind: 'hosted', provider: 'vertex', model: `${modelName}@${version}` },
    },
    runtime: { env: {}, secrets: {}, resources: {} },
    settings: { machineType: 'n1-standard-4' },
    ...more,
  }
}
