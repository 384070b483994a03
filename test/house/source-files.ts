/** Reads the repository's own TypeScript for the house rules: files, syntax trees and imports. */

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'

export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface SourceFile {
  /** The path from the repository's root, with forward slashes. */
  readonly path: string
  readonly text: string
}

export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) => filesUnder(folder, '.ts'))
}

export function filesUnder(folder: string, extension: string): SourceFile[] {
  let names: string[]
  try {
    names = readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(extension) && !name.includes('node_modules/'))
    .sort()
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(`${root}/${folder}/${name}`, 'utf8') }))
}

export interface Node {
  readonly type: string
  readonly start: number
  readonly [field: string]: unknown
}

/** Visits the tree depth first. `parent` and `field` say where the node is attached. */
export function walk(
  node: Node,
  visit: (node: Node, parent: Node | undefined, field: string) => void,
  parent?: Node,
  field = '',
): void {
  visit(node, parent, field)
  for (const name in node) {
    const value = node[name]
    if (!Array.isArray(value)) walkInto(value)
    else for (const child of value) walkInto(child)

    function walkInto(child: unknown): void {
      if (isNode(child)) walk(child, visit, node, name)
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** Several rules look at one file after another, and all trees would fill the memory. */
let latest: { readonly file: SourceFile; readonly tree: Node } | undefined

export function parse(file: SourceFile): Node {
  if (latest?.file === file) return latest.tree
  const { program, errors } = parseSync(file.path, file.text)
  if (errors.length > 0) throw new Error(`${file.path}: ${errors[0]?.message}`)
  latest = { file, tree: program as unknown as Node }
  return latest.tree
}

export function lineOf(file: SourceFile, node: Node): number {
  return file.text.slice(0, node.start).split('\n').length
}

export interface Import {
  readonly specifier: string
  /** A relative specifier becomes a path from the root. A package or built-in stays unchanged. */
  readonly target: string
  readonly typeOnly: boolean
  readonly line: number
}

const known = new WeakMap<SourceFile, readonly Import[]>()

/** Static, dynamic and type imports, and re-exports. `import(expression)` has the specifier `?`. */
export function importsOf(file: SourceFile): readonly Import[] {
  const imports = known.get(file) ?? readImports(file)
  known.set(file, imports)
  return imports
}

function readImports(file: SourceFile): readonly Import[] {
  const found: Import[] = []
  walk(parse(file), (node) => {
    const source = (
      node.type === 'TSImportType' ? (node.source ?? node.argument) : node.source
    ) as Node | null
    if (!importers.has(node.type) || !source) return
    const value = source.type === 'TSLiteralType' ? (source.literal as Node).value : source.value
    const specifier = typeof value === 'string' ? value : '?'
    found.push({
      specifier,
      target: specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : specifier,
      typeOnly: isTypeOnly(node),
      line: lineOf(file, node),
    })
  })
  return found
}

const importers: ReadonlySet<string> = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

/** Only whole declarations count, because `import { type A }` still loads the module at run time. */
function isTypeOnly(node: Node): boolean {
  return node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type'
}
