import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { exportEntries, readManifest } from '../../scripts/package-exports.ts'
import { root } from './source-files.ts'

interface Report {
  readonly byImport: readonly string[]
  readonly byUse: readonly string[]
  readonly names: number
  readonly facts?: unknown
}

async function probe(specifier: string, useFile?: string, env: NodeJS.ProcessEnv = {}): Promise<Report> {
  const script = [`--conditions=modelspine/source`, `${root}/test/house/host-probe.ts`, specifier]
  if (useFile !== undefined) script.push(useFile)
  const { stdout } = await promisify(execFile)(process.execPath, script, {
    cwd: root,
    env: { ...process.env, ...env },
  })
  return JSON.parse(stdout) as Report
}

const entries = exportEntries(readManifest(root))

describe('importing', () => {
  for (const { specifier, source } of entries) {
    it.runIf(existsSync(`${root}/${source}`))(`${specifier} changes nothing in its host`, async () => {
      const report = await probe(specifier)
      expect(report.byImport).toEqual([])
      expect(report.names).toBeGreaterThan(0)
    })
  }

  it.each([
    ['globalThis.leak = 1', 'global leak'],
    ['globalThis[Symbol.for("undici.globalDispatcher.1")] = {}', 'global Symbol(undici.globalDispatcher.1)'],
    ['globalThis.fetch = () => {}', 'global fetch'],
    ['setInterval(() => {}, 1000)', 'active resources'],
    ['process.on("SIGTERM", () => {})', 'listeners SIGTERM'],
    ['process.env.LEAK = "1"', 'env LEAK'],
    ['process.chdir("/")', 'working directory'],
    ['Array.prototype.leak = 1', 'Array.prototype'],
  ])('is reported when it changes its host by: %s', async (code, change) => {
    const { byImport } = await probe(`data:text/javascript,${encodeURIComponent(`${code}; export {}`)}`)
    expect(byImport).toEqual([change])
  })
})

describe('using the HTTP client', () => {
  it.each([
    ['used before', 'before'],
    ['uses only later', 'later'],
  ])('leaves a fetch that the host %s to Node', async (_when, moment) => {
    const useFile = `${root}/test/house/use-http-client.ts`
    const report = await probe('modelspine/adapter', useFile, { PROBE_FETCH: moment })
    expect(report.facts).toEqual({ status: 200, fetched: 'hello' })
    expect([...report.byImport, ...report.byUse]).toEqual([])
  })
})
