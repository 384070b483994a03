import type { ProviderFailure } from 'modelspine/adapter'
import type { AwsFailure } from '../../shared/aws/aws-failure.ts'
import type { AwsWords } from '../../shared/aws/aws-words.ts'
import { meaningBefore, passingStatuses } from '../../shared/aws/model-server.ts'
import type { CodesByStatus } from '../../shared/provider/named-by-status.ts'

export const runtimeWords: AwsWords = {
  vendor: 'SageMaker',
  owner: 'sagemakerProvider',
  unavailable: 'unavailable',
  oneAttempt: true,
  throttled: 'rate-limited',
  refused: 'bad-request',
  meaning: meaningBefore({ statusIn: 'OriginalStatusCode', detail: 'containerStatus', codeOf }),
}

function codeOf(
  { code, members }: AwsFailure,
  message: string,
  containerCode: () => ProviderFailure,
): ProviderFailure | undefined {
  switch (code) {
    case 'ModelError':
      // A container that did not answer in a minute has the status 0.
      return /timed out/i.test(message) ? 'timeout' : containerCode()
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

/** Some answers come from before SageMaker: a body that is too large has a status and no name of an error. */
export const byStatus: CodesByStatus = {
  ...passingStatuses,
  413: 'bad-request',
}
