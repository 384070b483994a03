import type { PlaneNames } from '../plane-names.ts'
import type { Resource } from '../resource.ts'

export interface LoadOptions {
  /** With a plane, a name that this plane does not have is a problem too, told with file and line. */
  readonly plane?: { readonly names: PlaneNames }
}

export interface ParseOptions extends LoadOptions {
  /** What the text is called in problems. A name that ends in `.json` must hold JSON. */
  readonly file?: string
}

/**
 * Resources out of YAML or JSON files and folders of them, in the order of the paths, files sorted by name. `kind` is
 * required in each document, `apiVersion` only checked where it is written. Throws `invalid-resource` with every
 * problem of all files at once; then nothing of them is returned.
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

/** The same for a text of one or more documents. */
export async function parseResources(
  text: string,
  { plane, ...named }: ParseOptions = {},
): Promise<readonly Resource[]> {
  const { gatherResources } = await import('./gather-resources.ts')
  return gatherResources([{ ...named, text }], [], plane?.names)
}
