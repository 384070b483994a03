import type { ChatEvent, ChatReply, ChatRequest } from '../../provider/contract.ts'
import { capTokens } from './cap-tokens.ts'
import type { Operation } from './operation.ts'

/** A chat request without the model. */
export type Chat = Omit<ChatRequest, 'model'>

export const chatOperation: Operation<Chat, ChatReply, ChatEvent> = {
  name: 'chat',
  send: (provider, request, model, context) => provider.chat?.({ ...request, model }, context),
  note(reply, notes) {
    notes.usage = reply.usage
    notes.replyId = reply.id
    notes.replyModel = reply.model
    notes.finishReasons = [reply.finishReason]
  },
  stream: {
    send: (provider, request, model, context) => provider.chatStream?.({ ...request, model }, context),
    note(event, notes) {
      if (event.type === 'text-delta') notes.hasOutput ||= event.text !== ''
      else if (event.type === 'tool-call-delta') notes.hasOutput = true
      else if (event.type === 'usage') notes.usage = event.usage
      else if (event.type === 'finish') {
        notes.hasOutput = true
        notes.isComplete = true
        notes.finishReasons = [...(notes.finishReasons ?? []), event.finishReason]
      }
    },
    end: 'marked',
  },
  capTokens,
  estimateTokens: ({ messages }) => Math.ceil(messages.reduce(charactersOf, 0) / charactersPerToken),
  needs: ({ tools, responseSchema, messages }) => [
    ...(tools !== undefined && tools.length > 0 ? ['tools'] : []),
    ...(responseSchema === undefined ? [] : ['response-schema']),
    ...(messages.some(({ content }) => content.some(({ type }) => type === 'image')) ? ['images'] : []),
  ],
}

/** A rule of thumb for English text, good enough to choose an upstream. */
const charactersPerToken = 4

function charactersOf(sum: number, { content }: Chat['messages'][number]): number {
  return content.reduce((all, part) => all + (part.type === 'text' ? part.text.length : 0), sum)
}
