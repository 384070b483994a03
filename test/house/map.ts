import { existsSync, readdirSync } from 'node:fs'
import { filesUnder, type Node, parse, root, type SourceFile, walk } from './source-files.ts'

/** A part of a page in which functions and files belong together: a table row, a list item or a paragraph. */
export interface Part {
  /** `path:line` of its first line. */
  readonly place: string
  /** The text of its latest `##` heading. */
  readonly section: string
  readonly text: string
}

/** The parts of a markdown page, without its headings and fenced blocks. */
export function partsOf({ path, text }: SourceFile): Part[] {
  const parts: Part[] = []
  let section = ''
  let open: { line: number; lines: string[] } | undefined
  let fenced = false
  const close = (): void => {
    if (open !== undefined)
      parts.push({ place: `${path}:${open.line}`, section, text: open.lines.join('\n') })
    open = undefined
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*```/.test(line)) fenced = !fenced
    if (fenced || /^\s*(```|#|$)/.test(line)) {
      close()
      section = /^##\s+(.*)$/.exec(line)?.[1] ?? section
      continue
    }
    if (/^\s*(\||- |\d+\. )/.test(line)) close()
    open ??= { line: index + 1, lines: [] }
    open.lines.push(line)
  }
  close()
  return parts
}

/** The texts in single backticks. */
export function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
}

const folders = /^(src|adapters|test|scripts|bench|examples|docs)\//

/** Paths of this repository that a page names in backticks. `FILE` and `NAME` stand for any name. */
export function pathsIn(text: string): string[] {
  return codesIn(text).filter((code) => folders.test(code) && !/\s|\b[A-Z]{3,}\b/.test(code))
}

/** Every code that looks like a path, for a page that writes all paths from the root. */
export function allPathsIn(text: string): string[] {
  return codesIn(text).filter(
    (code) =>
      /^[\w./-]+$/.test(code) &&
      (code.includes('/') || /\.(ts|md|json|yaml)$/.test(code)) &&
      !/^modelspine\b|\b[A-Z]{3,}\b(?!\.md)/.test(code),
  )
}

export function isThere(path: string): boolean {
  return existsSync(`${root}/${path}`)
}

/** The functions that a text names as `name()`. */
export function functionsIn(text: string): string[] {
  return codesIn(text).flatMap((code) => /^(\w+)\(\)$/.exec(code)?.[1] ?? [])
}

/** The names of a file's functions, methods and classes, exported or not. */
export function declaredIn(path: string): ReadonlySet<string> {
  const names = new Set<string>()
  const file = filesUnder(path.slice(0, path.lastIndexOf('/')), '.ts').find((one) => one.path === path)
  if (file === undefined) return names
  walk(parse(file), (node) => {
    const named = (declarations.get(node.type) ?? (() => undefined))(node)
    if (named !== undefined && typeof named.name === 'string') names.add(named.name)
  })
  return names
}

/** The node that holds the name of what is declared. */
const declarations: ReadonlyMap<string, (node: Node) => Node | undefined> = new Map([
  ['FunctionDeclaration', (node) => node.id as Node],
  ['MethodDefinition', (node) => node.key as Node],
  ['VariableDeclarator', (node) => (isFunction(node.init) ? (node.id as Node) : undefined)],
  ['Property', (node) => (isFunction(node.value) ? (node.key as Node) : undefined)],
])

function isFunction(value: unknown): boolean {
  const { type } = (value ?? {}) as Partial<Node>
  return type === 'ArrowFunctionExpression' || type === 'FunctionExpression'
}

/** What is wrong with the functions that a part names: no file beside them, or another file declares them. */
export function misplacedFunctions({ place, text }: Part): string[] {
  const files = pathsIn(text).filter((path) => path.endsWith('.ts') && isThere(path))
  return functionsIn(text)
    .filter((name) => !files.some((path) => declaredIn(path).has(name)))
    .map((name) => `${place}: ${name}() is not declared in ${files.join(', ') || 'any file named there'}`)
}

/** The folders under a folder, two levels deep, with the folder itself. */
export function twoLevels(folder: string): string[] {
  const inside = (path: string): string[] =>
    readdirSync(`${root}/${path}`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
      .map(({ name }) => `${path}/${name}`)
      .sort()
  return [folder, ...inside(folder).flatMap((path) => [path, ...inside(path)])]
}
