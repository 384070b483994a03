/** The last part of every build. Fails when the exports of package.json, the sources and the build differ. */

import { existsSync, readdirSync } from 'node:fs'
import { exportEntries, readManifest, threadEntries } from './package-exports.ts'

const root = process.cwd()
const entries = exportEntries(readManifest(root))
const problems: string[] = []

for (const { subpath, source, types, built } of entries) {
  for (const path of [source, types, built]) {
    if (!existsSync(`${root}/${path}`))
      problems.push(`exports["${subpath}"] names ${path}, which does not exist`)
  }
}

// Chunks are shared code. Every other built file is a thread, or a door, so that an export must lead to it.
const threads = threadEntries(root).map(({ built }) => built)
for (const path of threads) if (!existsSync(`${root}/${path}`)) problems.push(`${path} was not built`)
const doors = new Set([...entries.map((entry) => entry.built), ...threads])
for (const path of readdirSync(`${root}/dist`, { recursive: true, encoding: 'utf8' })) {
  const built = `dist/${path}`
  if (!built.endsWith('.js') || /^dist\/chunk-|^dist\/[^/]+-[A-Z0-9]{8}\.js$/.test(built)) continue
  if (!doors.has(built)) problems.push(`${built} was built, but no entry in exports leads to it`)
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`exports: ${entries.length} entries, all built and declared`)
