import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { opaPolicy, opaWasmPolicy } from 'modelspine/adapters/opa'
import { type PolicyEngineSubject, policyEngineConformance, policyRequests } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { exampleRules } from '../../../examples/policies/rules.ts'
import { secretOf } from '../../../src/security/secret.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { bundleFile, json, scriptedOpa } from './scripted-opa.ts'

const name = 'company'
const actions = ['deploy', 'command', 'delete'] as const
const questions: Pick<PolicyEngineSubject, 'allowed' | 'denied'> = {
  allowed: policyRequests.deploy(),
  denied: policyRequests.deploy({}),
}

policyEngineConformance({
  name: 'opaPolicy',
  describe,
  it,
  async create() {
    let given = 'kit-token-42'
    const opa = await scriptedOpa(given)
    const engine = opaPolicy({ name, actions, baseUrl: opa.url, token: () => secretOf(given) })
    return {
      subject: {
        engine,
        ...questions,
        fail: () => opa.disturb((response) => json(response, 500, { code: 'internal_error', message: 'no' })),
        stall: () => opa.disturb(() => {}),
        credential: 'kit-old-token-41',
        unauthorize() {
          given = 'kit-old-token-41'
        },
      },
      async dispose() {
        await engine.close?.()
        await opa.close()
      },
    }
  },
})

policyEngineConformance({
  name: 'opaWasmPolicy',
  describe,
  it,
  async create() {
    const file = join(temporaryFolder(), 'policies.tar.gz')
    await copyFile(bundleFile, file)
    const engine = opaWasmPolicy({ name, actions, policy: file })
    // It is not loaded before the first question, so without its file it never decides.
    return { subject: { engine, ...questions, fail: () => rm(file) } }
  },
})

policyEngineConformance({
  name: 'the rules of examples/policies',
  describe,
  it,
  create: () => ({ subject: { engine: exampleRules, ...questions } }),
})
