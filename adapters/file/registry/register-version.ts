import { constants } from 'node:fs'
import { copyFile, mkdir, open, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type Artifact,
  type Clock,
  ModelspineError,
  type NewModelVersion,
  nextVersionNumber,
  sameArtifact,
} from 'modelspine/adapter'
import { stringify } from 'yaml'
import { makeFolder, syncFolder, takePlace } from '../../shared/durable-names.ts'
import { identityOf } from '../../shared/process-identity.ts'
import { lockFile, removeAbandoned } from '../../shared/process-lock.ts'
import { otherArtifact } from '../../shared/registry/other-artifact.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { ArtifactDigests } from './artifact-digests.ts'
import { folderName, type RegistryFolder } from './registry-folder.ts'
import type { ListedFile, VersionFacts } from './version-facts.ts'
import { readArtifact, readVersionFolder, type VersionFolder } from './version-folder.ts'

/**
 * Puts a version in place. It copies `file:` artifacts beside the facts and writes their digests down. It
 * does this in a hidden folder, and renames that folder when it is complete. Other URIs stay unchanged. When
 * a process is killed in between, the next registration removes its half-filled folder.
 */
export async function registerVersion(
  tree: RegistryFolder,
  fresh: NewModelVersion,
  digests: ArtifactDigests,
  clock: Clock,
): Promise<VersionFolder> {
  checkNames(fresh)
  const model = tree.pathOf(fresh.name, '')
  await makeFolder(model)
  await removeAbandoned(model, incomingName)
  const incoming = join(model, lockFile(incomingName, await identityOf(process.pid), clock.id()))
  await mkdir(incoming)
  try {
    const facts = await fill(incoming, fresh, digests, clock)
    await writeSynced(join(incoming, 'model.yaml'), stringify(facts, { lineWidth: 0 }))
    await syncFolder(incoming)
    for (;;) {
      const version = fresh.version ?? nextVersionNumber(await tree.taken(fresh.name))
      const path = tree.pathOf(fresh.name, version)
      const existing = await readVersionFolder(path, fresh.name, version)
      if (existing === undefined && (await takePlace(incoming, path))) {
        await syncFolder(dirname(path))
        return await tree.version(fresh.name, version)
      }
      if (fresh.version === undefined) continue
      const there = await readVersionFolder(path, fresh.name, version)
      if (there === undefined) throw notOurs(path, fresh.name, version)
      return await agreeing(there, incoming, fresh, digests)
    }
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

/** For the folder that is being filled. It is named like a lock, so that its process can be recognised. */
const incomingName = 'incoming'

function checkNames({ name, version }: NewModelVersion): void {
  for (const [field, value] of Object.entries({ name, version })) {
    if (value === undefined || folderName.test(value)) continue
    throw new ModelspineError(
      'invalid-options',
      `${field} is "${value}": use at most 128 letters, digits, ".", "_", "+" and "-", and begin with a letter or digit`,
      { details: { field, value } },
    )
  }
}

async function fill(
  folder: string,
  fresh: NewModelVersion,
  digests: ArtifactDigests,
  clock: Clock,
): Promise<VersionFacts> {
  const { name: _, version: __, artifact, ...facts } = fresh
  const createdAt = new Date(clock.now()).toISOString()
  if (artifact.kind === 'hosted') {
    return { createdAt, ...facts, hosted: { provider: artifact.provider, model: artifact.model } }
  }
  return { createdAt, ...facts, files: await copyFiles(folder, artifact, digests) }
}

async function copyFiles(
  folder: string,
  artifact: Extract<Artifact, { kind: 'files' }>,
  digests: ArtifactDigests,
): Promise<readonly ListedFile[]> {
  const local = artifact.files.flatMap(({ uri }) => (uri.startsWith('file:') ? [fileURLToPath(uri)] : []))
  const base = commonFolder(local)
  const listed: ListedFile[] = []
  const folders = new Set<string>()
  for (const [index, file] of artifact.files.entries()) {
    if (!file.uri.startsWith('file:')) {
      listed.push(file)
      continue
    }
    const source = fileURLToPath(file.uri)
    const path = relative(base, source).split(sep).join('/')
    await copy(source, join(folder, path), `artifact.files[${index}].uri`)
    const digest = await digests.of(join(folder, path))
    if (file.digest !== undefined && file.digest !== digest) {
      throw wrongOption(`artifact.files[${index}].digest`, `is ${file.digest}, and ${source} has ${digest}`)
    }
    listed.push({ path, digest })
    folders.add(dirname(join(folder, path)))
  }
  for (const each of folders) await syncFolder(each)
  return listed
}

async function copy(source: string, target: string, field: string): Promise<void> {
  const found = await stat(source).catch(() => undefined)
  if (!found?.isFile())
    throw wrongOption(field, `is ${pathToFileURL(source).href}, which is not a file: list files`)
  await makeFolder(dirname(target))
  await copyFile(source, target, constants.COPYFILE_FICLONE)
  const handle = await open(target, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * The deepest folder that holds all of the files, so that files in its subfolders keep their relative paths.
 */
function commonFolder(paths: readonly string[]): string {
  const [first = '', ...rest] = paths.map((path) => dirname(resolve(path)))
  let common = first
  while (
    !rest.every(
      (folder) => folder === common || folder.startsWith(common.endsWith(sep) ? common : common + sep),
    )
  ) {
    common = dirname(common)
  }
  return common
}

async function writeSynced(path: string, content: string): Promise<void> {
  await writeFile(path, content, { flush: true })
}

/** The existing version, if it has the same artifact. Throws `conflict` otherwise. */
async function agreeing(
  existing: VersionFolder,
  incoming: string,
  fresh: NewModelVersion,
  digests: ArtifactDigests,
): Promise<VersionFolder> {
  const candidate = await readVersionFolder(incoming, existing.model, existing.version)
  if (candidate !== undefined) {
    const [old, now] = [await placeless(existing, digests), await placeless(candidate, digests)]
    if (sameArtifact(old, now)) return existing
  }
  throw otherArtifact(fresh.name, existing.version)
}

function notOurs(path: string, model: string, version: string): ModelspineError {
  return new ModelspineError(
    'conflict',
    `version "${version}" of model "${model}" cannot be registered, because ${path} exists without a model.yaml: remove the folder, add a model.yaml, or register another version`,
    { details: { model, version, path }, retryable: false },
  )
}

/** The artifact, with paths relative to its own folder. */
async function placeless(folder: VersionFolder, digests: ArtifactDigests): Promise<Artifact> {
  const artifact = await readArtifact(folder, digests)
  if (artifact.kind === 'hosted') return artifact
  const own = `${pathToFileURL(folder.path).href}/`
  const files = artifact.files.map((file) => ({
    ...file,
    uri: file.uri.startsWith(own) ? file.uri.slice(own.length) : file.uri,
  }))
  return { kind: 'files', files }
}
