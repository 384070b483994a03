import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditEntry } from 'modelspine/adapter'

export function entry(id: string, details: AuditEntry['details'] = {}): AuditEntry {
  return {
    id,
    atMs: 1_767_225_600_000,
    actor: { name: 'ada' },
    action: 'deployment-applied',
    kind: 'ModelDeployment',
    key: 'default/churn',
    uid: 'uid-1',
    generation: 1,
    details,
  }
}

/** The chain's files in order. */
export function chainFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => join(folder, name))
}

export function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1)
}

export function writeLines(file: string, lines: readonly string[]): void {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}
