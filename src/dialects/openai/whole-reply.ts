import { ModelspineError } from '../../errors.ts'
import { isRecord, type JsonRecord } from '../../json.ts'
import { jsonBody } from '../../provider/contract/json-body.ts'
import {
  type ChatChoice,
  type ChatPart,
  type ChatReply,
  nativeText,
  withNative,
} from '../../provider/contract.ts'
import type { ChatAnswerFacts, ErrorOf } from '../chat-codec.ts'
import { holdsError, parseAnswer } from './body-text.ts'
import { readOpenaiFinish } from './finish.ts'
import { openaiUsage, readOpenaiUsage } from './usage.ts'

/** What differs between the whole replies of chats and of legacy completions. */
export interface ReplyForm {
  readonly dialect: string
  readonly object: string
  /** The member of a choice that holds what was said. */
  readonly member: string
  /** Undefined for something else than the form has there. */
  read(said: unknown): readonly ChatPart[] | undefined
  print(choice: ChatChoice, index: number, createdMs: number): JsonRecord
}

/** Throws `malformed-reply` for a choice without its member, and what `errorOf` gives for an error in the body. */
export function readReply(text: string, form: ReplyForm, errorOf: ErrorOf): ChatReply {
  const body = parseAnswer(text, 'the reply')
  if (holdsError(body)) throw errorOf(body)
  if (!isRecord(body) || !Array.isArray(body.choices) || body.choices.length === 0) throw malformed(form, 0)
  const reply: ChatReply = {
    id: String(body.id ?? ''),
    model: String(body.model ?? ''),
    choices: body.choices.map((choice, index) => readChoice(choice, form, index)),
    usage: readOpenaiUsage(body.usage),
  }
  return withNative(reply, form.dialect, text, body)
}

function readChoice(choice: unknown, form: ReplyForm, index: number): ChatChoice {
  const content = isRecord(choice) ? form.read(choice[form.member]) : undefined
  if (!isRecord(choice) || content === undefined) throw malformed(form, index)
  return { content, finishReason: readOpenaiFinish(choice.finish_reason) }
}

function malformed({ member }: ReplyForm, index: number): ModelspineError {
  return new ModelspineError('malformed-reply', `the reply has no choices[${index}].${member}`)
}

/** A reply of the same dialect as it came, and any other one built. */
export function printReply(
  reply: ChatReply,
  { dialect, object, print }: ReplyForm,
  { createdMs }: Pick<ChatAnswerFacts, 'createdMs'>,
): string {
  const native = nativeText(reply, dialect)
  if (native !== undefined) return native
  const usage = openaiUsage(reply.usage)
  return jsonBody({
    id: reply.id,
    object,
    created: Math.floor(createdMs / 1000),
    model: reply.model,
    choices: reply.choices.map((choice, index) => print(choice, index, createdMs)),
    ...(usage === undefined ? {} : { usage }),
  })
}
