import { sagemakerTarget } from 'modelspine/adapters/sagemaker'
import { region } from '../../../adapters/shared/aws/small-aws.ts'
import { credentials } from '../../../simulators/sagemaker/sagemaker-simulator.ts'
import type { VictimCloud } from '../simulated-cloud.ts'

const { accessKeyId, secretAccessKey, sessionToken } = credentials

export const sagemakerVictim: VictimCloud = {
  protocol: 'sagemaker',
  artifact: (version) => ({ kind: 'files', files: [{ uri: `s3://models/${version}.tar.gz` }] }),
  env: { THREADS: '4' },
  target: (endpoint: string) =>
    sagemakerTarget({
      region,
      endpoint,
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
      executionRole: 'arn:aws:iam::123456789012:role/sagemaker',
      instanceType: 'ml.m5.xlarge',
      image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/digits:1',
    }),
}
