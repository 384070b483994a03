import type { ChatMessage, ChatPart, ChatRequest } from '../provider/contract.ts'
import type { Carriage } from './carriage.ts'

/** A part that may have a signature, or encrypted thoughts. */
export type SealedPart = Extract<ChatPart, { readonly type: 'text' | 'reasoning' | 'tool-call' }>

/** Whose signatures and encrypted thoughts a server reads. */
export interface SealReading {
  /** The vendor that the format names nowhere, because its seals stand there without a mark. */
  readonly unmarked: string
  /** Whether the server reads the seal of this part. */
  isOwn(part: SealedPart): boolean
}

/**
 * A request in the format of its server, whose native form would give back seals as its caller has them, with the marks of
 * other vendors. Seals that the server cannot read are taken out, and told. Those that it can read lose their mark. The same
 * request if there is none of both.
 */
export function withOwnSeals(request: ChatRequest, reading: SealReading, carriage: Carriage): ChatRequest {
  let hasChanged = false
  const messages = request.messages.flatMap((message, place): readonly ChatMessage[] => {
    const content = message.content.flatMap((part, index): readonly ChatPart[] =>
      ownPart(part, `messages[${place}].content[${index}]`, reading, carriage),
    )
    if (
      content.length === message.content.length &&
      content.every((part, at) => part === message.content[at])
    )
      return [message]
    hasChanged = true
    // A message of nothing else says nothing.
    return content.length === 0 ? [] : [{ ...message, content }]
  })
  return hasChanged ? { ...request, messages } : request
}

function ownPart(
  part: ChatPart,
  path: string,
  { unmarked, isOwn }: SealReading,
  carriage: Carriage,
): readonly ChatPart[] {
  if (part.type !== 'text' && part.type !== 'reasoning' && part.type !== 'tool-call') return [part]
  if (part.signedBy === undefined) return [part]
  if (isOwn(part)) return [part.signedBy === unmarked ? part : { ...part, signedBy: unmarked }]
  if (part.type === 'reasoning') {
    carriage.approximate(path, 'left out, because only thoughts of its own vendor can go back')
    return []
  }
  carriage.approximate(`${path}.signature`, 'left out')
  const { signature: _, signedBy: __, ...said } = part
  return [said]
}
