import type { Alias, Document, LineCounter, Node, Pair, YAMLMap, YAMLSeq } from 'yaml'
import type { FieldPath } from '../problems/field-path.ts'

/** Counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

type Yaml = typeof import('yaml')

/** Where a field is written. For a missing field, the place of its nearest parent. */
export function positionOf(yaml: Yaml, document: Document, lines: LineCounter, path: FieldPath): Position {
  let offset = startOf(document.contents) ?? 0
  let node: unknown = document.contents
  for (const step of path) {
    const holder = yaml.isAlias(node) ? (node as Alias).resolve(document) : node
    const next = yaml.isMap(holder)
      ? pairOf(yaml, holder, step)
      : yaml.isSeq(holder)
        ? { at: (holder as YAMLSeq).items[Number(step)], value: (holder as YAMLSeq).items[Number(step)] }
        : undefined
    const start = startOf(next?.at)
    if (start === undefined) break
    offset = start
    node = next?.value
  }
  return lineAndColumn(lines, offset)
}

/** The innermost field that is written around an offset or right before it. */
export function pathAt(yaml: Yaml, document: Document, offset: number): FieldPath {
  const path: (string | number)[] = []
  let node: unknown = document.contents
  while (yaml.isCollection(node)) {
    const entries: readonly Entry[] = yaml.isMap(node)
      ? node.items.map((pair) => ({ step: keyText(yaml, pair), at: pair.key, value: pair.value }))
      : node.items.map((item, index) => ({ step: index, at: item, value: item }))
    const entry = entries.findLast(({ at }) => (startOf(at) ?? Number.POSITIVE_INFINITY) <= offset)
    if (entry === undefined) break
    path.push(entry.step)
    node = entry.value
  }
  return path
}

export function lineAndColumn(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

interface Entry {
  readonly step: string | number
  /** The node whose position is the entry's position. */
  readonly at: unknown
  readonly value: unknown
}

function pairOf(yaml: Yaml, map: YAMLMap, step: string | number): Entry | undefined {
  const pair = map.items.findLast((each) => keyText(yaml, each) === String(step))
  return pair && { step, at: pair.key, value: pair.value }
}

function keyText(yaml: Yaml, pair: Pair): string {
  return yaml.isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
