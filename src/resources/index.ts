/** Resources: what users declare, its schemas, and how it is read from code and files. */
export type { Condition, ConditionType } from './condition.ts'
export { conditionOf } from './condition.ts'
export type { Duration } from './duration.ts'
export { durationMs, isDuration } from './duration.ts'
export type { JsonSchema } from './json-schema.ts'
export { jsonSchema } from './json-schema.ts'
export type { ParseOptions } from './load-resources.ts'
export { loadResources, parseResources } from './load-resources.ts'
export type { Actor, Key, Metadata, MetadataInput } from './metadata.ts'
export { apiVersion, keyFrom, keyOf, splitKey } from './metadata.ts'
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
} from './model-deployment.ts'
export { modelDeploymentSchema } from './model-deployment-schema.ts'
export type {
  ModelRoute,
  ModelRouteInput,
  ModelRouteSpec,
  ModelRouteSpecInput,
  Operation,
  RouteBackend,
  RouteBackendInput,
} from './model-route.ts'
export { modelRouteSchema } from './model-route-schema.ts'
export { defineDeployment, defineRoute, parseResource } from './parse-resource.ts'
export type { Problem } from './problem.ts'
export { formatProblem, problemsOf } from './problem.ts'
export type { ModelReference } from './reference.ts'
export { formatReference } from './reference.ts'
export type { Resource } from './resource.ts'
export type {
  Artifact,
  ArtifactFile,
  Endpoint,
  PinnedModel,
  Revision,
  Split,
  SplitEntry,
} from './revision.ts'
