import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ApplyOptions, Key, ObservedRevision, Revision, TargetWant } from 'modelspine/adapter'
import {
  type JournalLine,
  type ProcessTarget,
  type ProcessTargetOptions,
  processTarget,
} from '../../../adapters/process/index.ts'

export const key: Key = 'default/churn'
export const secretValue = 'hunter2-and-more'
export const serverFile: string = fileURLToPath(new URL('./fixtures/server.mjs', import.meta.url))

export type Mode = 'well' | 'crash' | 'crash-once' | 'never-ready' | 'chatty' | 'deaf'

export interface Scene {
  readonly folder: string
  readonly state: string
  readonly journal: string
  open(options?: Partial<ProcessTargetOptions>): ProcessTarget
  revision(name: string, mode?: Mode, more?: Partial<Revision['runtime']>): Revision
  lines(): readonly JournalLine[]
  /** Ends every process that the test started. */
  dispose(): Promise<void>
}

/** Real processes in a folder of their own, with short times. */
export async function createScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'modelspine-process-'))
  const state = join(folder, 'state')
  const journal = join(folder, 'journal.jsonl')
  const opened: ProcessTarget[] = []
  const model = join(folder, 'model.json')
  await writeFile(model, '{}')

  const lines = (): readonly JournalLine[] =>
    existsSync(journal)
      ? readFileSync(journal, 'utf8')
          .split('\n')
          // What follows the last end of a line is being written.
          .slice(0, -1)
          .map((line) => JSON.parse(line) as JournalLine)
      : []

  return {
    folder,
    state,
    journal,
    lines,
    open(options = {}) {
      const target = processTarget({
        folder: state,
        command: [process.execPath, serverFile, '{port}', '{model}'],
        journal,
        health: { intervalMs: 25, timeoutMs: 2000 },
        restart: { minMs: 20, maxMs: 200, attempts: 3 },
        drainMs: 5000,
        ...options,
      })
      opened.push(target)
      return target
    },
    revision: (name, mode = 'well', more = {}) => ({
      name,
      model: {
        registry: 'file',
        name: 'churn',
        version: '1',
        artifact: { kind: 'files', files: [{ uri: pathToFileURL(model).href }] },
      },
      runtime: {
        env: { MODE: mode, ONCE_FILE: join(folder, `${name}.once`) },
        secrets: { TOKEN: 'env:TOKEN' },
        resources: {},
        ...more,
      },
      settings: {},
    }),
    async dispose() {
      for (const each of opened) await each.close()
      const last = processTarget({ folder: state, command: ['true', '{port}'], drainMs: 0 })
      await last.stopAll()
      await last.close()
      await rm(folder, { recursive: true })
    },
  }
}

export function call(given: Partial<ApplyOptions> = {}): ApplyOptions {
  return { operationId: 'op-1', fence: 1, secret: async () => ({ reveal: () => secretValue }), ...given }
}

export function wantOf(...revisions: Revision[]): TargetWant {
  return { revisions, split: [], scale: { min: 1, max: 1 } }
}

/** Asks again and again until the answer is there, because real processes do not say when they are done. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (let attempt = 0; attempt < 1500; attempt += 1) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    await pause(10)
  }
  throw new Error(`in 15 s it was not seen: ${what}`)
}

export async function observedRevision(
  target: ProcessTarget,
  name: string,
): Promise<ObservedRevision | undefined> {
  return (await target.observe(key)).revisions.find(({ revision }) => revision === name)
}

/** Waits until a revision is in a state, and gives the observed revision. */
export function inState(
  target: ProcessTarget,
  name: string,
  state: ObservedRevision['state'],
): Promise<ObservedRevision> {
  return eventually(`revision ${name} is ${state}`, async () => {
    const observed = await observedRevision(target, name)
    return observed?.state === state && observed
  })
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Counts the intended starts that no process has claimed and that the target has not given up. */
export async function unclaimedRuns(state: string): Promise<number> {
  if (!existsSync(state)) return 0
  const files = await readdir(state, { recursive: true })
  const runs = files.filter((file) => /\/runs\/[^/]+$/.test(file))
  return runs.filter((run) => !files.includes(`${run}/pid`)).length
}
