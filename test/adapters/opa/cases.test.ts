import { opaPolicy, opaWasmPolicy } from 'modelspine/adapters/opa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleRules } from '../../../examples/policies/rules.ts'
import { expected, policyCases, shown } from './cases.ts'
import { bundleFile, type ScriptedOpa, scriptedOpa } from './scripted-opa.ts'

const { name, actions } = exampleRules
let opa: ScriptedOpa
beforeAll(async () => {
  opa = await scriptedOpa()
})
afterAll(() => opa.close())

describe('the example policies decide alike', () => {
  const wasm = opaWasmPolicy({ name, actions, policy: bundleFile })

  it.each(policyCases)('in TypeScript, in WebAssembly and over REST: $name', async (each) => {
    const rest = opaPolicy({ name, actions, baseUrl: opa.url })
    for (const engine of [exampleRules, wasm, rest]) {
      expect(shown(await engine.decide(each.request))).toEqual(expected(each))
    }
    await rest.close?.()
  })

  it('in each verdict and about each action', () => {
    const asked = policyCases.map(({ request, verdict }) => `${request.action} ${verdict}`)
    expect([...new Set(asked)].sort()).toEqual(
      actions.flatMap((action) => [`${action} allow`, `${action} deny`]).sort(),
    )
  })
})
