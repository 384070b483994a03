import type { HttpReply } from 'modelspine/adapter'
import { z } from 'zod'
import type { VendorWords } from '../shared/vendor-client.ts'

const failure = z.object({ error: z.string(), errorType: z.string().nullish() })

/** A query that Prometheus cannot read or run is a 400 or a 422, and not worth a second try. */
export const prometheusWords: VendorWords = {
  vendor: 'Prometheus',
  unavailable: 'metric-error',
  said(reply: HttpReply) {
    const { error, errorType } = failure.parse(reply.json())
    return errorType ? `${errorType}: ${error}` : error
  },
  meaning: ({ status }, said) =>
    status === 401 || status === 403
      ? {
          code: 'metric-error',
          message: `Prometheus refuses our credentials (${status})${said && `: ${said}`}`,
          retryable: false,
        }
      : undefined,
}
