import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { opa } from '../../../servers/opa.ts'
import { run } from '../../../servers/run.ts'

export const examples: string = resolve('examples/policies')
export const inputSchema: string = resolve('schemas/opa-input.schema.json')

/** Runs the program `opa` as a person would, and gives what it printed. Throws its complaints. */
export async function opaTool(args: readonly string[], cwd: string = process.cwd()): Promise<string> {
  const folder = required(await opa.install())
  return run(join(folder, 'opa'), args, { cwd, timeoutMs: 60_000 })
}

/** A folder for the time of a suite. */
export async function suiteFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'modelspine-opa-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/**
 * Builds a bundle of the example policies in a folder, with further files, and gives its path. A server reads the target
 * `rego`: one that was made without an engine for WebAssembly does not start with the other.
 */
export async function exampleBundle(
  folder: string,
  revision: string,
  {
    target,
    more = {},
  }: { readonly target: 'rego' | 'wasm'; readonly more?: Readonly<Record<string, string>> },
): Promise<string> {
  const sources = join(folder, `${revision}-${target}`)
  await cp(examples, sources, { recursive: true })
  for (const [name, text] of Object.entries(more)) await writeFile(join(sources, name), text)
  return build(sources, ['-t', target, '--ignore', 'test', '-r', revision])
}

/** A bundle of one policy in WebAssembly. */
export async function compiledRego(folder: string, name: string, rego: string): Promise<Uint8Array> {
  const sources = join(folder, name)
  await mkdir(sources)
  await writeFile(join(sources, 'policy.rego'), rego)
  return readFile(await build(sources, ['-t', 'wasm']))
}

async function build(sources: string, flags: readonly string[]): Promise<string> {
  const bundle = `${sources}.tar.gz`
  await opaTool(['build', '-e', 'modelspine/decision', '-b', '.', ...flags, '-o', bundle], sources)
  return bundle
}
