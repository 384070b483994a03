/**
 * The users' door: everything that a new user needs first. Files and schemas are at `modelspine/resources`,
 * the parts of the router at `modelspine/routing`.
 */

export type { Clock } from './clock.ts'
export type { DeploymentTarget } from './deployment-target/contract.ts'
export { hostedTarget, type NoSettings } from './deployment-target/hosted-target.ts'
export {
  type MemoryTarget,
  type MemoryTargetOptions,
  memoryTarget,
} from './deployment-target/memory-target.ts'
export { createMemoryWorld, type MemoryWorld } from './deployment-target/memory-world.ts'
export { type ErrorCode, errorCodes, isModelspineError, ModelspineError } from './errors.ts'
export type {
  Feedback,
  Signal,
  SignalReceipt,
} from './feedback/contract.ts'
export type { CallTimeouts } from './plane/call-timeouts.ts'
export type { Applied, AskedBy, DeclareOptions, ResourceInput } from './plane/calls/apply.ts'
export type { Deployment } from './plane/calls/deployment.ts'
export type { ExplainedGate, ExplainedRevision, Explanation } from './plane/calls/explain.ts'
export type { ExplainedFailure, ExplainedPlacement } from './plane/calls/explain-places.ts'
export type { Plan, PlannedRollout } from './plane/calls/plan.ts'
export type { RemoveOptions } from './plane/calls/remove.ts'
export type { WaitOptions } from './plane/calls/wait.ts'
export type { ControlPlane } from './plane/control-plane.ts'
export { createControlPlane } from './plane/create-control-plane.ts'
export type { DeclaredNames } from './plane/declared-names.ts'
export type { PlaneAction, PlaneEvent, PlaneEvents } from './plane/events.ts'
export type { Orphan, PlaneFault, PlaneHealth, PlanePart } from './plane/health.ts'
export type { ControlPlaneOptions } from './plane/options.ts'
export type { Pace } from './plane/pace.ts'
export type { Rate, Rates } from './plane/rates.ts'
export type { DeploymentSpecFor, RouteSpecFor } from './plane/typed-specs.ts'
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
  ChatChoice,
  ChatEvent,
  ChatEventPart,
  ChatMessage,
  ChatPart,
  ChatReply,
  ChatRequest,
  ChatTool,
  EmbedReply,
  EmbedRequest,
  InferPayload,
  InferReply,
  InferRequest,
  ModelProvider,
  Tensor,
  Usage,
} from './provider/contract.ts'
export { type MemoryProviderOptions, memoryProvider } from './provider/memory-provider.ts'
export type { ModelRegistry, ModelVersion } from './registry/contract.ts'
export { type MemoryRegistryOptions, type MemoryVersion, memoryRegistry } from './registry/memory-registry.ts'
export type { Condition, ConditionType } from './resources/deployment/condition.ts'
export type { DeploymentStatus } from './resources/deployment/deployment-status.ts'
export type { ModelDeployment, ModelDeploymentInput } from './resources/deployment/model-deployment.ts'
export type { Actor, Key } from './resources/metadata.ts'
export type { Resource } from './resources/resource.ts'
export type { ModelRoute, ModelRouteInput, OperationName } from './resources/route/model-route.ts'
export type { Routed, Served } from './routing/attempt/served.ts'
export type { RoutedStream } from './routing/attempt/stream.ts'
export type { CallOptions, Router } from './routing/router.ts'
export type {
  AuditEntry,
  AuditLog,
  AuditRecord,
  SecretStore,
} from './security/contract.ts'
export { type EnvSecretsOptions, envSecrets } from './security/env-secrets.ts'
export { type MemoryAuditLogOptions, memoryAuditLog } from './security/memory-audit-log.ts'
export type { StateStore } from './store/contract.ts'
export { type MemoryStoreOptions, memoryStore } from './store/memory-store.ts'
export type { MetricSource } from './telemetry/contract.ts'
export type { Logger } from './telemetry/logger.ts'
export {
  type MemoryMetrics,
  type MemoryMetricsOptions,
  type MemoryReading,
  type MemorySample,
  memoryMetrics,
} from './telemetry/memory-metrics.ts'
