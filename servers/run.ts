import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface RunOptions {
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  /** Leaves the processors to others who want them. */
  readonly nice?: boolean
}

/** Runs a command and gives what it printed. Throws its last complaints when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { cwd, env, timeoutMs = 1_800_000, nice = false } = options
  const [program, ...rest] = nice ? ['nice', '-n', '15', command, ...args] : [command, ...args]
  try {
    const { stdout } = await execute(program, rest, {
      cwd,
      env: { ...process.env, ...env },
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout
  } catch (error) {
    const { code, killed, message, stderr } = error as Error & {
      readonly code?: unknown
      readonly killed?: boolean
      readonly stderr?: string
    }
    if (code === 'ENOENT' || (nice && code === 127))
      throw new Error(`there is no ${command} on this machine`, { cause: error })
    const why = killed ? `it took more than ${timeoutMs / 1000} s` : lastLines(stderr || message)
    throw new Error(`${[command, ...args.slice(0, 2)].join(' ')} failed: ${why}`, { cause: error })
  }
}

export function lastLines(text: string, lines = 5): string {
  return text.trim().split('\n').slice(-lines).join('\n')
}
