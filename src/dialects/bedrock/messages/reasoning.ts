import type { JsonRecord } from '../../../json.ts'
import type { ReasoningPart, Signed } from '../../../provider/contract.ts'
import { markSignature, readSignature } from '../../foreign-signature.ts'
import type { JsonFields } from '../../json-fields.ts'
import { bedrockOptions, bedrockVendor } from '../left-over.ts'

/** Bedrock runs Anthropic's models, and takes what they signed elsewhere. */
const trusted: ReadonlySet<string | undefined> = new Set([undefined, bedrockVendor, 'anthropic'])

/** Whether Bedrock can read the signature, or the encrypted text. */
export function isReadable({ signedBy }: Signed): boolean {
  return trusted.has(signedBy)
}

/** Reads `reasoningContent`. */
export function readReasoning(content: JsonFields): ReasoningPart {
  const known = ['reasoningText', 'redactedContent']
  const redacted = content.optionalString('redactedContent')
  if (redacted !== undefined) {
    const more = bedrockOptions(content.record, known)
    return { type: 'reasoning', text: '', ...readRedacted(redacted), ...more }
  }
  const said = content.optionalFields('reasoningText')
  if (said === undefined) throw content.wrong('reasoningText', 'an object with a text')
  const signature = said.optionalString('signature')
  const { options } = bedrockOptions(said.record, ['text', 'signature'])
  const more = bedrockOptions({ ...content.record, reasoningText: options?.[bedrockVendor] }, known.slice(1))
  return {
    type: 'reasoning',
    text: said.string('text'),
    ...(signature === undefined ? {} : readSignature(signature, bedrockVendor)),
    ...more,
  }
}

/** The encrypted thoughts, and whose they are. */
export function readRedacted(bytes: string): { readonly encrypted: string; readonly signedBy?: string } {
  if (!bytes.startsWith(markedStart)) return { encrypted: bytes, signedBy: bedrockVendor }
  const text = Buffer.from(bytes, 'base64').toString('utf8')
  const { signature = bytes, signedBy = bedrockVendor } = readSignature(text, bedrockVendor)
  return signature === text ? { encrypted: bytes, signedBy } : { encrypted: signature, signedBy }
}

/** How the mark of another vendor begins in base64, which is what a blob is. */
const markedStart = Buffer.from('modelspin').toString('base64')

/** The blocks of thoughts for a caller. What another vendor signed keeps that vendor's name. */
export function reasoningBlocks({
  text,
  encrypted,
  signature,
  signedBy,
}: ReasoningPart): readonly JsonRecord[] {
  const signed = {
    ...(signature !== undefined && { signature }),
    ...(signedBy !== undefined && { signedBy }),
  }
  const blocks: JsonRecord[] = []
  if (text !== '' || encrypted === undefined) {
    const mark = markSignature(signed, bedrockVendor)
    const reasoningText = { text, ...(mark === undefined ? {} : { signature: mark }) }
    blocks.push({ reasoningContent: { reasoningText } })
  }
  if (encrypted !== undefined) {
    blocks.push({ reasoningContent: { redactedContent: markRedacted(encrypted, signedBy) } })
  }
  return blocks
}

/** Encrypted thoughts for a caller. */
export function markRedacted(encrypted: string, signedBy: string | undefined): string {
  if (signedBy === undefined || signedBy === bedrockVendor) return encrypted
  const marked = markSignature({ signature: encrypted, signedBy }, bedrockVendor) ?? ''
  return Buffer.from(marked).toString('base64')
}
