import { ModelspineError } from '../errors.ts'

/** Decodes a name in a path: `risk%2Fchurn` is `risk/churn`. Throws `bad-request`. */
export function pathName(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new ModelspineError('bad-request', `"${segment}" in the path is not percent-encoded UTF-8`)
  }
}
