import { existsSync, readFileSync } from 'node:fs'
import { filesUnder, root, type SourceFile } from './source-files.ts'

/** The documents that users read: README and everything under docs. */
export function documents(): SourceFile[] {
  const readme = `${root}/README.md`
  const first = existsSync(readme) ? [{ path: 'README.md', text: readFileSync(readme, 'utf8') }] : []
  return [...first, ...filesUnder('docs', '.md')]
}
