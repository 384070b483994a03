import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Artifact, type ArtifactFile, ModelspineError, type ModelVersion } from 'modelspine/adapter'
import type { ArtifactDigests } from './artifact-digests.ts'
import { type DataFile, readDataFile } from './data-file.ts'
import { type ListedFile, type VersionFacts, versionFacts } from './version-facts.ts'

/** The folder of one version. Its facts were read, but its artifact was not. */
export interface VersionFolder {
  readonly model: string
  readonly version: string
  readonly path: string
  readonly facts: DataFile<VersionFacts>
  /** 0 when the version's facts do not say it. */
  readonly createdAtMs: number
  readonly approval: ModelVersion['approval']
}

const factFiles = ['model.yaml', 'model.yml', 'model.json']

/** Undefined when there is no such folder, or the folder has no `model.yaml` or `model.json`. */
export async function readVersionFolder(
  path: string,
  model: string,
  version: string,
): Promise<VersionFolder | undefined> {
  for (const name of factFiles) {
    try {
      const facts = await readDataFile(join(path, name), versionFacts)
      const { createdAt, approval = 'unknown' } = facts.value
      const createdAtMs = createdAt === undefined ? 0 : Date.parse(createdAt)
      return { model, version, path, facts, createdAtMs, approval }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    }
  }
  return undefined
}

/**
 * The artifact, with a computed digest for every file in the folder. Digests that the facts give are
 * checked.
 */
export async function readArtifact(
  folder: VersionFolder,
  digests: ArtifactDigests,
  abortSignal?: AbortSignal,
): Promise<Artifact> {
  const { files, hosted } = folder.facts.value
  if (hosted !== undefined) return { kind: 'hosted', ...hosted }
  const listed = files ?? (await everyFile(folder.path)).map((path) => ({ path }))
  if (listed.length === 0) {
    throw unusable(
      folder,
      'files',
      'the folder has no other file: put the artifact there, or write "files" or "hosted"',
    )
  }
  const described: ArtifactFile[] = []
  for (const file of listed) described.push(await describe(folder, file, digests, abortSignal))
  return { kind: 'files', files: described }
}

async function describe(
  folder: VersionFolder,
  file: ListedFile,
  digests: ArtifactDigests,
  abortSignal: AbortSignal | undefined,
): Promise<ArtifactFile> {
  if ('uri' in file) return { uri: file.uri, ...(file.digest === undefined ? {} : { digest: file.digest }) }
  const path = join(folder.path, file.path)
  const digest = await digests.of(path, abortSignal).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'EISDIR') throw error
    throw unusable(folder, 'files', `there is no file "${file.path}" in its folder`)
  })
  if (file.digest !== undefined && file.digest !== digest) {
    throw unusable(
      folder,
      'files',
      `"${file.path}" has changed since it was registered: its digest is ${digest} instead of ${file.digest}`,
    )
  }
  return { uri: pathToFileURL(path).href, digest }
}

/** Sorted paths relative to the version's folder, without hidden files and without the facts. */
async function everyFile(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths: string[] = []
  for (const entry of entries) {
    const path = relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/')
    const isFile = entry.isFile() || (entry.isSymbolicLink() && (await stat(join(folder, path))).isFile())
    const hidden = path.split('/').some((part) => part.startsWith('.'))
    if (isFile && !hidden && !factFiles.includes(path)) paths.push(path)
  }
  return paths.sort()
}

function unusable(folder: VersionFolder, field: string, why: string): ModelspineError {
  return new ModelspineError(
    'registry-unavailable',
    `version "${folder.version}" of model "${folder.model}" cannot be used: ${why}`,
    { details: { file: folder.path, field } },
  )
}
