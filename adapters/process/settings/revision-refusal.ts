import { fileURLToPath } from 'node:url'
import type { ArtifactFile, Revision, TargetRefusal, TargetWant } from 'modelspine/adapter'
import { fileDigest } from '../../shared/file-digest.ts'
import { type FilesUsed, filesUsed } from './command-template.ts'
import { settingsProblems } from './deployment-settings.ts'
import type { ProcessSettings } from './options.ts'

/** The reason why these revisions cannot run as processes of this machine. A pure function. */
export function processRefusal(
  { revisions, scale }: TargetWant,
  settings: ProcessSettings,
): TargetRefusal | undefined {
  if (scale.min !== 1 || scale.max !== 1) {
    return refused(
      'ScaleUnsupported',
      `scale is ${scale.min} to ${scale.max}, but this target runs one process for each revision: leave scale out`,
    )
  }
  for (const revision of revisions) {
    const refusal = revisionRefusal(revision, settings)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function revisionRefusal(
  { model, runtime, settings: own }: Revision,
  settings: ProcessSettings,
): TargetRefusal | undefined {
  const name = `${model.registry}/${model.name}:${model.version}`
  if (model.artifact.kind !== 'files') {
    return refused(
      'ArtifactUnsupported',
      `${name} is run by the provider ${model.artifact.provider}, but a process needs files`,
    )
  }
  const { files } = model.artifact
  const used = filesUsed([...settings.command, ...Object.values(settings.env)])
  for (const [place, file] of files.entries()) {
    const refusal = pathOf(file.uri) === undefined && distantRefusal(name, file, place, used, settings)
    if (refusal) return refusal
  }
  const needed = Math.max(used.address ? 1 : 0, ...[...used.paths].map((place) => place + 1))
  if (files.length < needed) {
    return refused('ArtifactIncomplete', `${name} has ${files.length} files, but the command needs ${needed}`)
  }
  const [resource] = Object.keys(runtime.resources)
  if (resource !== undefined) {
    return refused(
      'ResourcesUnsupported',
      `runtime.resources.${resource} cannot be granted to a plain process: leave it out`,
    )
  }
  const [problem] = settingsProblems(own)
  return problem && refused('InvalidSettings', `settings.${problem.field} ${problem.message}`)
}

/** A file elsewhere is run only by a command that takes its address instead of its path. */
function distantRefusal(
  name: string,
  { uri, digest }: ArtifactFile,
  place: number,
  used: FilesUsed,
  { verifyDigests }: ProcessSettings,
): TargetRefusal | undefined {
  const isAddress = /^[a-z][a-z0-9+.-]*:/i.test(uri)
  if (place > 0 || !isAddress || !used.address || used.paths.has(0)) {
    return refused(
      'ArtifactNotLocal',
      `${name} has the file ${uri}, but this target can run only file: addresses of this machine, unless its command takes {uri} instead of {model} and fetches the file by itself`,
    )
  }
  if (digest === undefined || !verifyDigests) return undefined
  return refused(
    'DigestNotChecked',
    `${name} has the file ${uri} with a digest, which cannot be checked before its process fetches the file: set verifyDigests to false when the process checks it`,
  )
}

/**
 * The reason why the files are not the files that the registry names. Reads whole files when digests are
 * checked.
 */
export async function filesRefusal(
  { model }: Revision,
  { verifyDigests }: ProcessSettings,
  abortSignal: AbortSignal | undefined,
): Promise<TargetRefusal | undefined> {
  for (const { uri, digest } of filesOf(model.artifact)) {
    const path = pathOf(uri)
    if (path === undefined) continue
    try {
      // Without a digest to compare, it is enough that the file can be read.
      const compares = verifyDigests && digest !== undefined
      const found = await fileDigest(path, { abortSignal, ...(!compares && { end: 0 }) })
      if (compares && found !== digest) {
        return refused('DigestMismatch', `${path} has the digest ${found}, but the registry says ${digest}`)
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'EISDIR') throw error
      if (code === 'EISDIR' && digest === undefined) continue
      return refused('ArtifactMissing', `${path} cannot be read (${code})`)
    }
  }
  return undefined
}

export function pathsOf({ model }: Revision): readonly string[] {
  return filesOf(model.artifact).map(({ uri }) => pathOf(uri) ?? '')
}

/** The address of the first file. Empty when there is none. */
export function addressIn({ model }: Revision): string {
  return filesOf(model.artifact)[0]?.uri ?? ''
}

function filesOf(artifact: Revision['model']['artifact']): readonly ArtifactFile[] {
  return artifact.kind === 'files' ? artifact.files : []
}

function pathOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri)
  } catch {
    return undefined
  }
}

function refused(reason: string, message: string): TargetRefusal {
  return { kind: 'refused', reason, message }
}
