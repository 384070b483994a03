import type { Resource } from '../resource.ts'

export interface ParseOptions {
  /** What the text is called in problems. A name that ends in `.json` must hold JSON. */
  readonly file?: string
}

/**
 * Resources out of YAML or JSON files and folders of them, in the order of the paths, files sorted by name. `kind` is
 * required in each document, `apiVersion` only checked where it is written. Throws `invalid-resource` with every
 * problem of all files at once; then nothing of them is returned.
 */
export async function loadResources(paths: string | readonly string[]): Promise<readonly Resource[]> {
  const [{ gatherResources }, { readFiles }] = await Promise.all([
    import('./gather-resources.ts'),
    import('./resource-files.ts'),
  ])
  const { files, problems } = await readFiles(typeof paths === 'string' ? [paths] : paths)
  return gatherResources(files, problems)
}

/** The same for a text of one or more documents. */
export async function parseResources(text: string, options: ParseOptions = {}): Promise<readonly Resource[]> {
  const { gatherResources } = await import('./gather-resources.ts')
  return gatherResources([{ ...options, text }], [])
}
