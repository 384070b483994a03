/** The target of a request: `/path?query`, or a whole URL as a proxy's clients write it. */
export interface RequestTarget {
  /** The host in the target. It counts instead of the `Host` header (RFC 9112, 3.2.2). */
  readonly host: string | undefined
  /** The path with the query. */
  readonly path: string
}

const absoluteForm = /^https?:\/\/([^/?#]*)([^#]*)/i

export function requestTarget(url: string): RequestTarget {
  const absolute = url.startsWith('/') ? null : absoluteForm.exec(url)
  if (absolute === null) return { host: undefined, path: url }
  const [, host = '', path = ''] = absolute
  return { host, path: path.startsWith('/') ? path : `/${path}` }
}

/** The path below the base path. Empty for a path outside the base path, because no surface serves that. */
export function pathBelow(target: string, basePath: string): string {
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  if (basePath === '') return path
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : ''
}
