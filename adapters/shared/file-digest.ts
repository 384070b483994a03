import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** `sha256:<hex>` of a file, or of its beginning: `end` is the place of the last byte that is read. */
export async function fileDigest(
  path: string,
  { abortSignal, end }: { readonly abortSignal?: AbortSignal | undefined; readonly end?: number } = {},
): Promise<string> {
  const hash = createHash('sha256')
  const stream = createReadStream(path, {
    ...(end !== undefined && { end }),
    ...(abortSignal && { signal: abortSignal }),
  })
  for await (const chunk of stream) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}
