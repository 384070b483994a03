import { pathWith, type UrlPath } from '../url-path.ts'

/** As Google writes names in addresses: `models/churn@2` keeps its sign. */
function encode(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll('%40', '@')
}

/** A path with names in it, each of which becomes one segment. */
export const googlePath: UrlPath = pathWith(encode)

/** The path of a resource by its whole name, such as `projects/p/locations/l/models/m`, without a slash before. */
export function resourcePath(name: string): string {
  return name
    .split('/')
    .map((segment) => googlePath`${segment}`)
    .join('/')
}
