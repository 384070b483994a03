import { jsonBody } from 'modelspine/adapter'
import type { VendorRequest } from '../vendor-client.ts'

/** A service that takes all operations at one address, by the name of a target. */
export interface AwsJsonService {
  /** `targetPrefix` in the model of the service: `SageMaker`. */
  readonly targetPrefix: string
  /** `jsonVersion` in the model of the service. */
  readonly version: '1.0' | '1.1'
}

type CallOptions = Pick<VendorRequest, 'repeatable' | 'timeoutMs' | 'abortSignal'>

/** A call in the protocol AWS JSON. It may be repeated only where `repeatable` says so. */
export function awsJsonRequest(
  { targetPrefix, version }: AwsJsonService,
  operation: string,
  input: object,
  options: CallOptions = {},
): VendorRequest {
  return {
    ...options,
    method: 'POST',
    path: '/',
    headers: {
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `${targetPrefix}.${operation}`,
    },
    body: jsonBody(input),
  }
}
