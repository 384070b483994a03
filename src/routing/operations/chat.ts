import type {
  Chat,
  ChatDelta,
  ChatEvent,
  ChatEventPart,
  ChatPlace,
  ChatReply,
} from '../../provider/contract.ts'
import { tokensIn } from '../tokens-in.ts'
import { capTokens } from './cap-tokens.ts'
import type { Operation, StreamNotes } from './operation.ts'

export const chatOperation: Operation<Chat, ChatReply, readonly ChatEvent[]> = {
  name: 'chat',
  send: (provider, request, model, context) => provider.chat?.({ ...request, model }, context),
  note(reply, notes) {
    notes.usage = reply.usage
    notes.replyId = reply.id
    notes.replyModel = reply.model
    notes.finishReasons = reply.choices.map(({ finishReason }) => finishReason)
  },
  stream: {
    send: (provider, request, model, context) => provider.chatStream?.({ ...request, model }, context),
    note(events, notes) {
      for (const { parts } of events) for (const part of parts) notePart(part, notes)
    },
    end: 'marked',
  },
  capTokens,
  estimateTokens: ({ messages }) => tokensIn(messages.reduce(charactersOf, 0)),
  needs: ({ tools, responseSchema, messages }) => [
    ...(tools !== undefined && tools.length > 0 ? ['tools'] : []),
    ...(responseSchema === undefined ? [] : ['response-schema']),
    ...(messages.some(({ content }) => content.some(({ type }) => type === 'image')) ? ['images'] : []),
  ],
}

function charactersIn(part: ChatPlace & ChatDelta): number {
  if ('text' in part) return part.text.length
  return part.type === 'tool-call-delta' ? (part.arguments?.length ?? 0) : 0
}

function notePart(part: ChatEventPart, notes: StreamNotes): void {
  if (part.type === 'usage') {
    notes.usage = part.usage
  } else if (part.type === 'finish') {
    notes.hasOutput = true
    notes.open.delete(part.choice)
    notes.isComplete = notes.open.size === 0
    notes.finishReasons = [...(notes.finishReasons ?? []), part.finishReason]
  } else {
    const characters = charactersIn(part)
    notes.outputCharacters += characters
    notes.hasOutput ||= characters > 0 || part.type === 'tool-call-delta' || part.type === 'audio-delta'
    notes.open.add(part.choice)
    notes.isComplete = false
  }
}

function charactersOf(sum: number, { content }: Chat['messages'][number]): number {
  return content.reduce((all, part) => all + (part.type === 'text' ? part.text.length : 0), sum)
}
