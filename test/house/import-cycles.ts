import { importsOf, type SourceFile } from './source-files.ts'

/** The cycles of relative imports, with type-only imports. Each cycle appears once, from its first file. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const next = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ target }) => target),
    ]),
  )
  const cycles: string[] = []
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (path: string): void => {
    const seenAt = trail.indexOf(path)
    if (seenAt >= 0) cycles.push([...trail.slice(seenAt), path].join(' → '))
    if (seenAt >= 0 || done.has(path)) return
    trail.push(path)
    for (const target of next.get(path) ?? []) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of next.keys()) visit(path)
  return cycles
}
