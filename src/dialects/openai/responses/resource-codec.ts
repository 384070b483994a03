import { originalOf } from '../../../provider/contract.ts'
import type { ChatCodec } from '../../chat-codec.ts'
import { withOwnSeals } from '../../own-seals.ts'
import { openaiVendor } from '../left-over.ts'
import { encryptedMark } from './items/item-ids.ts'
import { openaiResponsesDialect } from './own-words.ts'
import { patchResponse } from './patch-response.ts'
import { carriageOf, type OpenaiResponsesPrinting } from './response-body.ts'
import { openaiResponses } from './response-codec.ts'

/**
 * Responses of a server whose thoughts no other server can read, also none of OpenAI's. `signer` is its name as a vendor of
 * seals. Callers get its seals with that mark, in the vendor's own events, too. The server gets them without it, and no
 * others.
 */
export function openaiResponsesOf(signer: string): ChatCodec<OpenaiResponsesPrinting> {
  const mark = `modelspine:${signer}:`
  const isOwn = ({ signedBy }: { readonly signedBy?: string }): boolean => signedBy === signer
  return {
    ...openaiResponses,
    print(request, printing) {
      const original = originalOf(request, openaiResponsesDialect)
      const carriage = carriageOf(printing)
      if (original === undefined) {
        const own = withOwnSeals(request, { unmarked: openaiVendor, isOwn }, carriage)
        return openaiResponses.print(own, printing)
      }
      // Items that came in this format keep their text, from which the mark is taken.
      const own = withOwnSeals(request, { unmarked: signer, isOwn }, carriage)
      return unmarked(patchResponse(own, original, printing), mark)
    },
    parseReply: (text, errorOf) => openaiResponses.parseReply(marked(text, mark), errorOf),
    reader(request, errorOf) {
      const reader = openaiResponses.reader(request, errorOf)
      return {
        isEnd: (name, data) => reader.isEnd(name, data),
        read: (name, data) => reader.read(name, marked(data, mark)),
        end: (how) => reader.end(how),
      }
    },
  }
}

/** Members with the ids and the encrypted texts of thoughts. Within a text of JSON, their quotes would be escaped. */
const seal = /"(encrypted_content|id|item_id)"(\s*:\s*)"(?=[^"])/g
const thoughtId = 'rs_'

function marked(text: string, mark: string): string {
  if (!text.includes('"encrypted_content"') && !text.includes(`"${thoughtId}`)) return text
  return text.replace(seal, (found: string, name: string, _gap: string, at: number) => {
    if (name === 'encrypted_content') return `${found}${mark}${encryptedMark}`
    return text.startsWith(thoughtId, at + found.length) ? `${found}${mark}` : found
  })
}

function unmarked(text: string, mark: string): string {
  return text.replace(
    new RegExp(`("(?:encrypted_content|id)"\\s*:\\s*")${mark}(?:${encryptedMark})?`, 'g'),
    (_, before: string) => before,
  )
}
