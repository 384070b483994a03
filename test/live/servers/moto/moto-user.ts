import type { MotoAddress } from '../moto.ts'

const policy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sagemaker:*', Resource: '*' }],
}

const user = { UserName: 'modelspine' }

/** What is sent before moto checks signatures: those who may do nothing could not make the first user. */
const calls: readonly Readonly<Record<string, string>>[] = [
  { Action: 'CreateUser', ...user },
  { Action: 'PutUserPolicy', ...user, PolicyName: 'sagemaker', PolicyDocument: JSON.stringify(policy) },
  { Action: 'CreateAccessKey', ...user },
]

export const motoUserCalls: number = calls.length

/** Makes a user that may do everything at SageMaker, and nothing else. */
export async function createMotoUser(url: string): Promise<Omit<MotoAddress, 'url'>> {
  let answer = ''
  for (const call of calls) {
    const scope = 'AKIAFIRST/20260101/us-east-1/iam/aws4_request'
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none` },
      body: new URLSearchParams({ Version: '2010-05-08', ...call }),
    })
    answer = await response.text()
    if (!response.ok) throw new Error(`moto answered ${response.status} to ${call.Action}: ${answer}`)
  }
  return {
    accessKeyId: elementOf(answer, 'AccessKeyId'),
    secretAccessKey: elementOf(answer, 'SecretAccessKey'),
  }
}

function elementOf(xml: string, name: string): string {
  const [, value] = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml) ?? []
  if (value === undefined) throw new Error(`moto's answer has no ${name}: ${xml}`)
  return value
}
