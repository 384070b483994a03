/**
 * For adapter authors: an adapter may import only from here. Contracts, errors, clock, hashing and HTTP
 * client.
 */

export { type Clock, seededRandom, sleep, sortableId, systemClock, type Timer } from './clock.ts'
export type * from './cost/contract.ts'
export { type OwnPrice, type PriceTableOptions, priceTable, type SamePrice } from './cost/price-table.ts'
export { acceptFence, type FenceRecord } from './deployment-target/accept-fence.ts'
export type * from './deployment-target/contract.ts'
export { describeTargetStep, type TargetStep, targetSteps } from './deployment-target/target-steps.ts'
export { type TargetRefusal, wantRefusal } from './deployment-target/want-refusal.ts'
export { parseAnthropicCount, printAnthropicCount } from './dialects/anthropic/count.ts'
export { type AnthropicFailure, readAnthropicError } from './dialects/anthropic/error.ts'
export { anthropicMessages } from './dialects/anthropic/messages-codec.ts'
export type { AnthropicPrinting } from './dialects/anthropic/request/write-request.ts'
export { bedrockConverse } from './dialects/bedrock/converse-codec.ts'
export { type ConverseAnswerNames, parseConverseReply } from './dialects/bedrock/converse-reply.ts'
export { Carriage, ListingCarriage, type Loss } from './dialects/carriage.ts'
export type {
  ChatAnswerFacts,
  ChatCall,
  ChatCodec,
  ChatPlaceInUrl,
  ChatPrinting,
  ChatStreamEnd,
  ChatStreamReader,
  ChatStreamWriter,
  ErrorOf,
} from './dialects/chat-codec.ts'
export { markSignature, readSignature } from './dialects/foreign-signature.ts'
export { geminiContent } from './dialects/gemini/chat-codec.ts'
export { parseGeminiCount, printGeminiCount } from './dialects/gemini/count.ts'
export {
  type GeminiAbilities,
  type GeminiPrinting,
  geminiApi,
  vertexAi,
} from './dialects/gemini/printing/gemini-printing.ts'
export { limitPerChoice } from './dialects/limit-per-choice.ts'
export {
  binaryFault,
  edgeText,
  inferenceHeader,
  isObjectBody,
} from './dialects/open-inference/binary-fault.ts'
export {
  bytesPayloadOf,
  bytesReplyOf,
  type InferBytes,
  tensorPayloadOf,
  tensorReplyOf,
} from './dialects/open-inference/infer-bytes.ts'
export {
  inferReplyBody,
  inferRequestBody,
  parseInferRequest,
  readInferReply,
  type TensorPayload,
  type TensorReply,
  wrongReplyField,
} from './dialects/open-inference/infer-json.ts'
export { holdsError } from './dialects/openai/body-text.ts'
export { openaiChat } from './dialects/openai/chat-codec.ts'
export { isOpenaiCompletion } from './dialects/openai/completions/completion-body.ts'
export { openaiCompletions } from './dialects/openai/completions/completion-codec.ts'
export {
  openaiEmbedDialect,
  parseOpenaiEmbed,
  parseOpenaiEmbedReply,
  printOpenaiEmbed,
  printOpenaiEmbedReply,
} from './dialects/openai/embed.ts'
export { type OpenaiFailure, readOpenaiError } from './dialects/openai/error.ts'
export type { OpenaiExtension, OpenaiPrinting } from './dialects/openai/printing.ts'
export { openaiResponsesOf } from './dialects/openai/responses/resource-codec.ts'
export type { OpenaiResponsesPrinting } from './dialects/openai/responses/response-body.ts'
export { openaiResponses } from './dialects/openai/responses/response-codec.ts'
export {
  asModelspineError,
  type ErrorCode,
  type ErrorOptions,
  errorCodes,
  isModelspineError,
  ModelspineError,
  messageOf,
  throwIfAborted,
  unlessAborted,
} from './errors.ts'
export type * from './feedback/contract.ts'
export { sha256 } from './hash.ts'
export type { HttpStream } from './http/body-stream.ts'
export type { HttpDispatcher, HttpHeaders } from './http/dispatcher.ts'
export {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from './http/http-client.ts'
export { HttpReply } from './http/http-reply.ts'
export { rateLimitsOf, retryAfterMs } from './http/rate-limits.ts'
export type { HttpRetry } from './http/retry.ts'
export { scrub, scrubStart, secretsOf } from './http/scrub.ts'
export { type SseEvent, type SseOptions, SseParser } from './http/sse.ts'
export type { TlsOptions } from './http/tls.ts'
export { canonicalJson } from './json.ts'
export type * from './policy/contract.ts'
export { checkChat, checkEmbed } from './provider/check-chat.ts'
export { jsonBody } from './provider/contract/json-body.ts'
export { notCarried } from './provider/contract/not-carried.ts'
export type * from './provider/contract.ts'
export {
  edited,
  editedFields,
  Native,
  nativeBody,
  nativeEvent,
  nativeObject,
  nativeText,
  originalOf,
  withNative,
  withNativeObject,
} from './provider/contract.ts'
export { refuseForeignParts } from './provider/foreign-parts.ts'
export { type ChangeHints, createChangeHints } from './registry/change-hints.ts'
export type * from './registry/contract.ts'
export { latestApproved, latestApprovedAlias, refuseComputedAlias } from './registry/latest-approved.ts'
export { nextVersionNumber } from './registry/next-version-number.ts'
export { type NamedReference, parseReference } from './registry/parse-reference.ts'
export { sameArtifact } from './registry/same-artifact.ts'
export type { Condition } from './resources/deployment/condition.ts'
export type { ModelDeployment, RuntimeSettings, Scale } from './resources/deployment/model-deployment.ts'
export { formatReference, type ModelReference } from './resources/deployment/reference.ts'
export type {
  Artifact,
  ArtifactFile,
  Endpoint,
  PinnedModel,
  Revision,
  Split,
  SplitEntry,
} from './resources/deployment/revision.ts'
export { type Duration, durationMs } from './resources/duration.ts'
export { type Actor, type Key, keyFrom, keyOf, splitKey } from './resources/metadata.ts'
export { checkOption, checkOptions, type OptionKinds } from './resources/problems/known-options.ts'
export type { Resource } from './resources/resource.ts'
export {
  type ModelRoute,
  type OperationName,
  publicNames,
  requestTimeoutOf,
} from './resources/route/model-route.ts'
export { type AppendPlan, planAppend } from './security/append-plan.ts'
export { emptyChain, headAt, type LinkedRecord, link, linkAll } from './security/audit-chain.ts'
export { type ChainWalk, type WalkOptions, walkChain } from './security/chain-walk.ts'
export type * from './security/contract.ts'
export { type RecentRecords, recentRecords } from './security/recent-records.ts'
export { scrubError, scrubSecrets } from './security/scrub-secrets.ts'
export { secretOf } from './security/secret.ts'
export { verifyChain } from './security/verify-chain.ts'
export { type ChangeFeed, createChangeFeed } from './store/change-feed.ts'
export type * from './store/contract.ts'
export { checkEventRoom, type EventRoom, urgentReserve } from './store/event-room.ts'
export { checkFence, extendLease, freeLease, grantLease } from './store/lease-rules.ts'
export { checkMeasurement, maxMeasurementChars, maxMeasurements } from './store/measurement-limits.ts'
export {
  deleteWrite,
  type ObjectWrite,
  type SpecWrite,
  specWrite,
  statusWrite,
} from './store/object-writes.ts'
export { shardOf } from './store/shard-of.ts'
export { addReadings } from './telemetry/contract/add-readings.ts'
export { histogramQuantile } from './telemetry/contract/histogram-quantile.ts'
export { readingSamples } from './telemetry/contract/reading-samples.ts'
export type * from './telemetry/contract.ts'
export { conventionalOperation, durationBuckets, tokenBuckets } from './telemetry/genai-names.ts'
export { type Logger, silentLogger } from './telemetry/logger.ts'
export { reconcileBuckets } from './telemetry/modelspine-names.ts'
export { promptTokens } from './telemetry/prompt-tokens.ts'
export { isUpstreamFault } from './telemetry/request-metrics.ts'
export { unknownMetric } from './windows/unknown-metric.ts'
