/**
 * Writes the list of laws at the end of each page of docs/contracts, from the conformance kits. A test fails when
 * a list is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  auditLogLaws,
  deploymentTargetLaws,
  metricSourceLaws,
  modelProviderLaws,
  modelRegistryLaws,
  policyEngineLaws,
  priceTableLaws,
  secretStoreLaws,
  stateStoreLaws,
} from '../src/testing/index.ts'

interface ListedLaw {
  readonly name: string
  readonly hooks?: readonly string[]
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** The pages of docs/contracts, each with the laws of its kit. */
export const lawPages: ReadonlyMap<string, readonly ListedLaw[]> = new Map<string, readonly ListedLaw[]>([
  ['audit-log', auditLogLaws],
  ['deployment-target', deploymentTargetLaws],
  ['metric-source', metricSourceLaws],
  ['model-provider', modelProviderLaws],
  ['model-registry', modelRegistryLaws],
  ['policy-engine', policyEngineLaws],
  ['price-table', priceTableLaws],
  ['secret-store', secretStoreLaws],
  ['state-store', stateStoreLaws],
])

const heading = '\n## The laws of the kit\n'

/** The page with the list of laws at its end. */
export function withLaws(page: string, laws: readonly ListedLaw[]): string {
  const [text = ''] = page.split(heading)
  const lines = laws.map(({ name, hooks = [] }) => {
    const needs = hooks.map((hook) => `\`${hook}\``).join(', ')
    return `- ${name}${needs === '' ? '' : ` (hook: ${needs})`}`
  })
  const intro = `These are all ${laws.length}, written here by \`npm run laws\`. Some apply only to what the capabilities declare.`
  return `${text.trimEnd()}\n${heading}\n${intro}\n\n${lines.join('\n')}\n`
}

export function pageOf(name: string): string {
  return `${root}docs/contracts/${name}.md`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, laws] of lawPages) {
    const path = pageOf(name)
    writeFileSync(path, withLaws(readFileSync(path, 'utf8'), laws))
  }
}
