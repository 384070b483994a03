import { join } from 'node:path'
import { cached, cacheFolder, installation } from './cache.ts'
import { run } from './run.ts'
import type { Installation } from './server.ts'

const uvVersion = '0.13.8'
const pip = ['-m', 'pip', '--disable-pip-version-check', '--quiet', 'install']

/** Some systems tell Python not to keep compiled code. Then every start is as slow as the first one. */
export const pythonEnvironment: Readonly<Record<string, string>> = { PYTHONDONTWRITEBYTECODE: '' }

/** What is done in a new environment after its packages are there. `recipe` is all that decides its outcome. */
export interface VenvEnd {
  readonly recipe: readonly string[]
  readonly run: (bin: string) => Promise<void>
}

/** Puts Python packages into an environment of their own. Its programs are in `bin/` of the installed folder. */
export function pythonVenv(
  name: string,
  version: string,
  packages: readonly string[],
  end?: VenvEnd,
): Promise<Installation> {
  return installation(name, version, async () => {
    const told = await run('python3', ['-c', 'import sys; print(sys.executable, sys.version)'])
    const [python = ''] = told.split(' ')
    const recipe = [told, ...packages, ...(end?.recipe ?? [])]
    return cached({ name, version, recipe }, async (folder) => {
      // pip needs ten times as long, and it is everywhere.
      await withUv(folder, python, packages).catch(() => withPip(folder, python, packages))
      await end?.run(join(folder, 'bin'))
    })
  })
}

async function withUv(folder: string, python: string, packages: readonly string[]): Promise<void> {
  const { folder: tools } = await cached({ name: 'uv', version: uvVersion, recipe: [] }, async (target) => {
    await run(python, [...pip, '--target', target, `uv==${uvVersion}`])
  })
  const uv = join(tools, 'bin/uv')
  const env = { UV_CACHE_DIR: join(cacheFolder(), 'uv-packages'), UV_PYTHON_DOWNLOADS: 'never' }
  await run(uv, ['venv', '--clear', '--python', python, folder], { env })
  await run(uv, ['pip', 'install', '--python', join(folder, 'bin/python'), ...packages], { env })
}

async function withPip(folder: string, python: string, packages: readonly string[]): Promise<void> {
  await run(python, ['-m', 'venv', '--clear', folder])
  await run(join(folder, 'bin/python'), [...pip, '--prefer-binary', ...packages])
}
