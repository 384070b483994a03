export type { AwsConnection } from '../shared/aws/aws-client.ts'
export { sagemakerProtocol } from './sagemaker-protocol.ts'
