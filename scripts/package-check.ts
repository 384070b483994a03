/**
 * Packs the package as it would be published and checks it from outside: publint, attw, install scripts, and the links
 * between its pages. It installs the tarball in an empty project, and the AI SDK beside it. It compiles and runs the
 * README's examples there, and runs the adapter of docs/writing-an-adapter.md with its conformance kit. It writes a bill of
 * materials to reports/sbom.cdx.json. `--skip-build` packs what `npm run build` made before.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize, relative } from 'node:path'
import { type CodeBlock, codeBlocks, fileNameOf } from '../test/house/code-blocks.ts'
import { exportEntries, readManifest } from './package-exports.ts'

const root = process.cwd()
const manifest = readManifest(root)
const timeout = 300_000
const folder = mkdtempSync(join(tmpdir(), 'modelspine-package-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

function fail(title: string, reasons: string): never {
  console.error(reasons)
  console.error(`package:check failed at: ${title}`)
  process.exit(1)
}

/** Prints the title, runs the command and returns what it printed. Shows that only when the command fails. */
function run(title: string, cwd: string, command: string, ...args: string[]): string {
  console.log(`— ${title}`)
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout })
  if (status === 0) return stdout
  return fail(`${title} (${error?.message ?? `exit code ${status}`})`, stdout + stderr)
}

/** Prints the title, and fails with the reasons if there are any. */
function expectNone(title: string, reasons: readonly string[]): void {
  console.log(`— ${title}`)
  if (reasons.length > 0) fail(title, reasons.join('\n'))
}

function blocksOf(path: string): CodeBlock[] {
  const blocks = codeBlocks({ path, text: readFileSync(`${root}/${path}`, 'utf8') })
  return blocks.filter(({ info }) => info === 'ts')
}

const skipBuild = process.argv.includes('--skip-build') ? ['--ignore-scripts'] : []
run('npm pack', root, 'npm', 'pack', '--loglevel=error', '--pack-destination', folder, ...skipBuild)
const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
if (tarball === undefined) throw new Error('npm pack did not make a tarball')

run('publint', root, 'publint', 'run', '--strict', join(folder, tarball))
run('attw', root, 'attw', join(folder, tarball), '--profile', 'esm-only', '--format', 'ascii', '--no-emoji')

const project = join(folder, 'project')
mkdirSync(project)
writeFileSync(
  join(project, 'package.json'),
  JSON.stringify({ name: 'empty', version: '0.0.0', private: true, type: 'module' }),
)
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
writeFileSync(
  join(project, 'tsconfig.json'),
  JSON.stringify({ compilerOptions, include: ['*.ts'], exclude: ['readme-*.ts'] }),
)
// The declarations of `ai` are not made for exact optional properties. Ours are checked above.
writeFileSync(
  join(project, 'tsconfig.readme.json'),
  JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: true }, include: ['readme-*.ts'] }),
)
const entries = exportEntries(manifest)
const imports = entries.map(({ specifier }, index) => `import * as door${index} from '${specifier}'`)
const doors = entries.map((_, index) => `door${index}`).join(', ')
writeFileSync(
  join(project, 'doors.ts'),
  `${imports.join('\n')}\nfor (const door of [${doors}]) if (Object.keys(door).length === 0) process.exit(1)\n`,
)
// `@ai-sdk/provider` imports its types, and leaves it to others to install them.
writeFileSync(
  join(project, 'json-schema.d.ts'),
  "declare module 'json-schema' { export type JSONSchema7 = object; export type JSONSchema7Definition = object }\n",
)
const examples = blocksOf('README.md')
if (examples.length === 0) throw new Error('README.md has no ```ts block')
for (const [place, { text }] of examples.entries()) {
  writeFileSync(join(project, `readme-${place}.ts`), `${text}\nexport {}\n`)
}
writeFileSync(join(project, 'sqlite.ts'), blocksOf('docs/adapters/sqlite.md')[0]?.text ?? '')
for (const block of blocksOf('docs/writing-an-adapter.md')) {
  const name = fileNameOf(block)
  if (name !== undefined) writeFileSync(join(project, name), block.text)
}

/** Links between the pages of the package that lead out of it, or nowhere. */
function brokenLinks(packed: string): string[] {
  const pages = readdirSync(packed, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  )
  return pages.flatMap((page) => {
    const text = readFileSync(join(packed, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link)
    const broken = links.filter((link) => {
      const path = normalize(join(dirname(page), link))
      return path.startsWith('..') || !existsSync(join(packed, path))
    })
    return broken.map((link) => `${page}: ${link} is not in the package`)
  })
}

const compiler = ['typescript', '@types/node'].map((name) => `${name}@${manifest.devDependencies?.[name]}`)
const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
run('npm install of the compiler', project, 'npm', 'install', '--save-dev', ...quiet, ...compiler)
run('npm install of the tarball', project, 'npm', 'install', ...quiet, join(folder, tarball))

interface Locked {
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}
const lock = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'))
const users = Object.entries<Locked>(lock.packages).filter(([, { dev }]) => dev !== true)
expectNone(
  'nothing that users install has an install script',
  users.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path),
)
const packed = join(project, 'node_modules', manifest.name)
expectNone('the links between its pages lead to pages in it', brokenLinks(packed))

// The AI SDK comes after what tells of the package alone. Its declarations are those of an app that has it.
const sdk = ['ai', '@ai-sdk/openai-compatible'].map((name) => `${name}@${manifest.devDependencies?.[name]}`)
run('npm install of the AI SDK', project, 'npm', 'install', ...quiet, ...sdk)

// The subject of the bill is the package itself, so npm makes the bill where the package is the root.
const subject = join(folder, manifest.name)
mkdirSync(subject)
const { name, version, dependencies, peerDependencies } = manifest
writeFileSync(
  join(subject, 'package.json'),
  JSON.stringify({ name, version, dependencies, peerDependencies }),
)
run(
  'npm install in the package itself',
  subject,
  'npm',
  'install',
  '--omit=dev',
  '--ignore-scripts',
  ...quiet,
)
const sbom = run(
  'npm sbom',
  subject,
  'npm',
  'sbom',
  '--omit=dev',
  '--sbom-format=cyclonedx',
  '--sbom-type=library',
)
const bill = JSON.parse(sbom)
const listed: readonly string[] = bill.components.map((each: { name: string }) => each.name)
const installed = users
  .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
  .filter((name) => name !== manifest.name)
const purl = `pkg:npm/${manifest.name}@${manifest.version}`
expectNone('the bill of materials is about the package, and lists what is installed with it', [
  ...(bill.metadata.component.purl === purl
    ? []
    : [`its subject is ${bill.metadata.component.purl}, not ${purl}`]),
  ...installed.filter((name) => !listed.includes(name)).map((name) => `${name} is missing`),
  ...(sbom.includes(folder) ? ['it holds a path of this machine'] : []),
])
mkdirSync(join(root, 'reports'), { recursive: true })
const sbomFile = join(root, 'reports/sbom.cdx.json')
writeFileSync(sbomFile, sbom)

const tsc = join(project, 'node_modules/typescript/bin/tsc')
run('tsc', project, process.execPath, tsc)
run('tsc of README’s examples', project, process.execPath, tsc, '-p', 'tsconfig.readme.json')
run('every door opens', project, process.execPath, 'out/doors.js')
for (const place of examples.keys()) {
  const vendors = ['--import', join(root, 'scripts/readme-vendors.ts')]
  run(`README’s example ${place + 1} runs`, project, process.execPath, ...vendors, `out/readme-${place}.js`)
}
run('the SQLite store finds its thread', project, process.execPath, 'out/sqlite.js')
run('the documented adapter keeps its laws', project, process.execPath, '--test', '*.test.ts')
console.log(`package: ${manifest.name}@${manifest.version} packs, lints, installs, compiles and runs`)
console.log(
  `         ${installed.length} packages are installed with it, listed in ${relative(root, sbomFile)}`,
)
