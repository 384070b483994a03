import { sagemakerCloud } from './sagemaker/sagemaker-cloud.ts'
import type { CloudPlay } from './simulated-cloud.ts'
import { vertexCloud } from './vertex/vertex-cloud.ts'

/** What `--vendor` may name. */
export type CloudName = 'sagemaker' | 'vertex'

export const clouds: Readonly<Record<CloudName, CloudPlay>> = {
  sagemaker: sagemakerCloud,
  vertex: vertexCloud,
}
