import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { serveLoopback } from '../../../loopback.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'

type Found = Readonly<Record<string, unknown>>

/** What is found in a process with this environment. `file` is what GOOGLE_APPLICATION_CREDENTIALS names. */
async function found(env: Readonly<Record<string, string>>, file?: object | string): Promise<Found> {
  const folder = temporaryFolder()
  const path = join(folder, 'credentials.json')
  if (file !== undefined) writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=modelspine/source', 'test/adapters/shared/google/default-child.ts'],
    {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        HOME: folder,
        ...(file !== undefined && { GOOGLE_APPLICATION_CREDENTIALS: path }),
        ...env,
      },
    },
  )
  return JSON.parse(stdout) as Found
}

describe('the credentials that are found by default', () => {
  it('are those of the machine, kept, and looked for anew after a refusal', async () => {
    let given = 0
    const metadata = await serveLoopback((request, _, response) => {
      const isToken = request.url?.includes('/token') === true
      const token = { access_token: `ya29.${++given}`, expires_in: 3599, token_type: 'Bearer' }
      response
        .writeHead(200, {
          'metadata-flavor': 'Google',
          'content-type': isToken ? 'application/json' : 'text/plain',
        })
        .end(isToken ? JSON.stringify(token) : 'computeMetadata/')
      if (!isToken) given -= 1
    })
    try {
      const { host } = new URL(metadata.url)
      const { tokens, isSame, hasOthers } = await found({ GCE_METADATA_HOST: host })
      expect(isSame).toBe(true)
      expect(hasOthers).toBe(true)
      expect(new Set(tokens as string[]).size).toBe(2)
    } finally {
      await metadata.close()
    }
  })

  it('are those of workload identity federation, with the project that pays', async () => {
    let exchanged = ''
    const sts = await serveLoopback((_, body, response) => {
      exchanged = body.toString()
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: 'ya29.federated', expires_in: 3600, token_type: 'Bearer' }))
    })
    try {
      const subject = join(temporaryFolder(), 'subject')
      writeFileSync(subject, 'subject-token')
      const answer = await found(
        {},
        {
          type: 'external_account',
          audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b',
          subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          token_url: `${sts.url}/v1/token`,
          credential_source: { file: subject },
          quota_project_id: 'payer-1',
        },
      )
      expect(answer).toMatchObject({ tokens: ['ya29.federated', 'ya29.federated'], quotaProject: 'payer-1' })
      expect(exchanged).toContain('subject-token')
      expect(exchanged).toContain(encodeURIComponent('https://www.googleapis.com/auth/cloud-platform'))
    } finally {
      await sts.close()
    }
  })

  it('are told as missing or wrong, and nothing of a file is quoted', async () => {
    const none = await found({ METADATA_SERVER_DETECTION: 'none' })
    expect(none.code).toBe('target-unavailable')
    expect(none.message).toMatch(
      /^Vertex: Google gave no credentials: Could not load the default credentials\./,
    )
    const broken = await found({}, 'hunter2')
    expect(broken.code).toBe('target-unavailable')
    expect(broken.message).not.toContain('hunter2')
  })

  it('are asked for with a message that says what to install, where the library is missing', async () => {
    expect(await found({ WITHOUT_LIBRARY: 'yes' })).toEqual({
      code: 'unsupported',
      message: expect.stringMatching(
        /^vertexTarget without credentials\.token needs google-auth-library, .*: run npm install google-auth-library$/,
      ),
    })
  })
})
