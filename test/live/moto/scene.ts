import { secretOf } from 'modelspine/adapter'
import type { AwsConnection } from 'modelspine/adapters/sagemaker'
import { createSagemakerClient, type SagemakerClient } from '../../../adapters/sagemaker/sagemaker-client.ts'
import type { MotoAddress } from '../servers/moto.ts'

let regions = 0

/** An account at moto that nobody else uses: each region is an AWS of its own. */
export function freshConnection({ url, accessKeyId, secretAccessKey }: MotoAddress): AwsConnection {
  regions += 1
  return {
    region: `eu-test-${process.pid}-${regions}`.slice(0, 16),
    endpoint: url,
    credentials: { accessKeyId, secretAccessKey: secretOf(secretAccessKey) },
  }
}

/** A client that seeds what a test needs. */
export function seeding(connection: AwsConnection): SagemakerClient {
  return createSagemakerClient(connection, {
    owner: 'the seed of a test',
    unavailable: 'unavailable',
    refused: 'bad-request',
  })
}

interface MotoAnswer {
  readonly Body: string
  readonly ContentType: string
  readonly InvokedProductionVariant?: string
  readonly CustomAttributes?: string
}

/** What moto answers to the next invocation that it does not know yet. */
export async function answerNext(
  { url }: MotoAddress,
  { region }: AwsConnection,
  { InvokedProductionVariant = '', CustomAttributes = '', ...answer }: MotoAnswer,
): Promise<void> {
  const results = [{ ...answer, InvokedProductionVariant, CustomAttributes }]
  const response = await fetch(`${url}/moto-api/static/sagemaker/endpoint-results`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account_id: '123456789012', region, results }),
  })
  if (!response.ok) throw new Error(`moto answered ${response.status}: ${await response.text()}`)
}
