import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ArtifactFile, Revision, TargetRefusal, TargetWant } from 'modelspine/adapter'
import { filesNeeded } from './command-template.ts'
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
  const distant = files.find(({ uri }) => pathOf(uri) === undefined)
  if (distant !== undefined) {
    return refused(
      'ArtifactNotLocal',
      `${name} has the file ${distant.uri}, but this target can run only file: addresses of this machine`,
    )
  }
  const needed = filesNeeded([...settings.command, ...Object.values(settings.env)])
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
    const path = pathOf(uri) ?? ''
    try {
      const found = `sha256:${await digestOf(path, verifyDigests && digest !== undefined, abortSignal)}`
      if (verifyDigests && digest !== undefined && found !== digest) {
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

/** Without `whole`, reads only enough to see that the file can be read. */
async function digestOf(path: string, whole: boolean, abortSignal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  const stream = createReadStream(path, {
    ...(whole ? {} : { end: 0 }),
    ...(abortSignal && { signal: abortSignal }),
  })
  for await (const chunk of stream) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function refused(reason: string, message: string): TargetRefusal {
  return { kind: 'refused', reason, message }
}
