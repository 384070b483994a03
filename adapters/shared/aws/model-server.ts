import type { ProviderFailure } from 'modelspine/adapter'
import type { AwsFailure } from './aws-failure.ts'
import type { AwsWords } from './aws-words.ts'

/** How a service of AWS tells what the server of the model itself answered. */
export interface ModelServerWords {
  /** The member of an error with that server's status: `OriginalStatusCode`. */
  readonly statusIn: string
  /** The status in our `details`. */
  readonly detail: string
  /** `serverCode` is what the model's server meant. Undefined where the kind of the error tells it. */
  codeOf(failure: AwsFailure, message: string, serverCode: () => ProviderFailure): ProviderFailure | undefined
}

/** The `meaning` of a service that stands before models, with the status of a model's server in the details. */
export function meaningBefore(words: ModelServerWords): Required<AwsWords>['meaning'] {
  const { statusIn, detail } = words
  return (failure, message) => {
    const status = failure.members[statusIn]
    const code = words.codeOf(failure, message, () => codeOfServer(Number(status)))
    return code && { code, message, ...(typeof status === 'number' && { details: { [detail]: status } }) }
  }
}

/** What statuses mean where nothing names the error: a page of a proxy, or what the model's server answered. */
export const passingStatuses: Readonly<Record<number, ProviderFailure>> = {
  408: 'timeout',
  429: 'rate-limited',
  503: 'overloaded',
  504: 'timeout',
}

const byServerStatus: Readonly<Record<number, ProviderFailure>> = {
  ...passingStatuses,
  404: 'not-found',
  501: 'unsupported',
  // An endpoint of several models has no memory to load the model.
  507: 'overloaded',
}

/** A server that did not answer has the status 0, or none. */
function codeOfServer(status: number): ProviderFailure {
  return byServerStatus[status] ?? (status >= 400 && status < 500 ? 'bad-request' : 'unavailable')
}
