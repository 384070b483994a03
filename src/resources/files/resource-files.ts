import type { Problem } from '../problems/problem.ts'

/** The most bytes that one file may have. A declared resource takes a few hundred bytes. */
const byteLimit = 1024 * 1024

/** The most files in one folder tree. A tree with more files is not a folder of resources. */
const fileLimit = 10_000

const endings = /\.(yaml|yml|json)$/

export interface ReadFiles {
  readonly files: readonly { readonly file: string; readonly text: string }[]
  readonly problems: readonly Problem[]
}

/**
 * Reads files. In folders it reads every .yaml, .yml and .json file, sorted, except names that begin with
 * `.`.
 */
export async function readFiles(paths: readonly string[]): Promise<ReadFiles> {
  const { stat } = await import('node:fs/promises')
  const { normalize } = await import('node:path')
  const found = new Set<string>()
  const problems: Problem[] = []
  for (const path of paths.map((each) => normalize(each))) {
    try {
      const isFolder = (await stat(path)).isDirectory()
      const files = isFolder ? await filesUnder(path) : [path]
      for (const file of files) found.add(file)
      if (files.length === 0)
        problems.push(fileProblem(path, 'holds no .yaml, .yml or .json file', 'Check the path.'))
    } catch (error) {
      problems.push(unreadable(path, error))
    }
  }
  if (found.size > fileLimit) {
    const remedy = 'Name a folder that holds only resources.'
    return {
      files: [],
      problems: [fileProblem(paths.join(', '), `holds more than ${fileLimit} files`, remedy)],
    }
  }
  const files: { file: string; text: string }[] = []
  for (const file of found) {
    const read = await readText(file)
    if ('text' in read) files.push({ file, text: read.text })
    else problems.push(read.problem)
  }
  return { files, problems }
}

/**
 * Files may be links, because Kubernetes mounts a ConfigMap as links. Folders may not, so that no folder
 * contains itself.
 */
async function filesUnder(folder: string): Promise<readonly string[]> {
  const { readdir } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const files: string[] = []
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) files.push(...(await filesUnder(path)))
    else if (endings.test(entry.name)) files.push(path)
    if (files.length > fileLimit) break
  }
  return files
}

async function readText(file: string): Promise<{ readonly text: string } | { readonly problem: Problem }> {
  const { readFile, stat } = await import('node:fs/promises')
  try {
    const { size } = await stat(file)
    if (size > byteLimit) {
      const remedy = `Split it into files of at most ${byteLimit} bytes.`
      return { problem: fileProblem(file, `has ${size} bytes`, remedy) }
    }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)) }
  } catch (error) {
    if (error instanceof TypeError)
      return { problem: fileProblem(file, 'is not UTF-8 text', 'Save it as UTF-8.') }
    return { problem: unreadable(file, error) }
  }
}

function unreadable(path: string, error: unknown): Problem {
  const code = String((error as { code?: unknown } | null)?.code ?? 'an unknown error')
  const remedy = code === 'ENOENT' ? 'Check the path.' : 'Check that it is a file or folder that may be read.'
  return fileProblem(path, code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`, remedy)
}

function fileProblem(file: string, fault: string, remedy: string): Problem {
  return { file, field: '', value: file, message: `${file} ${fault}. ${remedy}`, remedy }
}
