import { isModelspineError, ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import { jsonBody } from '../../provider/contract/json-body.ts'
import {
  type ChatChoice,
  type ChatPart,
  type ChatReply,
  nativeText,
  withNative,
} from '../../provider/contract.ts'
import type { ErrorOf } from '../chat-codec.ts'
import { parseAnswer } from '../openai/body-text.ts'
import { converseDialect } from './converse-request.ts'
import { readAnswer } from './messages/read-messages.ts'
import { answerBlocks } from './messages/write-answer.ts'
import { readStop, wireStop } from './stop-reason.ts'
import { converseUsage, readConverseUsage } from './usage.ts'

/** What the body of an answer does not say. */
export interface ConverseAnswerNames {
  readonly id: string
  readonly model: string
}

/**
 * Reads a whole answer and checks only the fields that are used. The id and the model are not in the body, unless a router
 * of prompts chose the model. Throws `malformed-reply` without a message.
 */
export function parseConverseReply(
  text: string,
  errorOf: ErrorOf,
  names: Partial<ConverseAnswerNames> = {},
): ChatReply {
  const body = parseAnswer(text, 'the reply')
  const message = isRecord(body) && isRecord(body.output) ? body.output.message : undefined
  if (!isRecord(body) || !isRecord(message) || !Array.isArray(message.content)) {
    if (isRecord(body) && typeof (body.__type ?? body.message ?? body.Message) === 'string')
      throw errorOf(body)
    throw new ModelspineError('malformed-reply', 'the reply has no output.message')
  }
  const { id = '', model = '' } = names
  const reply = {
    id,
    model: chosenModel(body) ?? model,
    choices: [{ content: contentOf(message.content, text), ...readStop(body) }],
    usage: readConverseUsage(body.usage),
  }
  return withNative(reply, converseDialect, text, body)
}

function chosenModel({ trace }: JsonRecord): string | undefined {
  const router = isRecord(trace) ? trace.promptRouter : undefined
  return isRecord(router) && typeof router.invokedModelId === 'string' ? router.invokedModelId : undefined
}

function contentOf(blocks: readonly unknown[], text: string): readonly ChatPart[] {
  try {
    return readAnswer(blocks, text)
  } catch (error) {
    if (!isModelspineError(error, 'bad-request')) throw error
    throw new ModelspineError('malformed-reply', `the reply has an unknown form at ${error.details.field}`)
  }
}

/** As `printReply` of a codec. Bedrock answers once, so that only the first choice is told. */
export function printConverseReply(reply: ChatReply): string {
  const native = nativeText(reply, converseDialect)
  if (native !== undefined) return native
  const [choice = nothing] = reply.choices
  const usage = converseUsage(reply.usage)
  const rest = jsonBody({
    ...wireStop(
      choice,
      choice.content.some(({ type }) => type === 'tool-call'),
    ),
    ...(usage === undefined ? {} : { usage }),
    // Clients expect a number. How long the upstream took is not known here.
    metrics: { latencyMs: 0 },
  })
  const content = choice.content.flatMap(answerBlocks).join()
  return `{"output":{"message":{"role":"assistant","content":[${content}]}},${rest.slice(1)}`
}

const nothing: ChatChoice = { content: [], finishReason: 'other' }
