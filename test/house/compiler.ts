import { execFile } from 'node:child_process'
import { root } from './source-files.ts'

export interface Complaint {
  /** As the compiler names it, relative to the folder it ran in. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** From `error TS2322:` on. */
  readonly text: string
}

export interface Compiled {
  readonly complaints: readonly Complaint[]
  /** Everything that the compiler printed. */
  readonly output: string
}

/**
 * Checks the types of a project in `folder`, in a process of its own. Nothing is written. With several threads the compiler
 * is hardly faster, and checks much of it several times.
 */
export async function compile(folder: string, ...flags: readonly string[]): Promise<Compiled> {
  const args = [
    `${root}/node_modules/typescript/lib/tsc.js`,
    '-p',
    folder,
    '--noEmit',
    '--pretty',
    'false',
    '--singleThreaded',
  ]
  const output = await new Promise<string>((resolve) => {
    // The compiler is done before it would have to make room: collecting garbage takes a quarter of its time.
    const env = { ...process.env, GOGC: 'off', GOMEMLIMIT: '1GiB' }
    execFile(process.execPath, [...args, ...flags], { cwd: folder, env }, (error, stdout, stderr) => {
      const printed = stdout + stderr
      resolve(printed.trim() === '' && error !== null ? String(error) : printed)
    })
  })
  const complaints: Complaint[] = []
  for (const line of output.split('\n')) {
    const [, file, at, column, text] = /^(\S+\.ts)\((\d+),(\d+)\): (.*)$/.exec(line) ?? []
    if (file !== undefined && text !== undefined) {
      complaints.push({ file, line: Number(at), column: Number(column), text })
    } else if (/error/i.test(line) && !line.startsWith(' ')) {
      complaints.push({ file: '', line: 0, column: 0, text: line })
    }
  }
  return { complaints, output }
}
