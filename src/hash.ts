import { createHash } from 'node:crypto'

/**
 * JSON with sorted keys and no space, so that equal values give equal text: RFC 8785 for the values used here.
 * Members that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(
          Object.entries(member).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
        )
      : member,
  )
}

/** SHA-256 in lower-case hexadecimal. */
export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}
