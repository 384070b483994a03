/** The bytes that a data: URL holds. */
export interface DataUrl {
  /** Without parameters. Empty when the URL says none. */
  readonly mediaType: string
  readonly base64: string
}

/** Undefined for any other address. */
export function readDataUrl(url: string): DataUrl | undefined {
  // The bytes may be many, and are not looked at.
  const [head, mediaType = '', parameters = ''] = /^data:([^;,]*)([^,]*),/i.exec(url.slice(0, 500)) ?? []
  if (head === undefined) return undefined
  const data = url.slice(head.length)
  if (/;base64$/i.test(parameters)) return { mediaType, base64: data }
  return { mediaType, base64: Buffer.from(decoded(data)).toString('base64') }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
