import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { exportEntries, readManifest } from '../../scripts/package-exports.ts'
import { root } from './source-files.ts'

interface Report {
  readonly byImport: readonly string[]
  readonly byUse: readonly string[]
  readonly names: number
  readonly facts?: unknown
}

/** What each import changed, after the imports before it. */
async function probe(
  specifiers: readonly string[],
  useFile?: string,
  env: NodeJS.ProcessEnv = {},
): Promise<readonly Report[]> {
  const script = [
    `--conditions=modelspine/source`,
    `${root}/test/house/host-probe.ts`,
    JSON.stringify(specifiers),
  ]
  if (useFile !== undefined) script.push(useFile)
  const { stdout } = await promisify(execFile)(process.execPath, script, {
    cwd: root,
    env: { ...process.env, ...env },
  })
  return JSON.parse(stdout) as readonly Report[]
}

const doors = exportEntries(readManifest(root))
  .filter(({ source }) => existsSync(`${root}/${source}`))
  .map(({ specifier }) => specifier)

const leaks = [
  ['globalThis.leak = 1', 'global leak'],
  ['globalThis[Symbol.for("undici.globalDispatcher.1")] = {}', 'global Symbol(undici.globalDispatcher.1)'],
  ['globalThis.fetch = () => {}', 'global fetch'],
  ['setInterval(() => {}, 1000)', 'active resources'],
  ['process.on("SIGTERM", () => {})', 'listeners SIGTERM'],
  ['process.env.LEAK = "1"', 'env LEAK'],
  ['process.chdir("/")', 'working directory'],
  ['Array.prototype.leak = 1', 'Array.prototype'],
] as const

describe('importing', () => {
  const reports = new Map<string, Report>()
  beforeAll(async () => {
    const modules = leaks.map(([code]) => `data:text/javascript,${encodeURIComponent(`${code}; export {}`)}`)
    const all = await probe([...doors, ...modules])
    for (const [place, name] of [...doors, ...leaks.map(([code]) => code)].entries()) {
      const report = all[place]
      if (report !== undefined) reports.set(name, report)
    }
  })

  it.each(doors)('%s changes nothing in its host', (specifier) => {
    const report = reports.get(specifier)
    expect(report?.byImport).toEqual([])
    expect(report?.names).toBeGreaterThan(0)
  })

  it.each(leaks)('is reported when it changes its host by: %s', (code, change) => {
    expect(reports.get(code)?.byImport).toEqual([change])
  })
})

describe('using the HTTP client', () => {
  it.each([
    ['used before', 'before'],
    ['uses only later', 'later'],
  ])('leaves a fetch that the host %s to Node', async (_when, moment) => {
    const useFile = `${root}/test/house/use-http-client.ts`
    const [report] = await probe(['modelspine/adapter'], useFile, { PROBE_FETCH: moment })
    expect(report?.facts).toEqual({ status: 200, fetched: 'hello' })
    expect([...(report?.byImport ?? ['no report']), ...(report?.byUse ?? [])]).toEqual([])
  })
})
