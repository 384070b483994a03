import type { ProviderFailure } from 'modelspine/adapter'
import type { AwsFailure } from '../../shared/aws/aws-failure.ts'
import type { AwsWords } from '../../shared/aws/aws-words.ts'
import type { CodesByStatus } from '../../shared/provider/named-by-status.ts'
import type { VendorMeaning } from '../../shared/vendor-client.ts'

export const runtimeWords: AwsWords = {
  vendor: 'SageMaker',
  owner: 'sagemakerProvider',
  unavailable: 'unavailable',
  oneAttempt: true,
  throttled: 'rate-limited',
  refused: 'bad-request',
  meaning(failure, message) {
    const code = codeOf(failure, message)
    return code && meant(code, message, failure)
  },
}

/** `OriginalStatusCode` is what the model's container answered with. */
function meant(code: ProviderFailure, message: string, { members }: AwsFailure): VendorMeaning {
  const { OriginalStatusCode: containerStatus } = members
  return { code, message, ...(typeof containerStatus === 'number' && { details: { containerStatus } }) }
}

function codeOf({ code, members }: AwsFailure, message: string): ProviderFailure | undefined {
  switch (code) {
    case 'ModelError':
      return ofContainer(Number(members.OriginalStatusCode), message)
    case 'ModelNotReadyException':
      return 'not-ready'
    // One code for a mistake and for what is not there.
    case 'ValidationError':
    case 'ValidationException':
      return /not found|does not exist|could not find/i.test(message) ? 'not-found' : undefined
    case 'ModelStreamError':
      return members.ErrorCode === 'ModelInvocationTimeExceeded' ? 'timeout' : 'interrupted'
    case 'InternalStreamFailure':
      return 'interrupted'
    default:
      return undefined
  }
}

const byContainerStatus: Readonly<Record<number, ProviderFailure>> = {
  404: 'not-found',
  408: 'timeout',
  429: 'rate-limited',
  501: 'unsupported',
  503: 'overloaded',
  504: 'timeout',
  // A multi-model endpoint has no memory to load the model.
  507: 'overloaded',
}

/** A container that did not answer in a minute has the status 0. */
function ofContainer(status: number, message: string): ProviderFailure {
  if (/timed out/i.test(message)) return 'timeout'
  return byContainerStatus[status] ?? (status >= 400 && status < 500 ? 'bad-request' : 'unavailable')
}

/** Some answers come from before SageMaker: a body that is too large has a status and no name of an error. */
export const byStatus: CodesByStatus = {
  408: 'timeout',
  413: 'bad-request',
  429: 'rate-limited',
  503: 'overloaded',
  504: 'timeout',
}
