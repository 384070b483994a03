/** Writes the files in schemas/, which editors, OPA and Cedar read. A test fails when a file is out of date. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cedarSchema } from '../adapters/cedar/cedar-schema.ts'
import { opaInputJsonSchema } from '../adapters/opa/opa-input-schema.ts'
import { jsonSchema } from '../src/resources/json-schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const schemas = {
  'schemas/modelspine.schema.json': jsonSchema(),
  'schemas/opa-input.schema.json': opaInputJsonSchema(),
}
mkdirSync(`${root}/schemas`, { recursive: true })
for (const [file, schema] of Object.entries(schemas)) {
  writeFileSync(`${root}/${file}`, JSON.stringify(schema))
  execFileSync(`${root}/node_modules/.bin/biome`, ['format', '--write', file], {
    cwd: root,
    stdio: 'inherit',
  })
}
writeFileSync(`${root}/schemas/modelspine.cedarschema`, cedarSchema)
