import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { keepLog, reports } from '../../../servers/process.ts'
import type { RunningServer } from '../../../servers/server.ts'
import { liveServers, type ServerName } from '../servers/index.ts'
import { type ServerRow, serverTable } from './server-table.ts'
import type { ServerState } from './with-server.ts'

interface Outcome {
  readonly row: ServerRow
  readonly state: ServerState
  readonly running?: RunningServer
}

/** Starts the servers that the chosen suites need, all at once and each once. Stops them after the last suite. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'modelspine-live-'))
  const { vitest } = project
  const names = await neededBy(vitest.state.getPaths())
  await rm(reports, { recursive: true, force: true })
  if (names.length > 0)
    console.log(`starting ${names.join(', ')}; to install one the first time takes minutes`)
  const outcomes = await Promise.all(names.map((name) => outcomeOf(name, join(folder, name))))
  project.provide('servers', Object.fromEntries(outcomes.map(({ row, state }) => [row.name, state])))
  return async () => {
    const failed = vitest.state.getCountOfFailedTests() > 0
    for (const { row, running } of outcomes) {
      await running?.stop()
      if (failed && running !== undefined) await keepLog(row.name, running.log)
    }
    await rm(folder, { recursive: true, force: true })
    if (outcomes.length === 0) return
    const table = serverTable(outcomes.map(({ row }) => row))
    console.log(`\n${table}`)
    await mkdir(reports, { recursive: true })
    await writeFile(join(reports, 'servers.txt'), table)
  }
}

/** The servers whose names stand in the files' calls of `withServer`. */
async function neededBy(files: readonly string[]): Promise<readonly ServerName[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const named = new Set(
    texts.flatMap((text) => [...text.matchAll(/\bwithServer\('([^']+)'/g)].map(([, name]) => name)),
  )
  return (Object.keys(liveServers) as ServerName[]).filter((name) => named.has(name))
}

async function outcomeOf(name: ServerName, folder: string): Promise<Outcome> {
  const server = liveServers[name]
  const { version } = server
  const installed = await server.install()
  if ('missing' in installed) return { row: { name, version, ...installed }, state: installed }
  const startedMs = Date.now()
  try {
    await mkdir(folder)
    const running = await server.start({ folder })
    const startMs = Date.now() - startedMs
    const row = { name, version: running.version ?? version, installed, startMs }
    return { row, state: { address: running.address }, running }
  } catch (error) {
    const missing = `${name} ${version} did not start: ${(error as Error).message}`
    return { row: { name, version, missing }, state: { missing } }
  }
}
