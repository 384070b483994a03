import { type Checked, checkAgainst, checkResource } from './check-resource.ts'
import type { ModelDeployment, ModelDeploymentInput } from './deployment/model-deployment.ts'
import { modelDeploymentSchema } from './deployment/model-deployment-schema.ts'
import { invalidResource } from './problems/problem.ts'
import type { Resource } from './resource.ts'
import type { ModelRoute, ModelRouteInput } from './route/model-route.ts'
import { modelRouteSchema } from './route/model-route-schema.ts'

/** A deployment with every default filled in. Throws `invalid-resource` with all that is wrong. */
export function defineDeployment(input: ModelDeploymentInput): ModelDeployment {
  return resourceOf(checkAgainst(modelDeploymentSchema(), input))
}

/** A route with every default filled in. Throws `invalid-resource` with all that is wrong. */
export function defineRoute(input: ModelRouteInput): ModelRoute {
  return resourceOf(checkAgainst(modelRouteSchema(), input))
}

/**
 * Makes a resource of a value that was read from elsewhere. `kind` says which resource it is, so it is
 * required. `source` names the value's origin in the problems of the `invalid-resource` error.
 */
export function parseResource(value: unknown, source?: string): Resource {
  return resourceOf(checkResource(value), source)
}

function resourceOf<R>(checked: Checked<R>, source?: string): R {
  if (checked.ok) return checked.resource
  const place = source === undefined ? {} : { file: source }
  throw invalidResource(checked.problems.map(({ problem }) => ({ ...place, ...problem })))
}
