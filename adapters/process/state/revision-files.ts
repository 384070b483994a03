import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Key, Revision } from 'modelspine/adapter'
import { z } from 'zod'
import { readJson, writeJson } from './json-file.ts'

/** The record in a revision's folder, for the next process that supervises the revision. */
export interface RevisionRecord {
  readonly key: Key
  /** Holds secrets by reference only. */
  readonly revision: Revision
  readonly operationId: string
}

export interface Failure {
  readonly reason: string
  readonly message: string
}

const texts = z.record(z.string(), z.string())
/** The fields of a record that are used without another check. */
const recordFile = z.looseObject({
  key: z.string(),
  operationId: z.string(),
  revision: z.looseObject({
    name: z.string(),
    model: z.looseObject({
      name: z.string(),
      version: z.string(),
      artifact: z.looseObject({ kind: z.enum(['files', 'hosted']) }),
    }),
    runtime: z.looseObject({ env: texts, secrets: texts }),
    settings: z.record(z.string(), z.unknown()),
  }),
})
const failureFile: z.ZodType<Failure> = z.object({ reason: z.string(), message: z.string() })

export async function writeRecord(path: string, record: RevisionRecord): Promise<void> {
  await makeFolder(path)
  await writeJson(join(path, 'revision.json'), record)
}

/** Undefined when no record was written, or when the file is not a valid record. */
export async function readRecord(path: string): Promise<RevisionRecord | undefined> {
  return (await readJson(join(path, 'revision.json'), recordFile)) as RevisionRecord | undefined
}

export function readFailure(path: string): Promise<Failure | undefined> {
  return readJson(join(path, 'failed.json'), failureFile)
}

export async function writeFailure(path: string, failure: Failure): Promise<void> {
  await makeFolder(path)
  await writeJson(join(path, 'failed.json'), failure)
}

/** An empty file. Its existence alone has a meaning. */
export type Mark = 'was-ready' | 'stopping'

export async function setMark(path: string, mark: Mark): Promise<void> {
  await makeFolder(path)
  await writeFile(join(path, mark), '')
}

/** When the mark was set, in milliseconds since the epoch; undefined when it is not there. */
export function markedAtMs(path: string, mark: Mark): Promise<number | undefined> {
  return stat(join(path, mark)).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  )
}

/** Makes the folder again even when a person removed it, so that its process can still be ended. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}
