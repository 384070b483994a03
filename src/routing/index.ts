/**
 * The door `modelspine/routing`: a router without a control plane, its table, and what observes its requests.
 */

export type {
  Cost,
  CostClass,
  ModelPrice,
  PricedCall,
  PricedModel,
  Prices,
  PriceTable,
  PriceTier,
  Pricing,
  TokenClass,
  UsageBy,
  UsageReport,
  UsageSums,
} from '../cost/contract.ts'
export { costOf } from '../cost/cost-of.ts'
export {
  type OwnPrice,
  type PriceTableOptions,
  priceTable,
  type SamePrice,
} from '../cost/price-table.ts'
export {
  bytesPayloadOf,
  bytesReplyOf,
  type InferBytes,
  tensorPayloadOf,
  tensorReplyOf,
} from '../dialects/open-inference/infer-bytes.ts'
export type { TensorPayload, TensorReply } from '../dialects/open-inference/infer-json.ts'
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
} from '../feedback/contract.ts'
export { createFeedback, type FeedbackOptions, type FeedbackRoom } from '../feedback/create-feedback.ts'
export { openInferencePrediction, type PredictionOf } from '../feedback/prediction-of.ts'
export type { Chat } from '../provider/contract.ts'
export { combineSources } from '../telemetry/combine-sources.ts'
export type {
  AttemptKind,
  AttemptRecord,
  AttemptStart,
  ControlHealth,
  ControlObserver,
  DecisionRecord,
  EffectRecord,
  Interval,
  MetricQuery,
  MetricReading,
  MetricSource,
  NamedMetricSource,
  Outcome,
  ReconcileRecord,
  RequestObserver,
  RequestRecord,
  RequestStart,
  RequestWatch,
  UpstreamIdentity,
} from '../telemetry/contract.ts'
export {
  type ControlTelemetry,
  type ControlTelemetryOptions,
  createControlTelemetry,
} from '../telemetry/control-telemetry.ts'
export type { GenAiVersion } from '../telemetry/genai-names.ts'
export {
  createMetricWindows,
  type MetricWindows,
  type MetricWindowsOptions,
} from '../telemetry/metric-windows.ts'
export { openTelemetryLoaded } from '../telemetry/open-telemetry.ts'
export { type LogEmitter, type LogValue, openTelemetryLogger } from '../telemetry/open-telemetry-logger.ts'
export { createRequestTelemetry, type RequestTelemetryOptions } from '../telemetry/request-telemetry.ts'
export type { Approximation } from './attempt/attempt-translation.ts'
export { type Reach, reachOf } from './attempt/failure-reach.ts'
export type { Picked, PickFailure, PickReport, PickRequest } from './attempt/pick-upstream.ts'
export type { CallerAbort } from './attempt/routed-request.ts'
export type { Routed, Served } from './attempt/served.ts'
export type { RoutedStream } from './attempt/stream.ts'
export type { InvokePolicy } from './layers/invoke-policy.ts'
export type {
  Budget,
  CachedReply,
  LayerRequest,
  Layers,
  ReplyCache,
  ReplyGuardrail,
  RequestGuardrail,
  Settlement,
} from './layers/layers.ts'
export type { DescribedModel, DescribeOptions } from './model-descriptions.ts'
export { chatOperation } from './operations/chat.ts'
export { countTokensOperation } from './operations/count-tokens.ts'
export { type Embed, embedOperation } from './operations/embed.ts'
export { inferOperation } from './operations/infer.ts'
export type { Operation, ReplyNotes, StreamedOperation, StreamNotes } from './operations/operation.ts'
export { type CallOptions, createRouter, type Router, type RouterOptions } from './router.ts'
export { inOrderStrategy } from './strategies/in-order-strategy.ts'
export { type RestOptions, restingStrategy } from './strategies/resting-strategy.ts'
export type { RequestView, RoutingStrategy, Tried } from './strategies/routing-strategy.ts'
export { weightedStrategy } from './strategies/weighted-strategy.ts'
export type { Connect, ConnectionsOptions } from './table/connections.ts'
export type { Load, UpstreamState } from './table/load.ts'
export type { Choice, Route, RouteLimits, RoutePlan, TableProblem, Upstream } from './table/route.ts'
export { type StaticRoutesOptions, staticRoutes } from './table/static-routes.ts'
export type { RouteTable, RouteTableInput } from './table/table.ts'
export type { RouteTableChanges } from './table/table-builder.ts'
export { createRouteTableHolder, type RouteTableHolder } from './table/table-holder.ts'
export type { DeploymentView } from './table/upstreams.ts'
