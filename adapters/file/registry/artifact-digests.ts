import { stat } from 'node:fs/promises'
import { fileDigest } from '../../shared/file-digest.ts'

/** SHA-256 of files. A file is read again only when its size, its time or the file itself has changed. */
export interface ArtifactDigests {
  /** `sha256:<hex>`. */
  of(path: string, abortSignal?: AbortSignal): Promise<string>
}

/** Remembers at most `limit` files. Forgets the oldest entry first. */
export function artifactDigests(limit = 10_000): ArtifactDigests {
  const known = new Map<string, { readonly stamp: string; readonly digest: string }>()
  return {
    async of(path, abortSignal) {
      const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
      const stamp = `${ino} ${size} ${mtimeNs} ${ctimeNs}`
      const before = known.get(path)
      if (before?.stamp === stamp) return before.digest
      const digest = await fileDigest(path, { abortSignal })
      known.delete(path)
      known.set(path, { stamp, digest })
      const [oldest] = known.keys()
      if (known.size > limit && oldest !== undefined) known.delete(oldest)
      return digest
    },
  }
}
