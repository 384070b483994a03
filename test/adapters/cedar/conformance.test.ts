import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PolicyEngine } from 'modelspine/adapter'
import { cedarPolicy } from 'modelspine/adapters/cedar'
import { type PolicyEngineSubject, policyEngineConformance, policyRequests } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { temporaryFolder } from '../../temporary-folder.ts'
import { exampleFolder } from './examples.ts'
import './kept-library.ts'

const actions = ['deploy', 'command', 'delete'] as const
const questions: Pick<PolicyEngineSubject, 'allowed' | 'denied'> = {
  allowed: policyRequests.deploy(),
  denied: policyRequests.deploy({}),
}

policyEngineConformance({
  name: 'cedarPolicy',
  describe,
  it,
  async create() {
    const folder = join(temporaryFolder(), 'policies')
    await cp(exampleFolder, folder, { recursive: true })
    const engine = cedarPolicy({ name: 'company', actions, policies: folder })
    // It is not loaded before the first question, so without its files it never decides.
    return { subject: { engine, ...questions, fail: () => rm(folder, { recursive: true }) } }
  },
})

/** One for all laws, because loading takes longer than all of them. */
let loaded: Promise<PolicyEngine> | undefined

async function load(): Promise<PolicyEngine> {
  const engine = cedarPolicy({ name: 'company', actions, policies: exampleFolder })
  await engine.load()
  return engine
}

policyEngineConformance({
  name: 'cedarPolicy, loaded before',
  describe,
  it,
  async create() {
    loaded ??= load()
    return { subject: { engine: await loaded, ...questions } }
  },
})
