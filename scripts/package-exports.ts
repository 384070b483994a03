/** Reads the `exports` of package.json into one form, for the build and for the checks. */

import { readdirSync, readFileSync } from 'node:fs'

export interface ExportEntry {
  /** As in package.json: `.` or `./adapters/file`. */
  readonly subpath: string
  /** The specifier that a user imports: `modelspine` or `modelspine/adapters/file`. */
  readonly specifier: string
  /** Paths from the package's root, without the leading `./`. */
  readonly source: string
  readonly types: string
  readonly built: string
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export function readManifest(root: string): Manifest {
  return JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as Manifest
}

/**
 * The files that adapters start as threads, `adapters/NAME/*-worker.ts`. The build keeps each as a file of its own,
 * beside the door that starts it. They are no doors.
 */
export function threadEntries(root: string): Pick<ExportEntry, 'source' | 'built'>[] {
  const files = readdirSync(`${root}/adapters`, { recursive: true, encoding: 'utf8' }).sort()
  return files
    .filter((path) => path.endsWith('-worker.ts'))
    .map((path) => ({ source: `adapters/${path}`, built: `dist/adapters/${path.replace(/\.ts$/, '.js')}` }))
}

/** All entries for code. Plain files such as ./package.json are left out. */
export function exportEntries(manifest: Manifest): ExportEntry[] {
  const entries: ExportEntry[] = []
  for (const [subpath, conditions] of Object.entries(manifest.exports)) {
    if (typeof conditions === 'string') continue
    const path = (condition: string): string => {
      const value = conditions[condition]
      if (!value?.startsWith('./')) throw new Error(`exports["${subpath}"] has no path for "${condition}"`)
      return value.slice(2)
    }
    entries.push({
      subpath,
      specifier: manifest.name + subpath.slice(1),
      source: path('modelspine/source'),
      types: path('types'),
      built: path('default'),
    })
  }
  return entries
}
