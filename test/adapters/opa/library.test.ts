import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

describe('the library for WebAssembly', () => {
  it('is asked for with a message that says what to install, where it is missing', async () => {
    const script = ['--conditions=modelspine/source', 'test/adapters/opa/without-library.ts']
    const { stdout } = await promisify(execFile)(process.execPath, script)
    expect(JSON.parse(stdout)).toEqual({
      code: 'unsupported',
      verdict: 'error',
      messages: [
        expect.stringMatching(
          /^opaWasmPolicy needs @open-policy-agent\/opa-wasm, .*: run npm install @open-policy-agent\/opa-wasm$/,
        ),
      ],
    })
  })

  it('is loaded by the first policy, and not by an import', async () => {
    const script = `
      import { opaWasmPolicy } from 'modelspine/adapters/opa'
      import { createRequire } from 'node:module'
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('opa-wasm'))
      const engine = opaWasmPolicy({ actions: ['invoke'], policy: 'test/adapters/opa/fixtures/policies.tar.gz' })
      const before = loaded()
      await engine.load()
      console.log(JSON.stringify([before, loaded()]))`
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=modelspine/source',
      '--input-type=module',
      '--eval',
      script,
    ])
    expect(JSON.parse(stdout)).toEqual([false, true])
  })
})
