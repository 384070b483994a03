import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { fileRegistry } from 'modelspine/adapters/file'
import { keepCommits, readCommits } from './commit-journal.ts'
import { collectEvidence, type Evidence } from './evidence.ts'
import { judge } from './judge/judge.ts'
import type { PlannedKill } from './kill-plan.ts'
import { layoutOf } from './layout.ts'
import { PlaneHandle } from './plane-handle.ts'
import { endProcessesOf } from './processes.ts'
import { stages } from './scenario.ts'
import type { KilledAt } from './victim/reach.ts'

export interface KillOutcome {
  readonly killed: readonly KilledAt[]
  /** The faults of the run. Empty when all is well. */
  readonly faults: readonly string[]
  readonly tookMs: number
  /** Absent when the run did not come to its end. */
  readonly evidence?: Evidence
}

export interface RunOptions {
  /**
   * A run that takes longer has failed. Default 120,000. A quiet machine needs 6,000 to 22,000 for a run, a busy one
   * many times that.
   */
  readonly timeoutMs?: number
  /** Leaves the folder of a run with faults where it is. */
  readonly keep?: boolean
  readonly abortSignal?: AbortSignal
}

/** The pause at the end of a run. It shows that no more changes happen. */
const restMs = 100

/** How often a run is played when the lead moved to the standby before the planned kill. */
const mostTries = 3

/**
 * Plays the scenario to its end in a folder of its own, with the planned kills, and judges the evidence. On a busy
 * machine the lead may move to the standby before the kill, whose plane then never comes to its point. Such a run is
 * judged too, and then played again.
 */
export async function runKill(plan: PlannedKill, options: RunOptions = {}): Promise<KillOutcome> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await playOnce(plan, options)
    const missed = plan.kills.length - outcome.killed.length
    const wasJudged = outcome.evidence !== undefined
    if (missed === 0 || !wasJudged || outcome.faults.length > 0) return outcome
    if (plan.mode === 'restart' || tries === mostTries) {
      const fault = `only ${plan.kills.length - missed} of ${plan.kills.length} planned kills happened: ${plan.title}`
      return { ...outcome, faults: [fault] }
    }
  }
}

async function playOnce(plan: PlannedKill, options: RunOptions): Promise<KillOutcome> {
  const { timeoutMs = 120_000, keep = false, abortSignal } = options
  const startedMs = performance.now()
  const killed: KilledAt[] = []
  const folder = await mkdtemp(join(tmpdir(), 'modelspine-kill-'))
  const plane = new PlaneHandle({
    folder,
    mode: plan.mode,
    kills: plan.kills,
    onKilled: (at) => killed.push(at),
  })
  let faults: readonly string[] = []
  let evidence: Evidence | undefined
  try {
    await prepare(folder)
    const done = play(plan, plane, folder, killed)
    evidence = await withinTime(done, plane, timeoutMs, abortSignal)
    faults = judge(evidence)
  } catch (error) {
    faults = [error instanceof Error ? error.message : String(error)]
  }
  await plane.end()
  await endProcessesOf(folder)
  if (faults.length > 0) {
    const log = await readFile(layoutOf(folder).log, 'utf8').catch(() => '')
    faults = [...faults, `the plane's log ends with\n${log.split('\n').slice(-15).join('\n')}`]
  }
  if (faults.length > 0 && keep) faults = [...faults, `everything is in ${folder}`]
  else await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  const tookMs = performance.now() - startedMs
  return { killed, faults, tookMs, ...(evidence !== undefined && { evidence }) }
}

async function prepare(folder: string): Promise<void> {
  const at = layoutOf(folder)
  const registry = fileRegistry({ path: at.registry, name: 'models' })
  for (const version of ['1', '2', '3']) {
    const file = join(folder, `model-${version}.json`)
    await writeFile(file, JSON.stringify({ version }))
    await registry.register({
      name: 'digits',
      version,
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri: pathToFileURL(file).href }] },
    })
  }
  await keepCommits(at.state)
}

async function play(
  { kills, mode }: PlannedKill,
  plane: PlaneHandle,
  folder: string,
  killed: readonly KilledAt[],
): Promise<Evidence> {
  for (const calls of stages) await Promise.all(calls.map((call) => plane.ask(call)))
  const commitsWhenSettled = readCommits(layoutOf(folder).state).commits
  await plane.ask({ call: 'reconcile', name: 'digits' })
  const late = kills.map((kill) => (kill.at === 'point' && kill.lateShellMs) || 0)
  await pause(restMs + Math.max(...late, 0))
  await plane.stop()
  return collectEvidence(folder, { mode, kills: killed.length, commitsWhenSettled })
}

async function withinTime<Result>(
  work: Promise<Result>,
  plane: PlaneHandle,
  timeoutMs: number,
  abortSignal: AbortSignal | undefined,
): Promise<Result> {
  const over = new AbortController()
  const signal = abortSignal === undefined ? over.signal : AbortSignal.any([abortSignal, over.signal])
  const late = pause(timeoutMs, undefined, { signal }).then(async () => {
    const explained = await Promise.race([plane.ask({ call: 'explain' }), pause(2000, 'no answer')])
    throw new Error(`not at its end after ${timeoutMs} ms: ${JSON.stringify(explained)}`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
    // The promise that lost the race ends with the process.
    work.catch(() => {})
    late.catch(() => {})
  }
}
