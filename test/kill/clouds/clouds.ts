import { sagemakerCloud } from './sagemaker/sagemaker-cloud.ts'
import type { CloudPlay } from './simulated-cloud.ts'

/** What `--vendor` may name. */
export type CloudName = 'sagemaker'

export const clouds: Readonly<Record<CloudName, CloudPlay>> = { sagemaker: sagemakerCloud }
