import type { ModelDeployment } from './model-deployment.ts'
import type { ModelRoute } from './model-route.ts'

/** Anything that can be declared. */
export type Resource = ModelDeployment | ModelRoute

export const resourceKinds: readonly Resource['kind'][] = ['ModelDeployment', 'ModelRoute']
