/** Writes schemas/modelspine.schema.json, which editors read. A test fails when the file is out of date. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { jsonSchema } from '../src/resources/json-schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = 'schemas/modelspine.schema.json'
mkdirSync(`${root}/schemas`, { recursive: true })
writeFileSync(`${root}/${file}`, JSON.stringify(jsonSchema()))
execFileSync(`${root}/node_modules/.bin/biome`, ['format', '--write', file], { cwd: root, stdio: 'inherit' })
