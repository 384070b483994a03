import {
  type Clock,
  type ErrorCode,
  isModelspineError,
  ModelspineError,
  systemClock,
} from 'modelspine/adapter'
import { askTogether, mostAtOnce } from './ask-together.ts'
import { lateCredentials } from './vendor-authority.ts'
import type { CallerLimits } from './within-limits.ts'

export interface CredentialSource<Credentials> {
  /** The same object from call to call, until there are others. */
  current(limits: CallerLimits): Promise<Credentials>
  /** After the vendor refused credentials: looks anew, and says whether there are others now. */
  hasOthers(refused: Credentials, limits: CallerLimits): Promise<boolean>
}

export interface FoundCredentials<Credentials> {
  readonly credentials: Credentials
  /** Milliseconds since the epoch. Undefined for those that do not expire. */
  readonly expiresAtMs: number | undefined
}

export interface CredentialSearch<Credentials> {
  /** Those held so far are to be replaced. */
  look(held: Credentials | undefined): Promise<FoundCredentials<Credentials>>
  same(one: Credentials, other: Credentials): boolean
  /** What a failed look may tell. Nothing of it is secret. */
  failure(error: unknown): string
}

export interface RenewalContext {
  readonly vendor: string
  /** Who gives the credentials: `AWS`. */
  readonly giver: string
  readonly unavailable: ErrorCode
  readonly clock?: Clock
  /** The time by which credentials expire. Default: the clock's. */
  readonly now?: () => number
}

/** With less than this left, others are looked for while these still serve. */
const earlyMs = 5 * 60_000
/** With less than this left, requests wait for others. */
const lastMs = 30_000
/** How long the next look waits after one that failed while credentials still serve. */
const pauseMs = 10_000

/** Credentials that are kept until shortly before they expire. Callers at the same time share one look. */
export function renewedCredentials<Credentials>(
  search: CredentialSearch<Credentials>,
  context: RenewalContext,
): CredentialSource<Credentials> {
  const { vendor, giver, unavailable, clock = systemClock, now = () => clock.now() } = context
  let held: Credentials | undefined
  let expiresAtMs = Number.POSITIVE_INFINITY
  let isRefused = false
  let notBeforeMs = Number.NEGATIVE_INFINITY

  async function look(): Promise<Credentials> {
    try {
      const found = await search.look(held)
      if (held === undefined || !search.same(held, found.credentials)) held = found.credentials
      expiresAtMs = found.expiresAtMs ?? Number.POSITIVE_INFINITY
      isRefused = false
      return held
    } catch (error) {
      throw isModelspineError(error) ? error : without(`gave no credentials: ${search.failure(error)}`)
    }
  }

  const ask = askTogether(
    look,
    {
      late: () => lateCredentials(context),
      hanging: () => without(`was asked for credentials ${mostAtOnce} times, and all of them still hang`),
    },
    clock,
  )

  function without(why: string): ModelspineError {
    return new ModelspineError(unavailable, `${vendor}: ${giver} ${why}`, {
      retryable: true,
      details: { phase: 'connecting' },
    })
  }

  function lookAside(): void {
    if (clock.monotonic() < notBeforeMs) return
    notBeforeMs = clock.monotonic() + pauseMs
    ask({ timeoutMs: 0, abortSignal: undefined }).catch(() => {})
  }

  return {
    async current(limits) {
      if (held === undefined || isRefused) return ask(limits)
      const leftMs = expiresAtMs - now()
      if (leftMs < lastMs) return ask(limits)
      if (leftMs < earlyMs) lookAside()
      return held
    },
    async hasOthers(refused, limits) {
      if (held === refused) isRefused = true
      const next = held === undefined || isRefused ? await ask(limits) : held
      return !search.same(next, refused)
    },
  }
}
