import {
  type ApplyOptions,
  type ApplyResult,
  acceptFence,
  asModelspineError,
  type DeploymentTarget,
  describeTargetStep,
  type Key,
  ModelspineError,
  type ObservedTarget,
  type Secret,
  silentLogger,
  sleep,
  systemClock,
  type TargetCapabilities,
  type TargetRefusal,
  type TargetWant,
  targetSteps,
  throwIfAborted,
  wantRefusal,
} from 'modelspine/adapter'
import { createKeyChanges } from './key-changes.ts'
import {
  type DeploymentSettings,
  settingsProblems,
  withDeploymentSettings,
} from './settings/deployment-settings.ts'
import { checkOptions, type ProcessTargetOptions } from './settings/options.ts'
import { filesRefusal, processRefusal } from './settings/revision-refusal.ts'
import { readFence, writeFence } from './state/fence-file.ts'
import { keyFolder, revisionFolder } from './state/folder-layout.ts'
import { openJournal } from './state/journal.ts'
import { type FolderSupervision, superviseFolder } from './supervision/folder-supervision.ts'

export interface ProcessTarget extends DeploymentTarget<DeploymentSettings> {
  changes(abortSignal: AbortSignal): AsyncIterable<Key>
  standDown(): Promise<void>
  close(): Promise<void>
  /**
   * Ends every process in the folder, each after its drain, and forgets every revision. This is for hosts
   * that must leave no process running.
   */
  stopAll(): Promise<void>
}

/** Milliseconds after which it is worth asking again about a process that is being ended. */
const busyMs = 100

/**
 * Runs each revision as a process of this machine and keeps it alive: health probes, restarts with backoff, a
 * drain before the end, bounded logs. Processes outlive the plane. The next target that uses the same folder
 * adopts them at its first call.
 *
 * Throws `invalid-options` for invalid options, and `unsupported` on Windows.
 */
export function processTarget(options: ProcessTargetOptions): ProcessTarget {
  const settings = checkOptions(options, process.platform)
  const clock = options.clock ?? systemClock
  const logger = options.logger ?? silentLogger
  const journal = openJournal(options.journal, clock, logger)
  const changes = createKeyChanges()
  const capabilities: TargetCapabilities = {
    maxRevisions: settings.maxRevisions,
    split: 'none',
    names: 'deterministic',
    fencing: 'checked',
    attribution: 'address',
    scaleToZero: false,
    mirror: false,
  }
  let opened: Promise<FolderSupervision> | undefined
  /** Resolves when the folder's lock, held before, is free again. */
  let lettingGo = Promise.resolve()
  let closed = false
  const turns = new Map<Key, Promise<unknown>>()

  async function open(abortSignal: AbortSignal | undefined): Promise<FolderSupervision> {
    throwIfAborted(abortSignal, 'the call')
    if (closed) throw new ModelspineError('stopped', 'the process target was closed')
    opened ??= lettingGo.then(() =>
      superviseFolder({ settings, clock, logger, journal, onChange: changes.publish }),
    )
    const opening = opened
    try {
      return await opening
    } catch (error) {
      if (opened === opening) opened = undefined
      throw error
    }
  }

  /** Runs one call at a time for each key. */
  function inTurn<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(key) ?? Promise.resolve()).then(work, work)
    turns.set(key, turn)
    const forget = (): void => {
      if (turns.get(key) === turn) turns.delete(key)
    }
    turn.then(forget, forget)
    return turn
  }

  function refusalOf(want: TargetWant): TargetRefusal | undefined {
    return wantRefusal(want, capabilities) ?? processRefusal(want, settings)
  }

  function observe(supervision: FolderSupervision, key: Key): ObservedTarget {
    const revisions = supervision.of(key).flatMap((each) => each.observed() ?? [])
    return { revisions: revisions.sort((a, b) => (a.revision < b.revision ? -1 : 1)), operations: [] }
  }

  async function checkFence(
    key: Key,
    call: Pick<ApplyOptions, 'fence' | 'store' | 'takeOver'>,
  ): Promise<void> {
    const path = keyFolder(settings.folder, key)
    const known = await readFence(path)
    const record = acceptFence(key, known, call)
    if (record.fence !== known?.fence || record.store !== known.store) await writeFence(path, record)
  }

  async function apply(key: Key, want: TargetWant, call: ApplyOptions): Promise<ApplyResult> {
    const supervision = await open(call.abortSignal)
    for (const { name } of want.revisions) revisionFolder(settings.folder, key, name)
    await checkFence(key, call)
    const refusal = refusalOf(want)
    if (refusal !== undefined) return refusal
    const [step] = targetSteps(want, observe(supervision, key), capabilities)
    if (step?.kind === 'create') {
      const missing = await filesRefusal(step.revision, settings, call.abortSignal)
      if (missing !== undefined) return missing
      const secrets = await resolveSecrets(step.revision.runtime.secrets, call)
      const launched = await supervision.launch(key, step.revision, call.operationId, secrets)
      return launched ? { kind: 'accepted' } : { kind: 'busy', retryAfterMs: busyMs }
    }
    if (step?.kind === 'remove') {
      await supervision
        .of(key)
        .find((each) => each.revision === step.revision)
        ?.stop()
      return { kind: 'accepted' }
    }
    if (step?.kind === 'wait') return { kind: 'busy', retryAfterMs: busyMs }
    return { kind: 'unchanged' }
  }

  async function destroy(
    key: Key,
    call: Parameters<DeploymentTarget['destroy']>[1],
  ): ReturnType<DeploymentTarget['destroy']> {
    const supervision = await open(call.abortSignal)
    await checkFence(key, call)
    const there = supervision.of(key)
    const next = there.find((each) => each.kind !== 'stopping')
    if (next !== undefined) {
      await next.stop()
      return { kind: 'accepted' }
    }
    const left = there.length > 0 ? 'processes live' : await supervision.clear(key)
    if (left === 'nothing') return { kind: 'unchanged' }
    return left === 'cleared' ? { kind: 'accepted' } : { kind: 'busy', retryAfterMs: busyMs }
  }

  /** Lets go of the folder. The next call waits for that, and opens it again. */
  async function letGo(): Promise<void> {
    await Promise.allSettled(turns.values())
    const held = opened
    opened = undefined
    const released = Promise.all([
      lettingGo,
      held?.then(
        (supervision) => supervision.close(),
        () => {},
      ),
    ])
    lettingGo = released.then(nothing, nothing)
    await released
  }

  return {
    capabilities,
    checkSettings: settingsProblems,
    protocols: (own) => [withDeploymentSettings(settings, own).protocol],
    plan: (want, observed) =>
      refusalOf(want) ?? {
        kind: 'steps',
        steps: targetSteps(want, observed, capabilities).map(describeTargetStep),
      },

    apply: (key, want, call) => inTurn(key, () => guarded(apply(key, want, call))),

    observe: (key, call) => guarded(open(call?.abortSignal).then((supervision) => observe(supervision, key))),

    list: (call) => guarded(open(call?.abortSignal).then((supervision) => supervision.keys())),

    destroy: (key, call) => inTurn(key, () => guarded(destroy(key, call))),

    changes: changes.listen,

    standDown: letGo,

    async close() {
      closed = true
      await letGo()
    },

    async stopAll() {
      const supervision = await guarded(open(undefined))
      while (supervision.all.length > 0) {
        await Promise.all(supervision.all.map((each) => each.stop()))
        await sleep(clock, 20)
      }
    },
  }
}

function nothing(): void {}

/**
 * An abort ends the wait, because a secret store may never answer, and the next call for the key waits for this
 * one.
 */
async function resolveSecrets(
  references: Readonly<Record<string, string>>,
  { secret, abortSignal }: ApplyOptions,
): Promise<ReadonlyMap<string, Secret>> {
  throwIfAborted(abortSignal, 'the call')
  const entries = Object.entries(references).map(
    async ([name, reference]) => [name, await secret(reference)] as const,
  )
  const { promise: aborted, resolve: onAbort } = Promise.withResolvers<undefined>()
  const end = (): void => onAbort(undefined)
  abortSignal?.addEventListener('abort', end, { once: true })
  try {
    const resolved = await Promise.race([Promise.all(entries), aborted])
    throwIfAborted(abortSignal, 'the call')
    return new Map(resolved)
  } finally {
    abortSignal?.removeEventListener('abort', end)
  }
}

/** Turns errors of the file system and of the system's processes into a ModelspineError. */
async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') {
      throw new ModelspineError('aborted', 'the call was aborted', { cause: error })
    }
    throw asModelspineError(error, 'target-unavailable', 'the process target could not do its work')
  }
}
