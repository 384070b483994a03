import type { ModelDeployment } from './deployment/model-deployment.ts'
import type { ModelRoute } from './route/model-route.ts'

/** A resource of any kind that can be declared. */
export type Resource = ModelDeployment | ModelRoute

export const resourceKinds: readonly Resource['kind'][] = ['ModelDeployment', 'ModelRoute']
