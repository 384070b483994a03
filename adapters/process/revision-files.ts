import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Key, Revision } from 'modelspine/adapter'
import { readJson, writeJson } from './json-file.ts'

/** What a revision's folder says about it, for whoever supervises it next. */
export interface RevisionRecord {
  readonly key: Key
  /** Secrets are in it by reference only. */
  readonly revision: Revision
  readonly operationId: string
}

export interface Failure {
  readonly reason: string
  readonly message: string
}

export async function writeRecord(path: string, record: RevisionRecord): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await writeJson(join(path, 'revision.json'), record)
}

export async function readRecord(path: string): Promise<RevisionRecord | undefined> {
  return (await readJson(join(path, 'revision.json'))) as RevisionRecord | undefined
}

export async function readFailure(path: string): Promise<Failure | undefined> {
  return (await readJson(join(path, 'failed.json'))) as Failure | undefined
}

export async function writeFailure(path: string, failure: Failure): Promise<void> {
  await writeJson(join(path, 'failed.json'), failure)
}

/** A file whose being there is all it says. */
export type Mark = 'was-ready' | 'stopping'

export async function setMark(path: string, mark: Mark): Promise<void> {
  await writeFile(join(path, mark), '')
}

export function hasMark(path: string, mark: Mark): Promise<boolean> {
  return stat(join(path, mark)).then(
    () => true,
    () => false,
  )
}

/** Zero before any. */
export async function readFence(keyPath: string): Promise<number> {
  const fence = await readJson(join(keyPath, '.fence'))
  return typeof fence === 'number' ? fence : 0
}

export async function writeFence(keyPath: string, fence: number): Promise<void> {
  await mkdir(keyPath, { recursive: true, mode: 0o700 })
  await writeJson(join(keyPath, '.fence'), fence)
}
