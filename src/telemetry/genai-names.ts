import type { OperationName } from '../resources/route/model-route.ts'

/**
 * The names in OpenTelemetry's conventions for generative AI, by version. Choose the version that your
 * telemetry system understands. The conventions are still in development and have moved to their own
 * repository. So the names are constants here and do not come from a package.
 */
export interface GenAiNames {
  readonly operation: string
  readonly provider: string
  readonly requestModel: string
  readonly responseModel: string
  readonly responseId: string
  readonly finishReasons: string
  readonly tokenType: string
  readonly inputTokens: string
  readonly outputTokens: string
  /** Absent when the version has no such name. Then the number is not reported. */
  readonly cacheReadTokens?: string
  readonly cacheCreationTokens?: string
  readonly tokenUsage: string
  readonly operationDuration: string
  readonly timeToFirstChunk?: string
}

const common = {
  operation: 'gen_ai.operation.name',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  tokenType: 'gen_ai.token.type',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  tokenUsage: 'gen_ai.client.token.usage',
  operationDuration: 'gen_ai.client.operation.duration',
} as const

/** Up to version 1.36 the provider was called "system". Version 1.37 renamed it. */
export type GenAiVersion = '1.36' | '1.37'

export const genAiNames: Readonly<Record<GenAiVersion, GenAiNames>> = {
  '1.36': { ...common, provider: 'gen_ai.system' },
  '1.37': {
    ...common,
    provider: 'gen_ai.provider.name',
    cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
    cacheCreationTokens: 'gen_ai.usage.cache_creation.input_tokens',
    timeToFirstChunk: 'gen_ai.client.operation.time_to_first_chunk',
  },
}

/**
 * The conventions' word for an operation. They have none for tensors, or for an operation of somebody's own, and
 * allow a custom name where none of theirs applies.
 */
export function conventionalOperation(operation: OperationName): string {
  return operation === 'embed' ? 'embeddings' : operation
}

/**
 * In seconds: 0.01 · 2ⁿ, n from 0 to 13. The conventions advise this for durations and time to first chunk.
 */
export const durationBuckets: number[] = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power)

/** In tokens: 4ⁿ, n from 0 to 13. The conventions advise this. */
export const tokenBuckets: number[] = Array.from({ length: 14 }, (_, power) => 4 ** power)
