import { type ControlPlane, isModelspineError, type PlaneHealth } from 'modelspine'
import type { AuditRecord, AuditVerdict } from 'modelspine/adapter'
import { madeOf } from '../status.ts'
import type { Mode } from './disturb.ts'
import { createFleet, type Fleet, type FleetOptions, type PartName, type Placed } from './fleet.ts'
import type { SentEffect } from './recorded.ts'

export interface Line {
  readonly part: PartName
  readonly mode: Mode
}

/** What one disturbance did. Times are milliseconds of the fake clock. */
export interface Outcome {
  /** By deployment: from its declaration until it was converged. Infinite when it never was. */
  readonly tookMs: ReadonlyMap<string, number>
  /** From the beginning of the disturbance until `health()` named the part. */
  readonly namedAfterMs: number
  /** From the end of the disturbance until all deployments were converged; 0 when they were so before. */
  readonly convergedAfterMs: number
  /** The effects under a fence that the store had not granted or had granted anew. */
  readonly unfenced: readonly SentEffect[]
  readonly verdict: AuditVerdict
  /** Committed changes that the audit log does not hold exactly once. */
  readonly misrecorded: readonly string[]
}

export interface PlayOptions extends FleetOptions {
  readonly disturbedMs: number
}

const actor = { name: 'ann@example.com' }

/** All deployments must be converged this long after the disturbance. The rest only tells how late they were. */
const longestMs = 300_000
/** A caller asks again after this time, also when a call does not answer at all. */
const askAgainMs = 5000
const stepMs = 1000

/** Plays one line, or none, on a fleet of its own. */
export async function playLine(
  options: PlayOptions,
  line?: Line,
): Promise<{ readonly outcome: Outcome; readonly placed: readonly Placed[] }> {
  const play = await Play.begin(options)
  const outcome = await play.play(line)
  play.end()
  return { outcome, placed: play.placed }
}

/** A fleet whose first version serves everywhere. It is played on with one disturbance after the other. */
class Play {
  readonly #fleet: Fleet
  readonly #options: PlayOptions
  readonly #convergedAt = new Map<string, number>()
  #version = 1
  #ended = false

  private constructor(fleet: Fleet, options: PlayOptions) {
    this.#fleet = fleet
    this.#options = options
    fleet.recording.onStatus(({ resource, generation }, status) => {
      const { name } = resource.metadata
      const version = madeOf(status, status.desired)?.model.version
      const settled = status.rollout.phase === 'converged' && status.observedGeneration === generation
      if (!settled || version !== String(this.#version) || this.#convergedAt.has(name)) return
      this.#convergedAt.set(name, fleet.clock.now())
    })
  }

  static async begin(options: PlayOptions): Promise<Play> {
    const play = new Play(await createFleet(options), options)
    const { plane, placed, at, clock } = play.#fleet
    await plane.start()
    await Promise.all(placed.map((each) => plane.apply(at(each, 1), { actor })))
    await play.#untilConverged(longestMs)
    await clock.advance(10_000)
    return play
  }

  get placed(): Fleet['placed'] {
    return this.#fleet.placed
  }

  /** Declares a new version of every deployment, while the part is disturbed as the line says. */
  async play(line: Line | undefined): Promise<Outcome> {
    const { clock, placed, recording } = this.#fleet
    const startedMs = clock.now()
    const effectsBefore = recording.effects.length
    this.#version += 1
    this.#convergedAt.clear()
    const disturbance = line && this.#fleet.disturbance(line.part)
    if (line !== undefined) disturbance?.begin(line.mode)
    for (const each of placed) void this.#declare(each)
    let namedAfterMs = Number.POSITIVE_INFINITY
    for (
      let passedMs = 0;
      passedMs < (line === undefined ? 0 : this.#options.disturbedMs);
      passedMs += stepMs
    ) {
      await clock.advance(stepMs)
      if (line === undefined || Number.isFinite(namedAfterMs)) continue
      if (names(this.#fleet.plane.health(), line.part)) namedAfterMs = passedMs + stepMs
    }
    disturbance?.end()
    const liftedMs = clock.now()
    await this.#untilConverged(longestMs)
    await this.#untilAudited(60_000)
    const convergedMs = placed.map(({ name }) => this.#convergedAt.get(name) ?? Number.POSITIVE_INFINITY)
    return {
      tookMs: new Map(placed.map(({ name }, place) => [name, (convergedMs[place] ?? 0) - startedMs])),
      namedAfterMs,
      convergedAfterMs: Math.max(0, Math.max(...convergedMs) - liftedMs),
      unfenced: recording.effects.slice(effectsBefore).filter(({ fence, inForce }) => fence !== inForce),
      verdict: await this.#fleet.audit.verify(),
      misrecorded: await this.#misrecorded(),
    }
  }

  /** Lets the plane end. Nothing waits for it: a plane that does not stop is another test's matter. */
  end(): void {
    this.#ended = true
    void this.#fleet.plane.stop({ drainMs: 1000 }).catch(() => {})
  }

  /** A person declares a version, and asks again until the plane has taken it. */
  async #declare(deployment: Placed): Promise<void> {
    const { plane, at, clock } = this.#fleet
    const version = this.#version
    const wanted = at(deployment, version)
    while (version === this.#version && !this.#ended) {
      const later = new Promise<'late'>((resolve) => {
        clock.schedule(askAgainMs, () => resolve('late'))
      })
      const answer = await Promise.race([
        plane.apply(wanted, { actor }).then(
          () => 'taken',
          () => 'refused',
        ),
        later,
      ])
      if (answer === 'taken') return
      await later
    }
  }

  async #untilConverged(withinMs: number): Promise<void> {
    const { clock, placed } = this.#fleet
    for (let passedMs = 0; passedMs < withinMs; passedMs += stepMs) {
      if (this.#convergedAt.size === placed.length) return
      await clock.advance(stepMs)
      if (passedMs % 5000 === 0) await this.#operate()
    }
  }

  /** A person goes on with what waits for a person: a gate without an answer, a revision that was turned back. */
  async #operate(): Promise<void> {
    const { plane, placed, store } = this.#fleet
    for (const { name } of placed) {
      if (this.#convergedAt.has(name)) continue
      const stored = await store.get('ModelDeployment', `default/${name}`)
      const { rollout } = (stored?.status ?? {}) as { readonly rollout?: { readonly phase: string } }
      if (rollout?.phase === 'holding') ask(plane.resume(name, { actor }))
      if (rollout?.phase === 'failed' || rollout?.phase === 'stopped') ask(plane.retry(name, { actor }))
    }
  }

  async #untilAudited(withinMs: number): Promise<void> {
    const { clock, store } = this.#fleet
    for (let passedMs = 0; passedMs < withinMs; passedMs += stepMs) {
      if ((await store.readEvents(1)).length === 0) return
      await clock.advance(stepMs)
    }
  }

  async #misrecorded(): Promise<readonly string[]> {
    const { audit, recording } = this.#fleet
    const times = new Map<string, number>()
    const records: AuditRecord[] = []
    for await (const record of audit.read()) records.push(record)
    for (const { id } of records) times.set(id, (times.get(id) ?? 0) + 1)
    const faults = recording.events
      .filter(({ id }) => times.get(id) !== 1)
      .map(({ id, action, key }) => `${action} of ${key} is recorded ${times.get(id) ?? 0} times`)
    const committed = new Set(recording.events.map(({ id }) => id))
    const unknown = records.filter(({ id }) => !committed.has(id))
    return [...faults, ...unknown.map(({ action, key }) => `${action} of ${key} was never committed`)]
  }
}

/** The loop may have been quicker, and then the command makes no sense any more. */
function ask(command: ReturnType<ControlPlane['resume']>): void {
  void command.catch((error: unknown) => {
    if (!isModelspineError(error)) throw error
  })
}

/** Whether a fault is about this part. */
export function names({ faults }: PlaneHealth, part: PartName): boolean {
  return faults.some((fault) => fault.part === part || JSON.stringify(fault).includes(part))
}
