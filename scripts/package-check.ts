/**
 * Packs the package as it would be published and checks it from outside. Runs publint and attw. Then it
 * installs the package in an empty project. There it compiles and runs the first example of the README, and
 * runs the adapter of docs/writing-an-adapter.md with its conformance kit. `--skip-build` packs the result of
 * an earlier `npm run build`.
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CodeBlock, codeBlocks, fileNameOf } from '../test/house/code-blocks.ts'
import { exportEntries, readManifest } from './package-exports.ts'

const root = process.cwd()
const manifest = readManifest(root)
const timeout = 300_000
const folder = mkdtempSync(join(tmpdir(), 'modelspine-package-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Prints the title and runs the command. Shows the command's output only when the command fails. */
function run(title: string, cwd: string, command: string, ...args: string[]): void {
  console.log(`— ${title}`)
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout })
  if (status === 0) return
  console.error(stdout + stderr)
  console.error(`package:check failed at: ${title} (${error?.message ?? `exit code ${status}`})`)
  process.exit(1)
}

function blocksOf(path: string): CodeBlock[] {
  const blocks = codeBlocks({ path, text: readFileSync(`${root}/${path}`, 'utf8') })
  return blocks.filter(({ info }) => info === 'ts')
}

function firstExample(): string {
  const [example] = blocksOf('README.md')
  if (example === undefined) throw new Error('README.md has no ```ts block')
  return example.text
}

const skipBuild = process.argv.includes('--skip-build') ? ['--ignore-scripts'] : []
run('npm pack', root, 'npm', 'pack', '--loglevel=error', '--pack-destination', folder, ...skipBuild)
const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
if (tarball === undefined) throw new Error('npm pack did not make a tarball')

run('publint', root, 'publint', 'run', '--strict', join(folder, tarball))
run('attw', root, 'attw', join(folder, tarball), '--profile', 'esm-only', '--format', 'ascii', '--no-emoji')

const project = join(folder, 'project')
mkdirSync(project)
writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
const compilerOptions = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  rewriteRelativeImportExtensions: true,
  types: ['node'],
  outDir: 'out',
}
writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
const entries = exportEntries(manifest)
const imports = entries.map(({ specifier }, index) => `import * as door${index} from '${specifier}'`)
const doors = entries.map((_, index) => `door${index}`).join(', ')
writeFileSync(
  join(project, 'doors.ts'),
  `${imports.join('\n')}\nfor (const door of [${doors}]) if (Object.keys(door).length === 0) process.exit(1)\n`,
)
writeFileSync(join(project, 'readme.ts'), firstExample())
for (const block of blocksOf('docs/writing-an-adapter.md')) {
  const name = fileNameOf(block)
  if (name !== undefined) writeFileSync(join(project, name), block.text)
}

const compiler = ['typescript', '@types/node'].map((name) => `${name}@${manifest.devDependencies?.[name]}`)
const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
run('npm install of the tarball', project, 'npm', 'install', ...quiet, join(folder, tarball), ...compiler)
run('tsc', project, process.execPath, join(project, 'node_modules/typescript/bin/tsc'))
run('every door opens', project, process.execPath, 'out/doors.js')
run('README’s first example runs', project, process.execPath, 'out/readme.js')
run('the documented adapter keeps its laws', project, process.execPath, '--test', '*.test.ts')
console.log(`package: ${manifest.name}@${manifest.version} packs, lints, installs, compiles and runs`)
