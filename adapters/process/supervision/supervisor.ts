import {
  canonicalJson,
  type Key,
  messageOf,
  type ObservedRevision,
  type Secret,
  type Timer,
} from 'modelspine/adapter'
import { fillTemplate } from '../settings/command-template.ts'
import { removeFolder } from '../state/folder-layout.ts'
import { type Failure, markedAtMs, readFailure, setMark, writeFailure } from '../state/revision-files.ts'
import { backoffMs } from './backoff.ts'
import { boundLog, describeEnding } from './bounded-log.ts'
import { probeHealth } from './health-probe.ts'
import { judgeHealth } from './judge-health.ts'
import { launchProcess, valuesOf } from './launch-process.ts'
import type { ProcessRun } from './process-run.ts'
import { endAll, newestRun } from './run-history.ts'
import { observedOf, type SupervisedState } from './supervised-state.ts'
import type { SupervisorOptions } from './supervisor-options.ts'

/** Keeps one revision's process alive until the supervisor is told to stop. */
export interface Supervisor {
  readonly key: Key
  readonly revision: string
  readonly kind: SupervisedState['kind']
  /** The port of the running process. */
  readonly port: number | undefined
  observed(): ObservedRevision | undefined
  /**
   * Starts the first process, or a new one when the process was lost. Secrets are by environment variable.
   */
  launch(operationId: string, secrets: ReadonlyMap<string, Secret>): Promise<void>
  /** Takes over the process that an earlier parent left. */
  adopt(): Promise<void>
  /** Begins to drain. The revision is gone some time later. */
  stop(): Promise<void>
  /** From now on, leaves the process alone. */
  close(): Promise<void>
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { path, record, settings, clock, logger, journal, onChange } = options
  const { key } = record
  const revision = record.revision.name
  const { health, restart, drainMs } = settings
  const subject = { key, revision }
  const needsSecrets = Object.keys(record.revision.runtime.secrets).length > 0
  let secrets: ReadonlyMap<string, Secret> | undefined = needsSecrets ? undefined : new Map()
  let operationId = record.operationId
  let everReady = false
  let state: SupervisedState = { kind: 'lost' }
  let timer: Timer | undefined
  let closed = false
  let queue: Promise<unknown> = Promise.resolve()

  /** Runs one step at a time, so that a stop does not overtake a step that waits for a probe. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(work)
    queue = turn.catch(() => {})
    return turn
  }

  function observed(): ObservedRevision | undefined {
    return observedOf(revision, state, (port) => ({
      protocol: settings.protocol,
      address: `http://127.0.0.1:${port}${settings.basePath}`,
      model: fillTemplate(settings.modelName, valuesOf(record, port)),
    }))
  }

  function become(next: SupervisedState): void {
    const before = canonicalJson(observed() ?? null)
    state = next
    if (canonicalJson(observed() ?? null) !== before) onChange()
    schedule()
  }

  function schedule(delayMs: number | undefined = nextStepMs()): void {
    timer?.cancel()
    timer = undefined
    if (closed || delayMs === undefined) return
    // This process must stay alive until a process that is being ended has ended. In other states the next
    // parent may adopt the revision.
    const mustFinish = state.kind === 'stopping' || state.kind === 'ending'
    timer = clock.schedule(delayMs, () => void inTurn(step), mustFinish)
  }

  function nextStepMs(): number | undefined {
    if (state.kind === 'running') {
      if (state.run.ending() !== undefined) return 0
      return state.health === 'starting' ? Math.min(100, health.intervalMs) : health.intervalMs
    }
    if (state.kind === 'waiting') return Math.max(0, state.untilMs - clock.monotonic())
    return state.kind === 'ending' || state.kind === 'stopping' ? 20 : undefined
  }

  async function step(): Promise<void> {
    if (closed) return
    try {
      if (state.kind === 'running') await stepRunning(state)
      else if (state.kind === 'ending') await stepEnding(state)
      else if (state.kind === 'stopping') await stepStopping(state)
      else if (state.kind === 'waiting' && clock.monotonic() >= state.untilMs) await relaunch(state)
      schedule()
    } catch (error) {
      logger.warn(
        { ...subject, error: messageOf(error) },
        'a process could not be supervised; the supervisor tries again in 1000 ms',
      )
      schedule(1000)
    }
  }

  async function stepRunning(running: Extract<SupervisedState, { kind: 'running' }>): Promise<void> {
    const { run } = running
    if (!(await run.isAlive())) return died(run, running)
    await boundLog(path, settings.logBytes)
    const probePath = fillTemplate(health.path, valuesOf(record, run.intent.port))
    const probe = await probeHealth(clock, run.intent.port, probePath, health.timeoutMs)
    // When the process has just ended, another process may have taken its port and answered the probe.
    if (!(await run.isAlive())) return died(run, running)
    const judgement = judgeHealth(running, probe, health, clock.monotonic())
    if (judgement.kind === 'end') return end(run, judgement.reason, judgement.message)
    if (probe.ok && !everReady) {
      await setMark(path, 'was-ready')
      everReady = true
    }
    become({ kind: 'running', run, ...judgement.health })
  }

  async function end(run: ProcessRun, reason: string, what: string): Promise<void> {
    const failed = !everReady
    const why = { reason, message: await describeEnding(path, what, secrets) }
    if (failed) await writeFailure(path, why)
    logger.warn({ ...subject, reason }, 'a process is ended because it is not healthy')
    await run.signal('SIGTERM')
    become({ kind: 'ending', run, killAtMs: clock.monotonic() + drainMs, why, failed })
  }

  /** Whether the process has ended. Kills it when its time is over. */
  async function hasEnded(run: ProcessRun, killAtMs: number): Promise<boolean> {
    if (await run.isAlive()) {
      if (clock.monotonic() >= killAtMs) await run.signal('SIGKILL')
      return false
    }
    await run.sweep()
    return true
  }

  async function stepEnding({ run, killAtMs, why, failed }: Extract<SupervisedState, { kind: 'ending' }>) {
    if (!(await hasEnded(run, killAtMs))) return
    await journal.write({ event: 'exited', ...subject, pid: run.identity.pid })
    if (failed) become({ kind: 'failed', why })
    else await restartLater(run.intent.exits + 1, why)
  }

  async function stepStopping({
    run,
    killAtMs,
  }: Extract<SupervisedState, { kind: 'stopping' }>): Promise<void> {
    if (run !== undefined) {
      if (!(await hasEnded(run, killAtMs))) return
      await journal.write({ event: 'stopped', ...subject, pid: run.identity.pid })
    }
    if (await endAll(path)) await remove()
  }

  async function remove(): Promise<void> {
    await removeFolder(path, clock.id())
    await journal.write({ event: 'removed', ...subject })
    become({ kind: 'gone' })
  }

  async function died(
    run: ProcessRun,
    running?: Extract<SupervisedState, { kind: 'running' }>,
  ): Promise<void> {
    await run.sweep()
    await newestRun(path)
    await journal.write({ event: 'exited', ...subject, pid: run.identity.pid })
    const ranMs = running?.health === 'ready' ? clock.monotonic() - running.sinceMs : 0
    const exits = ranMs >= restart.maxMs ? 1 : run.intent.exits + 1
    const ending = run.ending() ?? 'ended while this target did not watch it'
    const why = { reason: 'Exited', message: await describeEnding(path, `the process ${ending}`, secrets) }
    logger.warn({ ...subject, pid: run.identity.pid, error: why.message }, 'a process ended by itself')
    await restartLater(exits, why)
  }

  async function restartLater(exits: number, why: Failure): Promise<void> {
    if (!everReady && exits >= restart.attempts) {
      const message = `the process exited ${exits} times in a row and was never ready: ${why.message}`
      await writeFailure(path, { reason: 'CrashLoop', message })
      return become({ kind: 'failed', why: { reason: 'CrashLoop', message } })
    }
    if (secrets === undefined) return become({ kind: 'lost' })
    become({ kind: 'waiting', untilMs: clock.monotonic() + backoffMs(exits, restart, clock), exits, why })
  }

  async function relaunch({ exits }: Extract<SupervisedState, { kind: 'waiting' }>): Promise<void> {
    try {
      await start(exits)
    } catch (error) {
      await restartLater(exits + 1, { reason: 'LaunchFailed', message: messageOf(error) })
    }
  }

  async function start(exits: number): Promise<void> {
    const onExit = (): void => schedule(0)
    const given = secrets ?? new Map<string, Secret>()
    const run = await launchProcess(options, { operationId, exits, secrets: given, onExit })
    logger.info({ ...subject, pid: run.identity.pid, port: run.intent.port }, 'a process was started')
    become({ kind: 'running', run, health: 'starting', sinceMs: clock.monotonic(), failures: 0 })
  }

  async function takeOver(): Promise<void> {
    everReady = (await markedAtMs(path, 'was-ready')) !== undefined
    const run = await newestRun(path)
    const alive = run !== undefined && (await run.isAlive())
    if (run !== undefined && alive) {
      await journal.write({ event: 'adopted', ...subject, pid: run.identity.pid })
      logger.info({ ...subject, pid: run.identity.pid, port: run.intent.port }, 'a process was adopted')
    }
    const stoppingSinceMs = await markedAtMs(path, 'stopping')
    if (stoppingSinceMs !== undefined) {
      await drain(alive ? run : undefined, stoppingSinceMs)
      return step()
    }
    if (run === undefined) return remove()
    const failure = await readFailure(path)
    if (failure !== undefined && alive) return end(run, failure.reason, failure.message)
    if (failure !== undefined) return become({ kind: 'failed', why: failure })
    if (!alive) return died(run)
    const sinceMs = clock.monotonic()
    become({ kind: 'running', run, health: everReady ? 'unready' : 'starting', sinceMs, failures: 0 })
    await step()
  }

  /** `sinceMs` may come from an earlier parent, whose drain goes on. */
  async function drain(run: ProcessRun | undefined, sinceMs: number = clock.now()): Promise<void> {
    await run?.signal('SIGTERM')
    const drainedMs = Math.max(0, clock.now() - sinceMs)
    const killAtMs = clock.monotonic() + Math.max(0, drainMs - drainedMs)
    become({ kind: 'stopping', killAtMs, ...(run === undefined ? {} : { run }) })
  }

  return {
    key,
    revision,
    get kind() {
      return state.kind
    },
    get port() {
      return 'run' in state ? state.run?.intent.port : undefined
    },
    observed,
    launch: (id, given) =>
      inTurn(async () => {
        operationId = id
        secrets = given
        await start(0)
      }),
    adopt: () => inTurn(takeOver),
    stop: () =>
      inTurn(async () => {
        if (state.kind === 'gone' || state.kind === 'stopping') return
        await setMark(path, 'stopping')
        await drain('run' in state ? state.run : undefined)
      }),
    async close() {
      closed = true
      timer?.cancel()
      await queue
    },
  }
}
