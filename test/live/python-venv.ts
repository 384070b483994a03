import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../.live', import.meta.url))

export type PythonVenv = { readonly bin: string } | { readonly missing: string }

/**
 * A Python environment that holds `requirements`. It is made at the first use and kept below .live/.
 * When it cannot be made, the answer says why. In CI this throws, because there every server must run.
 */
export async function pythonVenv(name: string, requirements: readonly string[]): Promise<PythonVenv> {
  const folder = `${cache}/${name}`
  const stamp = `${folder}/requirements.txt`
  const wanted = `${requirements.join('\n')}\n`
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return { bin: `${folder}/bin` }
  try {
    await rm(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder])
    const quiet = ['--disable-pip-version-check', '--quiet', '--prefer-binary']
    await run(`${folder}/bin/pip`, ['install', ...quiet, ...requirements], { timeout: 900_000 })
  } catch (error) {
    const { message, stderr } = error as Error & { readonly stderr?: string }
    const missing = `${name} cannot be installed: ${(stderr || message).trim().split('\n').at(-1)}`
    if (process.env.CI) throw new Error(missing, { cause: error })
    console.log(`skipped what needs ${name}: ${missing}`)
    return { missing }
  }
  await writeFile(stamp, wanted)
  return { bin: `${folder}/bin` }
}
