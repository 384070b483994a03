import type { ModelDeployment } from './deployment/model-deployment.ts'
import type { ModelRoute } from './route/model-route.ts'

/** The resources, by kind. */
export interface Resources {
  readonly ModelDeployment: ModelDeployment
  readonly ModelRoute: ModelRoute
}

/** A resource of any kind that can be declared. */
export type Resource = Resources[keyof Resources]

export const resourceKinds: readonly Resource['kind'][] = ['ModelDeployment', 'ModelRoute']
