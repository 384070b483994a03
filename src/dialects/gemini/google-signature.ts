import type { ReasoningPart, Signed } from '../../provider/contract.ts'
import { markSignature, readSignature } from '../foreign-signature.ts'
import { googleVendor } from './gemini-names.ts'

type Thought = Signed & Pick<ReasoningPart, 'encrypted'>

/** What every marked signature begins with, in base64. */
const markedStart = Buffer.from('modelspine:').toString('base64').slice(0, 14)

/** Stands behind the vendor of a thought that only this vendor can read. */
const sealed = '+encrypted'

/**
 * A `thoughtSignature` for a client, which gives it back as it came. One of another vendor has that vendor's name in it.
 * It is base64, because Google's clients read it as bytes.
 */
export function clientSignature({ signature, signedBy, encrypted }: Thought): string | undefined {
  if (encrypted !== undefined) return coded({ signature: encrypted, signedBy: `${signedBy ?? ''}${sealed}` })
  if (signature === undefined || signedBy === undefined || signedBy === googleVendor) return signature
  return coded({ signature, signedBy })
}

function coded(signed: Signed): string | undefined {
  const marked = markSignature(signed, googleVendor)
  return marked === undefined ? undefined : Buffer.from(marked).toString('base64')
}

/** The `thoughtSignature` of a request, as a client gave it back, or of an answer. */
export function readGoogleSignature(value: unknown): Thought {
  if (typeof value !== 'string') return {}
  if (!value.startsWith(markedStart)) return { signature: value, signedBy: googleVendor }
  const { signature = '', signedBy = googleVendor } = readSignature(
    Buffer.from(value, 'base64').toString('utf8'),
    googleVendor,
  )
  if (!signedBy.endsWith(sealed)) return { signature, signedBy }
  const vendor = signedBy.slice(0, -sealed.length)
  return { encrypted: signature, ...(vendor !== '' && { signedBy: vendor }) }
}

/** Whether a signature is Google's own. One without a vendor came from an app that knows no other. */
export function isGoogles({ signature, signedBy }: Signed): boolean {
  return signature !== undefined && (signedBy === undefined || signedBy === googleVendor)
}
