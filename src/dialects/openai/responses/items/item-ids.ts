import type { Signed } from '../../../../provider/contract.ts'
import { markSignature, readSignature } from '../../../foreign-signature.ts'
import { openaiVendor } from '../../left-over.ts'

/** Thoughts that only their vendor can read. */
export interface Sealed extends Signed {
  readonly encrypted?: string
}

/** How an id begins that nobody but us gave to a thought. It proves nothing, so it goes back to nobody. */
export const madeThought = 'rs_made_'

/** Stands before encrypted thoughts of another vendor, where signatures stand otherwise. */
export const encryptedMark = 'encrypted:'

/**
 * The id of an item is what its vendor knows it by, so it is the signature of a thought. An item of another kind has
 * a signature only if another vendor signed it.
 */
export function idOf(signed: Signed): string | undefined {
  return markSignature(signed, openaiVendor)
}

/** What the id of an item says, other than a thought. Its vendor's own id says nothing to anybody else. */
export function signedByMark(id: unknown): Signed {
  if (typeof id !== 'string') return {}
  const signed = readSignature(id, openaiVendor)
  return signed.signedBy === openaiVendor ? {} : signed
}

/** Whether the vendor of this format can read what it signed or encrypted. */
export function isOwn({ signedBy }: Signed): boolean {
  return signedBy === undefined || signedBy === openaiVendor
}

/** The id and the encrypted text of a thought. Clients give the encrypted text back, but some leave out ids. */
export function sealOf(sealed: Sealed): { readonly id?: string; readonly encrypted?: string } {
  const { signature, signedBy, encrypted } = sealed
  if (isOwn(sealed)) {
    return {
      ...(signature === undefined ? {} : { id: signature }),
      ...(encrypted === undefined ? {} : { encrypted }),
    }
  }
  const by = signedBy === undefined ? {} : { signedBy }
  if (encrypted === undefined) {
    const marked = idOf(sealed)
    return marked === undefined ? {} : { encrypted: marked }
  }
  const id = idOf(sealed)
  const text = markSignature({ signature: `${encryptedMark}${encrypted}`, ...by }, openaiVendor)
  return { ...(id === undefined ? {} : { id }), ...(text === undefined ? {} : { encrypted: text }) }
}

/** The encrypted text for an own signature that came when the item already had another id. */
export function lateSignature(signature: string): string {
  return `modelspine:${openaiVendor}:${signature}`
}

/** What the id and the encrypted text of a thought say. */
export function sealIn(id: unknown, encrypted: unknown): Sealed {
  const text = typeof encrypted === 'string' ? readSignature(encrypted, openaiVendor) : undefined
  const isNamed = typeof id === 'string' && !id.startsWith(madeThought)
  const named = isNamed ? readSignature(id, openaiVendor) : {}
  if (text?.signature === undefined) return named
  const { signature, signedBy = openaiVendor } = text
  if (text.signature !== encrypted && signedBy === openaiVendor) return { signature, signedBy }
  if (signedBy === openaiVendor) return { ...named, encrypted: signature, signedBy }
  if (!signature.startsWith(encryptedMark)) return { signature, signedBy }
  const sealed = { encrypted: signature.slice(encryptedMark.length), signedBy }
  return named.signedBy === signedBy ? { ...named, ...sealed } : sealed
}
