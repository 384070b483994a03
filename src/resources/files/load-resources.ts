import type { PlaneNames } from '../plane-names.ts'
import type { Resource } from '../resource.ts'

export interface LoadOptions {
  /** With a plane, a name that this plane does not have is a problem too, told with file and line. */
  readonly plane?: { readonly names: PlaneNames }
}

export interface ParseOptions extends LoadOptions {
  /** The text's name in problems. A text whose name ends in `.json` must hold JSON. */
  readonly file?: string
}

/**
 * Loads resources from YAML or JSON files and from folders of such files. They come in the order of the
 * paths; the files of a folder are sorted by name. Each document must have a `kind`; `apiVersion` is only
 * checked when it is written. Throws `invalid-resource` with every problem of all files at once, and then
 * returns no resource.
 */
export async function loadResources(
  paths: string | readonly string[],
  { plane }: LoadOptions = {},
): Promise<readonly Resource[]> {
  const [{ gatherResources }, { readFiles }] = await Promise.all([
    import('./gather-resources.ts'),
    import('./resource-files.ts'),
  ])
  const { files, problems } = await readFiles(typeof paths === 'string' ? [paths] : paths)
  return gatherResources(files, problems, plane?.names)
}

/** Does the same for a text of one or more documents. */
export async function parseResources(
  text: string,
  { plane, ...named }: ParseOptions = {},
): Promise<readonly Resource[]> {
  const { gatherResources } = await import('./gather-resources.ts')
  return gatherResources([{ ...named, text }], [], plane?.names)
}
