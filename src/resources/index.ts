/** Resources: what users declare, its schemas, and how it is read from code and files. */
export type { Condition, ConditionType } from './deployment/condition.ts'
export { conditionOf } from './deployment/condition.ts'
export type {
  AnalysisGate,
  AnalysisGateInput,
  BlueGreenStrategy,
  CanaryStep,
  CanaryStrategy,
  GateRule,
  ModelDeployment,
  ModelDeploymentInput,
  ModelDeploymentSpec,
  ModelDeploymentSpecInput,
  RollingStrategy,
  RuntimeSettings,
  Scale,
  Strategy,
  TargetReference,
} from './deployment/model-deployment.ts'
export { modelDeploymentSchema } from './deployment/model-deployment-schema.ts'
export type { ModelReference } from './deployment/reference.ts'
export { formatReference } from './deployment/reference.ts'
export type {
  Artifact,
  ArtifactFile,
  Endpoint,
  PinnedModel,
  Revision,
  Split,
  SplitEntry,
} from './deployment/revision.ts'
export type { Duration } from './duration.ts'
export { durationMs, isDuration } from './duration.ts'
export type { ParseOptions } from './files/load-resources.ts'
export { loadResources, parseResources } from './files/load-resources.ts'
export type { JsonSchema } from './json-schema.ts'
export { jsonSchema } from './json-schema.ts'
export type { Actor, Key, Metadata, MetadataInput } from './metadata.ts'
export { apiVersion, keyFrom, keyOf, splitKey } from './metadata.ts'
export { defineDeployment, defineRoute, parseResource } from './parse-resource.ts'
export type { Problem } from './problems/problem.ts'
export { formatProblem, problemsOf } from './problems/problem.ts'
export type { Resource } from './resource.ts'
export type {
  ModelRoute,
  ModelRouteInput,
  ModelRouteSpec,
  ModelRouteSpecInput,
  Operation,
  RouteBackend,
  RouteBackendInput,
} from './route/model-route.ts'
export { modelRouteSchema } from './route/model-route-schema.ts'
