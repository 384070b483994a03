import { importsOf, lineOf, type Node, parse, type SourceFile, walk } from './source-files.ts'

const members: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  performance: ['now', 'timeOrigin'],
  Math: ['random'],
  crypto: ['randomUUID', 'getRandomValues', 'randomBytes', 'randomInt'],
  process: ['hrtime', 'uptime'],
  AbortSignal: ['timeout'],
}
const globals: ReadonlySet<string> = new Set(['setTimeout', 'setInterval', 'setImmediate'])
const timerModules: ReadonlySet<string> = new Set(['node:timers', 'node:timers/promises', 'node:perf_hooks'])

/** The places that read a clock, a timer or a random number, as `path:line: what`. */
export function impurities(file: SourceFile): string[] {
  const found: string[] = []
  const report = (node: Node, what: string): void => {
    found.push(`${file.path}:${lineOf(file, node)}: ${what}`)
  }
  for (const { specifier, typeOnly, line } of importsOf(file)) {
    if (timerModules.has(specifier) && !typeOnly) found.push(`${file.path}:${line}: ${specifier}`)
  }
  walk(parse(file), (node, parent, field) => {
    if (node.type === 'Identifier' && globals.has(String(node.name)) && isReference(parent, field)) {
      report(node, String(node.name))
    }
    if (node.type === 'MemberExpression') {
      const object = nameOf(node.object as Node)
      const property = nameOf(node.property as Node)
      if (members[object]?.includes(property)) report(node, `${object}.${property}`)
      if (object === 'globalThis' && globals.has(property)) report(node, property)
    }
    const callee = node.callee as Node | undefined
    const isDate = callee?.type === 'Identifier' && callee.name === 'Date'
    if (isDate && node.type === 'CallExpression') report(node, 'Date()')
    if (isDate && node.type === 'NewExpression' && (node.arguments as unknown[]).length === 0) {
      report(node, 'new Date()')
    }
    if (node.type === 'ImportSpecifier' && members.crypto?.includes(nameOf(node.imported as Node))) {
      report(node, nameOf(node.imported as Node))
    }
  })
  return found
}

/** The last name of an expression, also for `globalThis.crypto` and `crypto['randomUUID']`. */
function nameOf(node: Node): string {
  if (node.type === 'MemberExpression') return nameOf(node.property as Node)
  return String(node.name ?? node.value ?? '')
}

/** False when the identifier only names a property, a method or a type's field. */
function isReference(parent: Node | undefined, field: string): boolean {
  if (parent?.type === 'MemberExpression') return field === 'object' || parent.computed === true
  return field !== 'key' || parent?.shorthand === true
}
