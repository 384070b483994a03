/** The users' door. */

export { type Clock, systemClock, type Timer } from './clock.ts'
export type { DeploymentTarget } from './deployment-target/contract.ts'
export { hostedTarget } from './deployment-target/hosted-target.ts'
export {
  type MemoryTarget,
  type MemoryTargetOptions,
  memoryTarget,
} from './deployment-target/memory-target.ts'
export { createMemoryWorld, type MemoryWorld } from './deployment-target/memory-world.ts'
export { type ErrorCode, errorCodes, isModelspineError, ModelspineError } from './errors.ts'
export type {
  About,
  AboutDeployment,
  Feedback,
  FeedbackCounts,
  LabelSignal,
  OutcomeSignal,
  RatingSignal,
  Signal,
  SignalEvent,
  SignalOutcome,
  SignalReceipt,
} from './feedback/contract.ts'
export { createFeedback, type FeedbackOptions, type FeedbackRoom } from './feedback/create-feedback.ts'
export { openInferencePrediction, type PredictionOf } from './feedback/prediction-of.ts'
export type { Applied, AskedBy, RemoveOptions, ResourceInput } from './plane/calls/apply.ts'
export type { Deployment } from './plane/calls/deployment.ts'
export type { ExplainedGate, ExplainedRevision, Explanation } from './plane/calls/explain.ts'
export type { Plan, PlannedRollout } from './plane/calls/plan.ts'
export type { WaitOptions } from './plane/calls/wait.ts'
export type { ControlPlane } from './plane/control-plane.ts'
export { createControlPlane } from './plane/create-control-plane.ts'
export type { PlaneAction, PlaneEvent, PlaneEvents } from './plane/events.ts'
export type { PlaneFault, PlaneHealth } from './plane/health.ts'
export type { ControlPlaneOptions } from './plane/options.ts'
export type {
  Decision,
  Finding,
  Obligation,
  PolicyAction,
  PolicyEngine,
  PolicyRequest,
} from './policy/contract.ts'
export { type Rule, type RuleDefinition, rule } from './policy/rule.ts'
export { rulesPolicy } from './policy/rules-policy.ts'
export {
  type ApprovalOptions,
  allow,
  capTokens,
  deny,
  notApplicable,
  type Ruling,
  requireApproval,
} from './policy/ruling.ts'
export type {
  CallContext,
  ChatEvent,
  ChatMessage,
  ChatPart,
  ChatReply,
  ChatRequest,
  ChatTool,
  EmbedReply,
  EmbedRequest,
  FinishReason,
  InferPayload,
  InferReply,
  InferRequest,
  ModelProvider,
  Native,
  Tensor,
  Usage,
} from './provider/contract.ts'
export { type MemoryProviderOptions, memoryProvider } from './provider/memory-provider.ts'
export type { ModelRegistry, ModelVersion } from './registry/contract.ts'
export {
  type MemoryRegistryOptions,
  type MemoryVersion,
  memoryRegistry,
} from './registry/memory-registry.ts'
export type { Condition, ConditionType } from './resources/deployment/condition.ts'
export { conditionOf } from './resources/deployment/condition.ts'
export type {
  AbortedRevision,
  DeploymentStatus,
  GateResult,
  Phase,
  RevisionStatus,
  RollbackCause,
  Rollout,
} from './resources/deployment/deployment-status.ts'
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
} from './resources/deployment/model-deployment.ts'
export { modelDeploymentSchema } from './resources/deployment/model-deployment-schema.ts'
export type { ModelReference } from './resources/deployment/reference.ts'
export { formatReference } from './resources/deployment/reference.ts'
export type {
  Artifact,
  ArtifactFile,
  Endpoint,
  PinnedModel,
  Revision,
  Split,
  SplitEntry,
} from './resources/deployment/revision.ts'
export type { Duration } from './resources/duration.ts'
export { durationMs, isDuration } from './resources/duration.ts'
export type { ParseOptions } from './resources/files/load-resources.ts'
export { loadResources, parseResources } from './resources/files/load-resources.ts'
export type { JsonSchema } from './resources/json-schema.ts'
export { jsonSchema } from './resources/json-schema.ts'
export type { Actor, Key, Metadata, MetadataInput } from './resources/metadata.ts'
export { apiVersion, keyFrom, keyOf, splitKey } from './resources/metadata.ts'
export { defineDeployment, defineRoute, parseResource } from './resources/parse-resource.ts'
export type { Problem } from './resources/problems/problem.ts'
export { formatProblem, problemsOf } from './resources/problems/problem.ts'
export type { Resource } from './resources/resource.ts'
export type {
  ModelRoute,
  ModelRouteInput,
  ModelRouteSpec,
  ModelRouteSpecInput,
  Operation,
  RouteBackend,
  RouteBackendInput,
} from './resources/route/model-route.ts'
export { modelRouteSchema } from './resources/route/model-route-schema.ts'
export type { Served } from './routing/attempts.ts'
export type { Connect, ConnectionsOptions } from './routing/connections.ts'
export type { InvokePolicy } from './routing/invoke-policy.ts'
export type { UpstreamPicker } from './routing/picker.ts'
export type { Route, TableProblem } from './routing/route.ts'
export type { CallerAbort } from './routing/routed-request.ts'
export {
  type CallOptions,
  createRouter,
  type Routed,
  type Router,
  type RouterOptions,
} from './routing/router.ts'
export { type StaticRoutesOptions, staticRoutes } from './routing/static-routes.ts'
export type { RoutedStream } from './routing/stream.ts'
export type { RouteTable, RouteTableInput } from './routing/table.ts'
export { createRouteTableHolder, type RouteTableHolder } from './routing/table-holder.ts'
export type { DeploymentView } from './routing/upstreams.ts'
export type {
  AuditEntry,
  AuditHead,
  AuditLog,
  AuditRecord,
  AuditVerdict,
  Secret,
  SecretStore,
} from './security/contract.ts'
export { type EnvSecretsOptions, envSecrets } from './security/env-secrets.ts'
export { type MemoryAuditLogOptions, memoryAuditLog } from './security/memory-audit-log.ts'
export { secretOf } from './security/secret.ts'
export type { StateStore } from './store/contract.ts'
export { type MemoryStoreOptions, memoryStore } from './store/memory-store.ts'
export { combineSources } from './telemetry/combine-sources.ts'
export type {
  AttemptRecord,
  Interval,
  MetricQuery,
  MetricReading,
  MetricSource,
  NamedMetricSource,
  RequestObserver,
  RequestRecord,
  RequestStart,
  UpstreamIdentity,
} from './telemetry/contract.ts'
export {
  type ControlTelemetry,
  type ControlTelemetryOptions,
  createControlTelemetry,
} from './telemetry/control-telemetry.ts'
export type { GenAiVersion } from './telemetry/genai-names.ts'
export type { Logger } from './telemetry/logger.ts'
export {
  type MemoryMetrics,
  type MemoryMetricsOptions,
  type MemorySample,
  memoryMetrics,
} from './telemetry/memory-metrics.ts'
export {
  createMetricWindows,
  type MetricWindows,
  type MetricWindowsOptions,
} from './telemetry/metric-windows.ts'
export { openTelemetryLoaded } from './telemetry/open-telemetry.ts'
export {
  createRequestTelemetry,
  type RequestTelemetry,
  type RequestTelemetryOptions,
} from './telemetry/request-telemetry.ts'
