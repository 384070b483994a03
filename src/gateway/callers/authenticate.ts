import type { Clock } from '../../clock.ts'
import { type ErrorCode, isModelspineError, ModelspineError, messageOf } from '../../errors.ts'
import type { Actor } from '../../resources/metadata.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { busy } from '../failure.ts'
import type { GatewayRequest } from '../surface.ts'

export interface RequestInfo {
  readonly method: string
  /** The path below the base path, without the query. */
  readonly path: string
}

/**
 * Returns the actor that makes the request, or null for an unknown caller. Header names are in lower case. To refuse
 * with words of its own, it throws a ModelspineError with the code `unauthenticated`, `policy-denied` or
 * `rate-limited`. Of every other error the caller is told nothing.
 */
export type Authenticate = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
  info: RequestInfo,
) => Actor | null | Promise<Actor | null>

/** The actor behind a request. A promise only when the app's hook gave one. Throws `unauthenticated`. */
export type Identify = (request: GatewayRequest) => Actor | Promise<Actor>

const refusals: ReadonlySet<ErrorCode> = new Set(['unauthenticated', 'policy-denied', 'rate-limited'])

export interface IdentifyOptions {
  readonly timeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
}

export function identifyBy(authenticate: Authenticate, options: IdentifyOptions): Identify {
  return (request) => {
    const { method, path } = request
    try {
      const known = authenticate(request.headers(), { method, path })
      if (known === null || typeof known !== 'object' || !('then' in known)) return identified(known)
      return inTime(known, options).then(identified)
    } catch (error) {
      throw shown(error)
    }
  }
}

function inTime(
  known: Promise<Actor | null>,
  { timeoutMs, clock, logger }: IdentifyOptions,
): Promise<Actor | null> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(timeoutMs, () => {
      logger.warn({ timeoutMs }, 'authenticate gave no answer in time')
      reject(busy(`the caller could not be identified within ${timeoutMs} ms`))
    })
    const over = (): void => timer.cancel()
    known.then(
      (actor) => {
        over()
        resolve(actor)
      },
      (error: unknown) => {
        over()
        reject(shown(error))
      },
    )
  })
}

/** For an actor whom somebody else has identified. Null, and what is no actor, throws `unauthenticated`. */
export function identifyAs(actor: Actor | null): Identify {
  return () => identified(actor)
}

/**
 * The actor. Throws `unauthenticated` for every other value, also for an undefined or false from a hook that no
 * compiler has checked.
 */
function identified(actor: Actor | null): Actor {
  if (typeof actor?.name === 'string') return actor
  throw new ModelspineError('unauthenticated', 'the credentials are missing or unknown')
}

/** A refusal as it is; every other error as one that only the log shows. */
function shown(error: unknown): Error {
  if (isModelspineError(error) && refusals.has(error.code)) return error
  return new Error(`authenticate failed: ${messageOf(error)}`, { cause: error })
}
