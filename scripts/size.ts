/**
 * Measures the cost of importing Modelspine: the time compared with zod alone, the modules that are loaded,
 * and the size of the core and of the door for the AI SDK; then the size and the time of each adapter. Needs a build. The
 * loaded modules and the sizes that must be kept decide the exit code. The rest is only printed.
 */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { exportEntries, readManifest } from './package-exports.ts'

const root = process.cwd()
const runs = 31
const adapterRuns = 9
const timeAim = 1.5
const sizeLimitKb = 57
const aiSdkLimitKb = 15
const forbidden = ['undici', 'node:sqlite']

const manifest = readManifest(root)
const entry = exportEntries(manifest).find(({ subpath }) => subpath === '.')
if (entry === undefined || !existsSync(`${root}/${entry.built}`)) {
  console.error('There is no build to measure. Run: npm run build')
  process.exit(1)
}

/** Runs the code in a new process and returns its output. */
function child(code: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}

function importMs(specifier: string): number {
  return Number(
    child(`
      const start = performance.now()
      await import(${JSON.stringify(specifier)})
      console.log(performance.now() - start)
    `),
  )
}

function loadedBy(specifier: string): string[] {
  const loaded: string[] = JSON.parse(
    child(`
      import { registerHooks } from 'node:module'
      const urls = []
      registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
      await import(${JSON.stringify(specifier)})
      console.log(JSON.stringify([...urls, ...process.moduleLoadList]))
    `),
  )
  return loaded
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

// The two imports take turns, so that other work on the machine slows both of them equally.
const ours: number[] = []
const zods: number[] = []
for (let run = 0; run < runs; run += 1) {
  ours.push(importMs(manifest.name))
  zods.push(importMs('zod'))
}
const ratio = median(ours) / median(zods)

const loaded = loadedBy(manifest.name)
const offenders = forbidden.filter((name) =>
  loaded.some((one) =>
    name.startsWith('node:')
      ? one === name || one === `NativeModule ${name.slice('node:'.length)}`
      : one.includes(`/node_modules/${name}/`) || one.startsWith(`NativeModule internal/deps/${name}`),
  ),
)

/**
 * Bundles what one import takes, split like the package: a part that the import loads, and parts that are loaded when
 * needed. In kilobytes.
 */
async function sizesOf(
  statement: string,
  plugins: Plugin[] = [],
): Promise<{ readonly kb: number; readonly laterKb: number }> {
  const bundle = await build({
    stdin: { contents: statement, resolveDir: root },
    plugins,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    outdir: `${root}/dist`,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    packages: 'external',
    legalComments: 'none',
    logLevel: 'error',
  })
  const gzippedKb = new Map(
    bundle.outputFiles.map(({ path, contents }) => [
      relative(root, path),
      gzipSync(contents, { level: 9 }).length / 1000,
    ]),
  )
  const { outputs } = bundle.metafile
  const atOnce = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === '<stdin>'))
  for (const path of atOnce) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && next in outputs) atOnce.add(next)
    }
  }
  const sum = (paths: Iterable<string>): number =>
    [...paths].reduce((total, path) => total + (gzippedKb.get(path) ?? Number.NaN), 0)
  const kb = sum(atOnce)
  return { kb, laterKb: sum(gzippedKb.keys()) - kb }
}

const { kb, laterKb } = await sizesOf(`export * from './${entry.built}'`)

const withoutRouter: Plugin = {
  name: 'without-router',
  setup: ({ onResolve }) => onResolve({ filter: /\/routing\// }, ({ path }) => ({ path, external: true })),
}
// From the source, because the build shares chunks between doors.
const aiSdk = "from './src/ai-sdk/index.ts'"
const { kb: fallbackKb } = await sizesOf(`export { fallback } ${aiSdk}`, [withoutRouter])
const { kb: aiSdkKb, laterKb: aiSdkLaterKb } = await sizesOf(`export * ${aiSdk}`, [withoutRouter])
const { kb: aiSdkWholeKb } = await sizesOf(`export * ${aiSdk}`)

const verdict = (kept: boolean): string => (kept ? 'kept' : 'MISSED')
const small = kb < sizeLimitKb
console.log(`import time   ${ratio.toFixed(2)}× zod alone (medians of ${runs}, by turns)`)
console.log(`              aim ≤ ${timeAim}×: ${verdict(ratio <= timeAim)}`)
console.log(
  `loaded        ${offenders.length === 0 ? 'neither' : offenders.join(' and ')} of ${forbidden.join(', ')}`,
)
console.log(`              must be neither: ${verdict(offenders.length === 0)}`)
console.log(`core bundle   ${kb.toFixed(1)} kB minified and gzipped, dependencies excluded`)
console.log(`              and ${laterKb.toFixed(1)} kB loaded when first needed`)
console.log(`              must be < ${sizeLimitKb} kB: ${verdict(small)}`)
const aiSdkSmall = aiSdkKb < aiSdkLimitKb
console.log(
  `ai-sdk        ${aiSdkKb.toFixed(1)} kB without the router, ${aiSdkWholeKb.toFixed(1)} kB with it`,
)
console.log(`              and ${aiSdkLaterKb.toFixed(1)} kB loaded when first needed`)
console.log(`              must be < ${aiSdkLimitKb} kB without the router: ${verdict(aiSdkSmall)}`)
console.log(`              ${fallbackKb.toFixed(1)} kB for fallback alone, without the router`)

/** Milliseconds that an adapter's import adds for an app that has imported the core. */
function addedMs(specifier: string): number {
  return Number(
    child(`
      await import(${JSON.stringify(manifest.name)})
      const start = performance.now()
      await import(${JSON.stringify(specifier)})
      console.log(performance.now() - start)
    `),
  )
}

/** Libraries that an app installs by itself when it needs them. */
const vendorLibraries = Object.entries(manifest.peerDependenciesMeta ?? {})
  .filter(([, { optional }]) => optional === true)
  .map(([name]) => name)
const early: string[] = []
console.log('\nadapter             own code             import after the core')
for (const { subpath, specifier, built } of exportEntries(manifest)) {
  if (!subpath.startsWith('./adapters/')) continue
  const own = await sizesOf(`export * from './${built}'`)
  const times = Array.from({ length: adapterRuns }, () => addedMs(specifier))
  const urls = loadedBy(specifier)
  early.push(
    ...vendorLibraries
      .filter((name) => urls.some((url) => url.includes(`/node_modules/${name}/`)))
      .map((name) => `${specifier} loads ${name}`),
  )
  const later = own.laterKb > 0 ? ` + ${own.laterKb.toFixed(1)} later` : ''
  const name = subpath.slice('./adapters/'.length)
  console.log(
    `${name.padEnd(20)}${`${own.kb.toFixed(1)} kB${later}`.padEnd(21)}${median(times).toFixed(0)} ms`,
  )
}
console.log(`vendor libraries that are loaded before they are used: ${early.join(', ') || 'none'}`)
if (offenders.length > 0 || !small || !aiSdkSmall || early.length > 0) process.exitCode = 1
