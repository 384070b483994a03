import { ModelspineError, type ProviderFailure } from 'modelspine/adapter'
import type { AwsFailure } from '../shared/aws/aws-failure.ts'
import { type AwsWords, streamError } from '../shared/aws/aws-words.ts'
import { meaningBefore, passingStatuses } from '../shared/aws/model-server.ts'
import type { CodesByStatus } from '../shared/provider/named-by-status.ts'

export const bedrockWords: AwsWords = {
  vendor: 'Bedrock',
  owner: 'bedrock',
  unavailable: 'unavailable',
  oneAttempt: true,
  throttled: 'rate-limited',
  refused: 'bad-request',
  meaning: meaningBefore({ statusIn: 'originalStatusCode', detail: 'modelStatus', codeOf }),
}

/** Bedrock has one word for all mistakes. What kind of mistake it is, only its message tells. */
const tooLong =
  /too long|too many (input )?tokens|exceeds? .{0,40}(context|token|length)|maximum .{0,30}(context|tokens)/i
/** A limit on output above the model's own is a mistake, also where the prompt is short. */
const wishesTooMuch = /maximum tokens you requested|maximum .{0,30}output tokens/i
const filtered = /content filter|responsible ai|blocked by .{0,40}(policy|guardrail)/i
const unknownModel =
  /model identifier is invalid|not found|could not (find|resolve)|does not exist|end of its life/i
const lacking = /does(n['’]t| not) support|is(n['’]t| not) supported|on-demand throughput/i

/** Names within a stream begin with a small letter. */
function codeOf(
  { code }: AwsFailure,
  message: string,
  serverCode: () => ProviderFailure,
): ProviderFailure | undefined {
  switch (code.charAt(0).toUpperCase() + code.slice(1)) {
    case 'ValidationException':
      if (wishesTooMuch.test(message)) return undefined
      if (tooLong.test(message)) return 'context-length'
      if (filtered.test(message)) return 'content-filter'
      if (unknownModel.test(message)) return 'not-found'
      return lacking.test(message) ? 'unsupported' : undefined
    case 'ResourceNotFoundException':
      return 'not-found'
    case 'ModelNotReadyException':
      return 'not-ready'
    case 'ModelTimeoutException':
      return 'timeout'
    case 'ServiceQuotaExceededException':
      return 'quota'
    case 'ServiceUnavailableException':
      return 'overloaded'
    case 'ModelErrorException':
      return serverCode()
    case 'ModelStreamErrorException':
      return 'interrupted'
    default:
      return undefined
  }
}

/** Some answers come from before Bedrock: they have a status and no name of an error. */
export const byStatus: CodesByStatus = {
  ...passingStatuses,
  404: 'not-found',
  413: 'bad-request',
}

/**
 * The error in an answer or an event that began with status 200. `clean` takes credentials out of the vendor's message.
 * Without it the message is not shown.
 */
export function heldFailure(body: unknown, clean: (text: string) => string = () => ''): ModelspineError {
  const { __type: type, message, Message } = (body ?? {}) as Readonly<Record<string, unknown>>
  const said = [message, Message].find((each) => typeof each === 'string')
  const code = typeof type === 'string' ? type.slice(0, 200) : 'UnknownError'
  return streamError(
    clean(code) || 'UnknownError',
    clean(String(said ?? '')),
    bedrockWords,
    JSON.stringify(body),
  )
}

export function malformed(what: string): ModelspineError {
  return new ModelspineError('malformed-reply', `Bedrock: ${what}`)
}
