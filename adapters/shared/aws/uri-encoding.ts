import { pathWith, type UrlPath } from '../url-path.ts'

/** Names and values, each as often as it is sent. */
export type QueryPairs = readonly (readonly [name: string, value: string])[]

/** As AWS encodes a part of an address: all but letters, digits and `-._~`. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, percentEscape)
}

function percentEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

/** A path with names in it, as `pathWith` makes them, encoded as AWS signs it. */
export const awsPath: UrlPath = pathWith(uriEncode)

/** A query as AWS signs it, and as it is sent: sorted by name, then by value. Empty for no pairs. */
export function encodedQuery(pairs: QueryPairs): string {
  return pairs
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([oneName, oneValue], [name, value]) => order(oneName, name) || order(oneValue, value))
    .map((pair) => pair.join('='))
    .join('&')
}

/** The pairs of a query that is encoded. */
export function decodedQuery(query: string): QueryPairs {
  return query
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const at = piece.indexOf('=')
      const [name, value] = at < 0 ? [piece, ''] : [piece.slice(0, at), piece.slice(at + 1)]
      return [decodeURIComponent(name), decodeURIComponent(value)]
    })
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
