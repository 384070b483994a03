import { inspect } from 'node:util'
import { secretOf } from 'modelspine/adapter'
import { type MlflowRegistryOptions, mlflowRegistry, mlflowWebhooks } from 'modelspine/adapters/mlflow'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scriptedMlflow } from './scripted-mlflow.ts'

const planted = 'pl4nted/Secret+with=signs'
const encoded = Buffer.from(`ann:${planted}`).toString('base64')
const spellings = [planted, encodeURIComponent(planted), Buffer.from(planted).toString('base64'), encoded]

const credentials: readonly [string, Partial<MlflowRegistryOptions>][] = [
  ['a token', { token: () => secretOf(planted) }],
  ['a password', { basic: { user: 'ann', password: () => secretOf(planted) } }],
  ['a header', { headers: { 'x-api-key': planted } }],
]

/** Everything that somebody could print of a value. */
const printed = (value: unknown): string =>
  `${inspect(value, { depth: 20, showHidden: true })}${JSON.stringify(value)}${(value as Error)?.stack ?? ''}`

async function collect(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

describe('a credential of the registry', () => {
  it.each(
    credentials.flatMap(([what, options]) =>
      [200, 302, 400, 401, 403, 404, 429, 500].map((status) => [what, status, options] as const),
    ),
  )('is in no error when MLflow repeats %s with status %d', async (_what, status, options) => {
    const mlflow = await scriptedMlflow()
    onTestFinished(() => mlflow.close())
    const repeated = spellings.join(' ')
    const location = `http://x/?token=${encodeURIComponent(planted)}`
    // Longer than any short retry waits.
    const headers = { location, 'x-echo': encoded, 'retry-after': '60' }
    mlflow.intercept = () => ({
      status,
      headers,
      body: JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message: repeated, repeated }),
    })
    const registry = mlflowRegistry({ baseUrl: mlflow.url, ...options })
    onTestFinished(() => registry.close())
    const artifact = { kind: 'files', files: [{ uri: 's3://a' }] } as const
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      version: () => registry.resolve({ registry: 'r', name: 'churn', version: '1' }),
      alias: () => registry.resolve({ registry: 'r', name: 'churn', alias: 'champion' }),
      latest: () => registry.resolve({ registry: 'r', text: 'churn' }),
      models: () => collect(registry.models()),
      versions: () => collect(registry.versions('churn')),
      setAlias: () => registry.setAlias('churn', 'champion', '1'),
      setApproval: () => registry.setApproval('churn', '1', 'approved'),
      setTags: () => registry.setTags('churn', '1', { a: 'b' }),
      register: () => registry.register({ name: 'churn', artifact }),
    }
    for (const [name, call] of Object.entries(calls)) {
      const told = await call().then(
        (answer) => printed(answer),
        (error: unknown) => printed(error),
      )
      const known = 'basic' in options ? spellings : spellings.slice(0, 3)
      for (const spelling of known) expect(told, name).not.toContain(spelling)
    }
    expect(printed(registry)).not.toContain(planted)
    expect(mlflow.calls.join('\n')).not.toContain(encodeURIComponent(planted))
  })
})

describe('the secret of a webhook', () => {
  it('is in no answer and in nothing that is printed', async () => {
    const hooks = mlflowWebhooks({ secret: () => secretOf(planted) })
    const headers = {
      'x-mlflow-delivery-id': 'd',
      'x-mlflow-timestamp': String(Math.floor(Date.now() / 1000)),
      'x-mlflow-signature': `v1,${planted}`,
    }
    const answers = [
      await hooks.receive({ headers, body: planted }),
      await hooks.receive({ headers: {}, body: planted }),
      await (await hooks.fetch(new Request('http://x/', { method: 'POST', headers, body: planted }))).text(),
    ]
    for (const answer of [...answers, hooks]) expect(printed(answer)).not.toContain(planted)
  })
})
