/**
 * Makes routes of another gateway's config and says what became of it. The routes go to stdout as YAML, the report to
 * stderr, so that `> routes.yaml` keeps the routes only.
 *
 * npm run example -- examples/from-gateway.ts [FILE] [--models groq/llama-3.3-70b-versatile,…]
 *
 * FILE is a config of LiteLLM (YAML, with a model_list) or of Portkey (JSON). Without one, it reads the samples.
 */

import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import {
  formatProblem,
  type LeftField,
  type Moved,
  problemsOf,
  routesFromLitellm,
  routesFromPortkey,
} from 'modelspine/resources'
import { stringify } from 'yaml'
import { wrap } from './telling/screen/text.ts'

const samples = ['litellm.yaml', 'portkey.json'].map((name) => `${import.meta.dirname}/from-gateway/${name}`)

const { values, positionals } = parseArgs({ allowPositionals: true, options: { models: { type: 'string' } } })
try {
  for (const file of positionals.length > 0 ? positionals : samples) {
    const moved = await move(file, values.models?.split(',') ?? [])
    console.log(moved.routes.map((route) => stringify(route, { flowCollectionPadding: true })).join('---\n'))
    for (const line of report(file, moved)) console.error(line)
  }
} catch (error) {
  const problems = problemsOf(error)
  if (problems.length === 0) throw error
  for (const problem of problems) console.error(formatProblem(problem))
  process.exitCode = 1
}

async function move(file: string, models: readonly string[]): Promise<Moved> {
  const text = await readFile(file, 'utf8')
  const options = { file: basename(file), models }
  return /^\s*model_list\s*:/m.test(text)
    ? routesFromLitellm(text, options)
    : routesFromPortkey(text, options)
}

function* report(file: string, { routes, providers, carried, left }: Moved): Generator<string> {
  yield styleText('bold', basename(file))
  const counts = [counted(routes, 'route'), counted(providers, 'provider'), counted(carried, 'field')]
  yield `  ${counts.join(', ')} carried; ${left.length} left`
  yield ''
  yield styleText('bold', '  Providers for the app to make')
  for (const { name, adapter, baseUrl, secrets, settings } of providers) {
    const options = Object.entries({ ...(baseUrl !== undefined && { baseUrl }), ...secrets, ...settings })
    yield `  ${styleText('cyan', name.padEnd(20))} ${adapter ?? styleText('yellow', 'no adapter')}`
    for (const [option, value] of options)
      yield `  ${' '.repeat(20)} ${styleText('dim', `${option}:`)} ${value}`
  }
  yield ''
  yield styleText('bold', '  Left, or not quite the same')
  // Fields with the same reason are told together.
  for (const fields of Map.groupBy(left, ({ reason, instead = '' }) => `${reason}\n${instead}`).values()) {
    for (const field of fields)
      yield `  ${styleText('cyan', placeOf(field).padEnd(5))} ${field.path}${shown(field)}`
    const [{ reason, instead } = { reason: '' }] = fields
    for (const line of wrap(`${reason}.`, 90)) yield `        ${line}`
    for (const line of instead === undefined ? [] : wrap(`→ ${instead}`, 90))
      yield styleText('green', `        ${line}`)
  }
  yield ''
}

function counted({ length }: readonly unknown[], word: string): string {
  return `${length} ${word}${length === 1 ? '' : 's'}`
}

function placeOf({ line }: LeftField): string {
  return line === undefined ? '–' : `:${line}`
}

function shown({ value }: LeftField): string {
  return value === undefined ? '' : styleText('dim', ` = ${value}`)
}
