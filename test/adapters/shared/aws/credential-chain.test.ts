import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { chainFailure } from '../../../../adapters/shared/aws/credential-chain.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'

/** What the chain gives in a process with this environment, and with these files for `~/.aws`. */
async function found(
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  option: unknown = 'default',
): Promise<Readonly<Record<string, unknown>>> {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const script = ['--conditions=modelspine/source', 'test/adapters/shared/aws/chain-child.ts']
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...script, JSON.stringify(option)],
    {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        HOME: folder,
        AWS_CONFIG_FILE: join(folder, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
        AWS_EC2_METADATA_DISABLED: 'true',
        ...env,
      },
    },
  )
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Record<string, unknown>
}

const profiles = {
  credentials: '[default]\naws_access_key_id = one\naws_secret_access_key = secret-one\n',
  config: [
    '[profile other]',
    'aws_access_key_id = other',
    'aws_secret_access_key = secret-other',
    '[profile broken]',
    'credential_process = echo hunter2',
  ].join('\n'),
}

describe('the chain of credentials', () => {
  it('finds them as the AWS SDK does: environment, files, the profile of the option', async () => {
    const variables = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' }
    expect(await found(variables)).toEqual({ id: 'id', secret: 'secret', token: 'token' })
    expect(await found({}, profiles)).toEqual({ id: 'one', secret: 'secret-one' })
    expect(await found({ AWS_PROFILE: 'other' }, profiles)).toMatchObject({ id: 'other' })
    expect(await found(variables, profiles, { profile: 'other' })).toMatchObject({ id: 'other' })
  })

  it('tells that there are none, and never what a command printed', async () => {
    expect(await found({})).toEqual({
      code: 'target-unavailable',
      message: 'SageMaker: AWS gave no credentials: Could not load credentials from any providers',
    })
    const broken = await found({}, profiles, { profile: 'broken' })
    expect(broken.code).toBe('target-unavailable')
    expect(broken.message).not.toContain('hunter2')
  })

  it('is asked for with a message that says what to install, where it is missing', async () => {
    expect(await found({ WITHOUT_LIBRARY: 'yes' })).toEqual({
      code: 'unsupported',
      message: expect.stringMatching(
        /^sagemakerTarget without accessKeyId and secretAccessKey needs @aws-sdk\/credential-provider-node, .*: run npm install @aws-sdk\/credential-provider-node$/,
      ),
    })
  })

  it.each([
    ['Could not load credentials from any providers', true],
    [
      "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile.",
      true,
    ],
    ['Could not resolve credentials using profile: [prod] in configuration/credentials file(s).', true],
    [`Unexpected token 'h', "hunter2" is not valid JSON`, false],
    [`Token is expired {"aws sso login": 1}`, false],
  ])('tells of the message %j: %s', (message, isTold) => {
    expect(chainFailure(new Error(message))).toBe(isTold ? message : 'Error')
  })
})
