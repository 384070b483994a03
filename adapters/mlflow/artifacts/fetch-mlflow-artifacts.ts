import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import {
  asModelspineError,
  type Clock,
  isModelspineError,
  ModelspineError,
  sha256,
  systemClock,
  throwIfAborted,
} from 'modelspine/adapter'
import { syncFolder, takePlace } from '../../shared/durable-names.ts'
import { identityOf } from '../../shared/process-identity.ts'
import { lockFile, removeAbandoned } from '../../shared/process-lock.ts'
import { createVendorClient, type VendorClient, type VendorConnection } from '../../shared/vendor-client.ts'
import { checkAboveZero } from '../check-above-zero.ts'
import { getArtifact } from '../mlflow-api.ts'
import { mlflowWords } from '../mlflow-errors.ts'
import { addressOf } from './artifact-address.ts'
import { artifactTree, refused, type TreeFile } from './artifact-tree.ts'
import { type FetchedFile, fetchedBefore, treeDigest, writeManifest } from './fetched-folder.ts'

export interface FetchMlflowArtifactsOptions extends VendorConnection {
  /** The address of a version's artifact, as the registry gives it: `mlflow-artifacts:/1/models/m-…/artifacts`. */
  readonly uri: string
  /** The folder that holds the files afterwards, an absolute path. It must not exist, unless it was fetched before. */
  readonly folder: string
  /** The most bytes of all files together. Default 16 GiB. */
  readonly maxBytes?: number
  /** The most files and folders. Default 10,000. */
  readonly maxFiles?: number
  /** How long MLflow may take until a file begins to come, in milliseconds. Default 600,000. */
  readonly timeoutMs?: number
  readonly abortSignal?: AbortSignal
  readonly clock?: Clock
}

export interface FetchedArtifacts {
  readonly folder: string
  readonly files: readonly FetchedFile[]
  /** `sha256:<hex>` of the names and digests of all files. */
  readonly digest: string
  /** False when an earlier call had fetched them. */
  readonly isNew: boolean
}

/** How many files come at the same time, and how often one is begun. */
const together = 4
const tries = 3
/** The longest time between two pieces of a file, in milliseconds. */
const idleMs = 30_000

/**
 * Downloads an artifact from the store that an MLflow server serves. The folder appears when all of it is there, so a
 * download that was killed never looks whole. A folder that was fetched before is checked against its digests, and
 * nothing is downloaded.
 *
 * Throws `invalid-options`, `unsupported` for an artifact in another store, `conflict` for a folder with other content,
 * `model-not-found` when there are no files, `registry-unavailable`, `auth` and `aborted`.
 */
export async function fetchMlflowArtifacts(options: FetchMlflowArtifactsOptions): Promise<FetchedArtifacts> {
  const { uri, folder, abortSignal } = options
  checkOptions(options)
  throwIfAborted(abortSignal, 'fetching an artifact')
  const client = createVendorClient({ ...options, timeoutMs: idleMs }, mlflowWords)
  try {
    const root = servedPath(client, uri)
    const before = await fetchedBefore(folder, uri, abortSignal)
    if (before !== undefined) return { folder, files: before, digest: treeDigest(before), isNew: false }
    return await download({ client, root, timeoutMs: options.timeoutMs ?? 600_000 }, options)
  } catch (error) {
    throwIfAborted(abortSignal, 'fetching an artifact')
    throw asModelspineError(error, 'registry-unavailable', `the artifact ${uri} cannot be put into ${folder}`)
  } finally {
    await client.close()
  }
}

function checkOptions({ folder, maxBytes = 1, maxFiles = 1 }: FetchMlflowArtifactsOptions): void {
  if (!isAbsolute(folder)) {
    throw new ModelspineError('invalid-options', `folder is "${folder}": give an absolute path`, {
      details: { field: 'folder' },
    })
  }
  checkAboveZero({ maxBytes, maxFiles })
}

function servedPath(client: VendorClient, uri: string): string {
  const address = addressOf(uri, client.baseUrl)
  if (address.kind === 'served' && address.path !== '') return address.path
  throw new ModelspineError(
    'unsupported',
    `MLflow at ${client.baseUrl} does not serve the artifact ${uri}: read it with a client of its own store`,
    { details: { uri } },
  )
}

/** Where files come from. */
interface Origin {
  readonly client: VendorClient
  /** The artifact's folder in the store. */
  readonly root: string
  readonly timeoutMs: number
}

async function download(origin: Origin, options: FetchMlflowArtifactsOptions): Promise<FetchedArtifacts> {
  const { uri, folder, maxBytes = 16 * 1024 ** 3, maxFiles = 10_000, abortSignal } = options
  const { clock = systemClock } = options
  const tree = await artifactTree(origin.client, origin.root, { maxBytes, maxFiles }, abortSignal)
  if (tree.length === 0) {
    throw new ModelspineError('model-not-found', `MLflow has no files at ${uri}`, { details: { uri } })
  }
  const parent = dirname(folder)
  await mkdir(parent, { recursive: true })
  // It is named like a lock, so that the next call knows whether its process lives.
  const mark = `fetch-${sha256(folder).slice(0, 16)}`
  await removeAbandoned(parent, mark)
  const incoming = join(parent, lockFile(mark, await identityOf(process.pid), clock.id()))
  await mkdir(incoming)
  try {
    const files = await fill(origin, incoming, tree, maxBytes, abortSignal)
    await writeManifest(incoming, { uri, files })
    for (const each of foldersOf(incoming, tree)) await syncFolder(each)
    const isNew = await takePlace(incoming, folder)
    if (isNew) await syncFolder(parent)
    // Another process was faster: what it fetched is checked.
    const there = isNew ? files : ((await fetchedBefore(folder, uri, abortSignal)) ?? files)
    return { folder, files: there, digest: treeDigest(there), isNew }
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

function foldersOf(root: string, tree: readonly TreeFile[]): ReadonlySet<string> {
  return new Set([root, ...tree.map(({ path }) => dirname(join(root, path)))])
}

/** Downloads some files at a time. When one fails, the others end before this does. */
async function fill(
  origin: Origin,
  target: string,
  tree: readonly TreeFile[],
  maxBytes: number,
  abortSignal: AbortSignal | undefined,
): Promise<readonly FetchedFile[]> {
  const stop = new AbortController()
  const signal = abortSignal === undefined ? stop.signal : AbortSignal.any([abortSignal, stop.signal])
  const fetched: FetchedFile[] = []
  const waiting = [...tree]
  let left = maxBytes
  const take = (bytes: number): void => {
    left -= bytes
    if (left < 0) throw refused(origin.root, `has more than the ${maxBytes} bytes allowed`)
  }
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      fetched.push(await fetchFile(origin, target, file, take, signal))
    }
  }
  const workers = Array.from({ length: together }, work)
  try {
    await Promise.all(workers)
  } catch (error) {
    stop.abort(error)
    await Promise.allSettled(workers)
    throw error
  }
  return fetched.sort((one, other) => (one.path < other.path ? -1 : 1))
}

async function fetchFile(
  origin: Origin,
  target: string,
  file: TreeFile,
  take: (bytes: number) => void,
  abortSignal: AbortSignal,
): Promise<FetchedFile> {
  const path = join(target, file.path)
  await mkdir(dirname(path), { recursive: true })
  // On some disks two names of the store are one file.
  const handle = await open(path, 'wx')
  try {
    for (let left = tries; ; left -= 1) {
      let bytes = 0
      try {
        const digest = await copy(origin, file, handle, abortSignal, (more) => {
          bytes += more
          take(more)
        })
        return { path: file.path, bytes, digest }
      } catch (error) {
        if (left === 1 || !isModelspineError(error, 'registry-unavailable') || !error.retryable) throw error
        take(-bytes)
        await handle.truncate(0)
      }
    }
  } finally {
    await handle.close()
  }
}

/** Writes what the store has into the open file, and gives its digest. */
async function copy(
  { client, root, timeoutMs }: Origin,
  file: TreeFile,
  handle: FileHandle,
  abortSignal: AbortSignal,
  took: (bytes: number) => void,
): Promise<string> {
  const at = `${root}/${file.path}`
  const { chunks } = await client.stream({ ...getArtifact(at), timeoutMs, abortSignal })
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of chunks) {
    took(chunk.byteLength)
    hash.update(chunk)
    for (let from = 0; from < chunk.byteLength; ) {
      from += (await handle.write(chunk, from, chunk.byteLength - from, bytes + from)).bytesWritten
    }
    bytes += chunk.byteLength
  }
  await handle.sync()
  if (file.bytes === undefined || file.bytes === bytes) return `sha256:${hash.digest('hex')}`
  throw new ModelspineError(
    'registry-unavailable',
    `MLflow gave ${bytes} bytes of ${at}, which has ${file.bytes}`,
    { details: { path: at, bytes, expected: file.bytes } },
  )
}
