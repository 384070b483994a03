import type { Clock, Timer } from '../../../../clock.ts'
import type { ObservedTarget, ObserveOptions } from '../../../../deployment-target/contract.ts'
import type { Key } from '../../../../resources/metadata.ts'

/** What `observe` gets beside the key, without the caller's signal. */
export type Seen = Omit<ObserveOptions, 'abortSignal'>

export interface LooksTogetherOptions {
  readonly clock: Clock
  /** How long the first look waits for others. */
  readonly togetherMs: number
  readonly most: number
  /** Looks at one key alone. */
  alone(key: Key, seen: Seen): Promise<ObservedTarget>
  /** Looks at several keys. Those that are left out are looked at alone. */
  all(looks: ReadonlyMap<Key, Seen>): Promise<ReadonlyMap<Key, ObservedTarget>>
}

interface Look {
  readonly seen: Seen
  readonly resolve: (observed: Promise<ObservedTarget> | ObservedTarget) => void
  readonly reject: (error: unknown) => void
}

/** Collects looks that come within a few milliseconds, and makes them in one call. */
export class LooksTogether {
  readonly #options: LooksTogetherOptions
  #waiting = new Map<Key, Look>()
  #timer: Timer | undefined

  constructor(options: LooksTogetherOptions) {
    this.#options = options
  }

  observe(key: Key, seen: Seen): Promise<ObservedTarget> {
    const { clock, togetherMs, most, alone } = this.#options
    if (this.#waiting.has(key)) return alone(key, seen)
    return new Promise((resolve, reject) => {
      this.#waiting.set(key, { seen, resolve, reject })
      if (this.#waiting.size >= most) void this.#go()
      else this.#timer ??= clock.schedule(togetherMs, () => void this.#go(), true)
    })
  }

  async #go(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const looks = this.#waiting
    this.#waiting = new Map()
    const { alone, all } = this.#options
    try {
      const answers = looks.size > 1 ? await all(new Map(seenOf(looks))) : new Map<Key, ObservedTarget>()
      for (const [key, { seen, resolve }] of looks) resolve(answers.get(key) ?? alone(key, seen))
    } catch (error) {
      for (const { reject } of looks.values()) reject(error)
    }
  }
}

function* seenOf(looks: ReadonlyMap<Key, Look>): Iterable<[Key, Seen]> {
  for (const [key, { seen }] of looks) yield [key, seen]
}
