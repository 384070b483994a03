import type { JsonRecord } from '../../../json.ts'
import type { ChatPart } from '../../../provider/contract.ts'
import { exactRecord } from '../exact-record.ts'
import { googleVendor } from '../gemini-names.ts'
import { clientSignature } from '../google-signature.ts'

/**
 * One part of an answer for a client: one, or none for what the format has no word for. Signatures of every vendor stand in
 * it, because the client gives them back.
 */
export function clientParts(part: ChatPart): readonly JsonRecord[] {
  switch (part.type) {
    case 'text':
      return [{ text: part.text, ...signed(clientSignature(part)) }]
    case 'refusal':
      return [{ text: part.text }]
    case 'reasoning':
      return [{ text: part.text, thought: true, ...signed(clientSignature(part)) }]
    case 'tool-call': {
      // Arguments that are no object, such as the input of a tool that takes free text, cannot be said.
      const args = part.arguments.trim() === '' ? {} : exactRecord(part.arguments)
      if (args === undefined || part.custom === true) return []
      return [{ functionCall: { id: part.id, name: part.name, args }, ...signed(clientSignature(part)) }]
    }
    case 'opaque':
      return part.vendor === googleVendor ? [part.data as JsonRecord] : []
    default: {
      const [, mimeType, data] = /^data:([^,]*);base64,(.*)$/s.exec(part.url ?? '') ?? []
      if (data !== undefined) return [{ inlineData: { mimeType, data } }]
      if (part.url !== undefined) return [{ fileData: { fileUri: part.url } }]
      return part.type === 'audio' && part.transcript !== undefined ? [{ text: part.transcript }] : []
    }
  }
}

function signed(thoughtSignature: string | undefined): JsonRecord {
  return thoughtSignature === undefined ? {} : { thoughtSignature }
}
