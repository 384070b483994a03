import { notCarried } from './contract/not-carried.ts'
import type { Chat } from './contract.ts'

/**
 * Throws `unsupported`, with the place and the kind, for the first required part or tool of another vendor than
 * these. For providers that leave other vendors' parts out.
 */
export function refuseForeignParts(request: Chat, vendors: readonly string[]): void {
  for (const [index, { content }] of request.messages.entries()) {
    for (const [place, part] of content.entries()) {
      if (part.type === 'opaque') check(part, `messages[${index}].content[${place}]`, vendors)
    }
  }
  for (const [index, tool] of (request.tools ?? []).entries()) {
    if (tool.type === 'opaque') check(tool, `tools[${index}]`, vendors)
  }
}

function check(
  { vendor, kind, required }: { readonly vendor: string; readonly kind: string; readonly required?: true },
  path: string,
  vendors: readonly string[],
): void {
  if (required !== true || vendors.includes(vendor)) return
  const message = `${path} is "${kind}" of ${vendor}, which ${vendors.join(', ')} cannot carry; leave it out, or route to another upstream`
  throw notCarried(message, { details: { field: path } })
}
