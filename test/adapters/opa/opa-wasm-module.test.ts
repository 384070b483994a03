import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import {
  type LoadedPolicy,
  libraryBuiltins,
  type OpaWasmLibrary,
} from '../../../adapters/opa/opa-wasm-library.ts'
import { type ModuleOptions, openModule, type WasmModule } from '../../../adapters/opa/opa-wasm-module.ts'

/** A module that exports what every policy exports, and nothing else. */
const bare = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x06, 0x06, 0x01, 0x7f, 0x00, 0x41, 0x01, 0x0b],
  ...[0x07, 0x18, 0x01, 0x14, ...Buffer.from('opa_wasm_abi_version'), 0x03, 0x00],
)
const path = 'modelspine/decision'

interface Scene {
  readonly opened: { readonly memory: unknown; readonly builtins: unknown; data?: unknown }[]
  open(options?: Partial<ModuleOptions>, data?: unknown): Promise<WasmModule>
}

/** A library whose policies call these built-in functions and answer so. */
function scene(calls: readonly string[], evaluate: LoadedPolicy['evaluate'] = () => []): Scene {
  const opened: Scene['opened'] = []
  const table = Buffer.from(`${JSON.stringify(Object.fromEntries(calls.map((name, id) => [name, id])))}\0`)
  const library: OpaWasmLibrary = {
    loadPolicySync(_code, memory, builtins) {
      const one: Scene['opened'][number] = { memory, builtins }
      opened.push(one)
      return {
        entrypoints: { [path]: 0 },
        mem: { buffer: new Uint8Array(table).buffer },
        wasmInstance: { exports: { builtins: () => 7, opa_json_dump: (address: number) => address - 7 } },
        setData(data) {
          one.data = data
        },
        evaluate,
      }
    },
  }
  return {
    opened,
    open: (options = {}, data) =>
      openModule(
        library,
        { wasm: bare, ...(data !== undefined && { data }) },
        { path, maxMemoryBytes: 2 ** 20, builtins: {}, ...options },
      ),
  }
}

describe('the built-in functions that a policy calls', () => {
  it('are named when WebAssembly lacks them, with what to do', async () => {
    const { open } = scene(['sprintf', 'time.now_ns', 'http.send', 'yaml.unmarshal'])
    await expect(open()).rejects.toThrow(
      'policy calls time.now_ns, http.send, which WebAssembly lacks: write them in "builtins", or ask an OPA server with opaPolicy',
    )
    const builtins = { 'time.now_ns': () => 0 }
    await expect(open({ builtins })).rejects.toThrow('policy calls http.send, which')
  })

  it('are given to the policy when the options have them', async () => {
    const builtins = { 'time.now_ns': () => 0 }
    const { open, opened } = scene(['time.now_ns'])
    await open({ builtins })
    expect(opened).toMatchObject([{ builtins }])
  })

  it('are known to be those that the library has', () => {
    const resolved = createRequire(import.meta.url).resolve('@open-policy-agent/opa-wasm')
    const had: unknown = createRequire(resolved)('./builtins/index.js')
    expect(Object.keys(had as object).sort()).toEqual([...libraryBuiltins].sort())
  })
})

describe('a policy that breaks off', () => {
  it.each([
    ['a text', () => 'opa_malloc: failed', 'opa_malloc: failed'],
    [
      'an object',
      () => ({ message: 'not implemented: built-in function 3' }),
      'not implemented: built-in function 3',
    ],
    ['an error', () => new RangeError('memory.grow'), 'memory.grow'],
    ['nothing', () => undefined, 'undefined'],
  ])('with %s says why, and is made anew for the next question', async (_name, thrown, message) => {
    let breaks = true
    const { open, opened } = scene([], () => {
      if (breaks) throw thrown()
      return [{ result: 'well' }]
    })
    const data = { settings: {} }
    const module = await open({}, data)
    expect(() => module.evaluate('{}')).toThrow(new Error(message))
    breaks = false
    expect([module.evaluate('{}'), module.evaluate('{}')]).toEqual(['well', 'well'])
    expect(opened).toMatchObject([{ data }, { data }])
  })
})

describe('the document of a policy', () => {
  it('is the result of its only answer', async () => {
    const asked: string[] = []
    const { open } = scene([], (json, entrypoint) => {
      asked.push(`${entrypoint} ${Buffer.from(json)}`)
      return [{ result: { verdict: 'allow' } }]
    })
    expect((await open()).evaluate('{"action":"größer"}')).toEqual({ verdict: 'allow' })
    expect(asked).toEqual([`${path} {"action":"größer"}`])
  })

  it('is undefined when there is no answer', async () => {
    expect((await scene([]).open()).evaluate('{}')).toBeUndefined()
  })
})

describe('the memory of a policy', () => {
  it('begins large enough for the texts in its module, and ends at the limit', async () => {
    const { open, opened } = scene([])
    await open({ maxMemoryBytes: 10 * 65_536 + 1 })
    expect(opened).toMatchObject([{ memory: { initial: 6, maximum: 10 } }])
  })
})
