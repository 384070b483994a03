import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { jsonSchema, parseResources } from '../../../src/resources/index.ts'

const page = readFileSync('docs/resources.md', 'utf8')

/** Field names and the defaults that are plain values, from anywhere in a schema. */
function fieldsIn(node: unknown, found: Map<string, Set<unknown>> = new Map()): Map<string, Set<unknown>> {
  if (typeof node !== 'object' || node === null) return found
  for (const [key, value] of Object.entries(node)) {
    fieldsIn(value, found)
    if (key !== 'properties') continue
    for (const [field, { default: filled }] of Object.entries<{ default?: unknown }>(value)) {
      const defaults = found.get(field) ?? new Set()
      found.set(field, filled === undefined || typeof filled === 'object' ? defaults : defaults.add(filled))
    }
  }
  return found
}

describe('docs/resources.md', () => {
  it('names every field of the schema', () => {
    const fields = [...fieldsIn(jsonSchema()).keys()]
    expect(fields.length).toBeGreaterThan(40)
    const spoken = new Set(page.match(/[$\w]+/g))
    const missing = fields.filter((field) => !spoken.has(field))
    expect(missing).toEqual([])
  })

  it('names every default in the row of its field', () => {
    const missing: string[] = []
    for (const [field, defaults] of fieldsIn(jsonSchema())) {
      const rows = page.split('\n').filter((row) => row.startsWith('|') && row.includes(field))
      for (const filled of defaults) {
        if (!rows.some((row) => row.includes(String(filled)))) missing.push(`${field}: ${filled}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('shows YAML that loads', async () => {
    const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
    expect(blocks.length).toBeGreaterThan(2)
    for (const text of blocks) expect(await parseResources(text)).not.toEqual([])
  })
})
