import type { WrongField } from './binary-tail.ts'

/** The header that tells where the JSON ends and the raw tensors begin. Requests and replies may have it. */
export const inferenceHeader = 'inference-header-content-length'

/** How many bytes of a body are its JSON, as the header says. Undefined for a header that cannot be right. */
export function lengthOf(split: string, { byteLength }: Uint8Array): number | undefined {
  return /^\d+$/.test(split) && Number(split) <= byteLength ? Number(split) : undefined
}

/**
 * What shows that a binary body is not whole, as an error that `wrong` makes: the header, JSON that does not begin and
 * end as an object does, or fewer bytes than the JSON says. The body is not parsed, so that passing it on costs next to
 * nothing.
 */
export function binaryFault(split: string, bytes: Uint8Array, wrong: WrongField): Error | undefined {
  const length = lengthOf(split, bytes)
  if (length === undefined) return wrong(inferenceHeader, split, rightLength(bytes))
  const head = bytes.subarray(0, length)
  if (!isObjectBody(head)) return wrong('the JSON of the body', edgeText(head, 0), 'an object that is whole')
  const needed = length <= searched ? sizesIn(head) : 0
  const left = bytes.byteLength - length
  if (needed <= left) return undefined
  return wrong('the length of the binary data', left, `${needed} bytes, as the tensors say`)
}

export function rightLength({ byteLength }: Uint8Array): string {
  return `a whole number up to ${byteLength}, the length of the body`
}

/** How many bytes of a body are looked at, at each end. */
const edge = 256

/** Whether bytes begin and end as a JSON object does. Looks at both ends only. */
export function isObjectBody(bytes: Uint8Array): boolean {
  const end = edgeText(bytes, Math.max(0, bytes.length - edge))
  return /^\s*\{/.test(edgeText(bytes, 0)) && /\}\s*$/.test(end)
}

/** Up to 256 bytes from a place, as characters. */
export function edgeText({ buffer, byteOffset, length }: Uint8Array, from: number): string {
  return Buffer.from(buffer, byteOffset + from, Math.min(edge, length - from)).toString('latin1')
}

/** JSON that is longer than this holds values itself, and is not searched. */
const searched = 16 * 1024

/** The sum of the sizes that the tensors of a body have. Within a text of JSON, the quotes would be escaped. */
function sizesIn({ buffer, byteOffset, length }: Uint8Array): number {
  const json = Buffer.from(buffer, byteOffset, length).toString('latin1')
  let sum = 0
  for (const [, size] of json.matchAll(/"binary_data_size"\s*:\s*(\d+)/g)) sum += Number(size)
  return sum
}
