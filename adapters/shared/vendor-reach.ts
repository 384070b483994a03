import { isModelspineError, ModelspineError, unlessAborted } from 'modelspine/adapter'

/**
 * Whether a vendor can be reached, as the calls of one client learn it. While it cannot, further tries help
 * nobody, and one call at a time finds out whether it can be reached again.
 */
export interface VendorReach {
  /** No connection was to be had by the last call that needed one. */
  readonly isAway: boolean
  /**
   * Makes the call. While the vendor is away and another call finds that out, it waits for that one. Where that one
   * fails to connect too, it throws `unavailable` and sends nothing.
   */
  through<Answer>(call: () => Promise<Answer>, abortSignal: AbortSignal | undefined): Promise<Answer>
}

/** `where` names the vendor in errors. */
export function createVendorReach(where: string): VendorReach {
  let isAway = false
  let finding: Promise<void> | undefined

  async function made<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await call()
      isAway = false
      return answer
    } catch (error) {
      // What timed out may be slow alone, and an aborted call tells nothing.
      if (isModelspineError(error, 'unavailable')) isAway = true
      else if (!isModelspineError(error, 'aborted') && !isModelspineError(error, 'timeout')) isAway = false
      throw error
    }
  }

  return {
    get isAway() {
      return isAway
    },
    async through(call, abortSignal) {
      if (!isAway) return made(call)
      if (finding === undefined) {
        const answer = made(call)
        finding = answer.then(ended, ended)
        return answer
      }
      await unlessAborted(finding, abortSignal, aborted)
      if (!isAway) return made(call)
      throw new ModelspineError(
        'unavailable',
        `${where} is away: another call has just found no connection`,
        {
          details: { phase: 'connecting' },
        },
      )
    },
  }

  function ended(): void {
    finding = undefined
  }
}

function aborted(cause: unknown): ModelspineError {
  return new ModelspineError('aborted', 'aborted by the caller', { cause, details: { phase: 'connecting' } })
}
