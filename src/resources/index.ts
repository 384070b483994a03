/**
 * The door `modelspine/resources`: what users declare, its schemas, how it is read from files, and what is
 * wrong with it.
 */

export { type Condition, type ConditionType, conditionOf } from './deployment/condition.ts'
export type {
  AbortedRevision,
  DeploymentStatus,
  Difference,
  GateMethod,
  GateResult,
  Phase,
  Placement,
  RevisionStatus,
  RollbackCause,
  Rollout,
} from './deployment/deployment-status.ts'
export type {
  AnalysisGate,
  AnalysisGateInput,
  BlueGreenStrategy,
  CanaryStep,
  CanaryStrategy,
  GateRange,
  GateRule,
  GateTesting,
  ModelDeployment,
  ModelDeploymentInput,
  ModelDeploymentSpec,
  ModelDeploymentSpecInput,
  RollingStrategy,
  RuntimeSettings,
  Scale,
  Strategy,
  TargetReference,
  Undecided,
} from './deployment/model-deployment.ts'
export { modelDeploymentSchema } from './deployment/model-deployment-schema.ts'
export { formatReference, type ModelReference } from './deployment/reference.ts'
export type {
  Artifact,
  ArtifactFile,
  Endpoint,
  PinnedModel,
  Revision,
  Split,
  SplitEntry,
} from './deployment/revision.ts'
export type { TrafficEntry } from './deployment/traffic.ts'
export { type Duration, durationMs, isDuration } from './duration.ts'
export { type LoadOptions, loadResources, type ParseOptions, parseResources } from './files/load-resources.ts'
export { type JsonSchema, jsonSchema } from './json-schema.ts'
export {
  type Actor,
  apiVersion,
  type Key,
  keyFrom,
  keyOf,
  type Metadata,
  type MetadataInput,
  splitKey,
} from './metadata.ts'
export { routesFromLitellm, routesFromPortkey } from './moving/move-routes.ts'
export type {
  CarriedField,
  LeftField,
  Moved,
  MovedProvider,
  MovingOptions,
  PortkeyMovingOptions,
} from './moving/moved.ts'
export { defineDeployment, defineRoute, parseResource } from './parse-resource.ts'
export type { PlaneNames } from './plane-names.ts'
export { formatProblem, type Problem, problemsOf } from './problems/problem.ts'
export type { Resource } from './resource.ts'
export type {
  ModelRoute,
  ModelRouteInput,
  ModelRouteSpec,
  ModelRouteSpecInput,
  OperationName,
  RouteBackend,
  RouteBackendInput,
  RouteTimeouts,
  RouteTranslation,
} from './route/model-route.ts'
export { modelRouteSchema } from './route/model-route-schema.ts'
