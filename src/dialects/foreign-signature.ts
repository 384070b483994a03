import type { Signed } from '../provider/contract.ts'

const mark = 'modelspine:'

/**
 * A signature for a format that has no place for its vendor. One of another vendor than the format's own gets that
 * vendor's name before it. Clients give signatures back as they came, so the vendor is known again.
 */
export function markSignature({ signature, signedBy }: Signed, own: string): string | undefined {
  if (signature === undefined || signedBy === undefined || signedBy === own) return signature
  return `${mark}${signedBy}:${signature}`
}

/** A signature as it came in a format of this vendor. */
export function readSignature(text: string, own: string): Signed {
  if (!text.startsWith(mark)) return { signature: text, signedBy: own }
  const end = text.indexOf(':', mark.length)
  return end === -1
    ? { signature: text, signedBy: own }
    : { signature: text.slice(end + 1), signedBy: text.slice(mark.length, end) }
}
