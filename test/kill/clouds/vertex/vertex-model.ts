import { location, projectNumber } from '../../../simulators/vertex/vertex-world.ts'

export const versions = ['1', '2', '3'] as const

/** What a version of the victim's model is in Vertex. */
export function modelOf(version: string): string {
  return `projects/${projectNumber}/locations/${location}/models/digits@${version}`
}
