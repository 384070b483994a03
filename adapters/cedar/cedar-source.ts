import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from 'modelspine/adapter'
import { wrongOption } from '../shared/wrong-option.ts'

/** Policies: a file, a folder whose files `*.cedar` are read in the order of their names, or a text. */
export type CedarSource = string | URL | CedarText

export interface CedarText {
  /** Names the text in messages, and its policies that have no `@id`. */
  readonly name: string
  readonly text: string
}

/** Throws `invalid-options`. */
export async function readSources(sources: CedarSource | readonly CedarSource[]): Promise<CedarText[]> {
  const all = isList(sources) ? sources : [sources]
  const texts = await Promise.all(all.map(readSource))
  return texts.flat()
}

function isList(sources: CedarSource | readonly CedarSource[]): sources is readonly CedarSource[] {
  return Array.isArray(sources)
}

async function readSource(source: CedarSource): Promise<readonly CedarText[]> {
  if (typeof source !== 'string' && !(source instanceof URL)) return [source]
  try {
    const path = typeof source === 'string' ? source : fileURLToPath(source)
    return await Promise.all((await filesAt(path)).map(readText))
  } catch (error) {
    throw wrongOption(
      'policies',
      `cannot be read: ${messageOf(error)}; give a path, or a text as { name, text }`,
    )
  }
}

async function filesAt(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  const names = await readdir(path)
  return names
    .filter((name) => name.endsWith('.cedar'))
    .sort()
    .map((name) => join(path, name))
}

async function readText(path: string): Promise<CedarText> {
  return { name: basename(path), text: await readFile(path, 'utf8') }
}
