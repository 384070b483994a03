import { ModelspineError } from 'modelspine/adapter'
import type { VendorClient } from '../../shared/vendor-client.ts'
import { artifactsReply, listArtifacts } from '../mlflow-api.ts'

/** A file below the root of an artifact. */
export interface TreeFile {
  /** With `/` between its parts, none of which leads elsewhere. */
  readonly path: string
  /** As the store says. */
  readonly bytes: number | undefined
}

export interface TreeLimits {
  readonly maxFiles: number
  readonly maxBytes: number
}

/** Deeper trees are refused. */
const mostDepth = 32

/** All files below a folder of the store, by name. Throws `registry-unavailable` for a tree that cannot be taken. */
export async function artifactTree(
  client: VendorClient,
  root: string,
  { maxFiles, maxBytes }: TreeLimits,
  abortSignal: AbortSignal | undefined,
): Promise<readonly TreeFile[]> {
  const files: TreeFile[] = []
  const seen = new Set<string>()
  let bytes = 0

  const walk = async (folder: string, depth: number): Promise<void> => {
    if (depth > mostDepth) throw refused(root, `has folders deeper than ${mostDepth}`)
    const at = folder === '' ? root : `${root}/${folder}`
    const { files: listed } = await client.read(artifactsReply, { ...listArtifacts(at), abortSignal })
    for (const { path: name, is_dir, file_size } of listed ?? []) {
      const path = folder === '' ? name : `${folder}/${name}`
      if (!isPlainName(name)) throw refused(root, `has an unsafe name: ${JSON.stringify(path)}`)
      if (seen.has(path)) throw refused(root, `has ${JSON.stringify(path)} twice`)
      seen.add(path)
      if (seen.size > maxFiles) throw refused(root, `has more than the ${maxFiles} files and folders allowed`)
      if (is_dir === true) {
        await walk(path, depth + 1)
        continue
      }
      const size = file_size == null ? undefined : Number(file_size)
      bytes += size ?? 0
      if (bytes > maxBytes) throw refused(root, `has more than the ${maxBytes} bytes allowed`)
      files.push({ path, bytes: size })
    }
  }

  await walk('', 0)
  return files
}

/** The last part of a path, which cannot lead out of its folder on any system. */
function isPlainName(name: string): boolean {
  const isPrintable = [...name].every((character) => character >= ' ')
  return name !== '' && name !== '.' && name !== '..' && isPrintable && !/[/\\:]/.test(name)
}

export function refused(root: string, why: string): ModelspineError {
  return new ModelspineError('registry-unavailable', `the artifact at ${root} cannot be fetched: it ${why}`, {
    details: { path: root },
    retryable: false,
  })
}
