import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Moved, routesFromLitellm, routesFromPortkey } from '../../../../src/resources/index.ts'
import { draws } from '../../../draws.ts'

interface Account {
  readonly vendor: string
  readonly host?: string
  readonly key?: string
}

const litellmOf = (accounts: readonly Account[]): Promise<Moved> =>
  routesFromLitellm({
    model_list: accounts.map(({ vendor, host, key }, place) => ({
      model_name: `m${place}`,
      litellm_params: {
        model: `${vendor}/model`,
        ...(host !== undefined && { api_base: host }),
        ...(key !== undefined && { api_key: key }),
      },
    })),
  })

const portkeyOf = (accounts: readonly Account[]): Promise<Moved> =>
  routesFromPortkey({
    strategy: { mode: 'fallback' },
    targets: accounts.map(({ vendor, host, key }) => ({
      provider: vendor,
      override_params: { model: 'model' },
      ...(host !== undefined && { custom_host: host }),
      ...(key !== undefined && { api_key: key }),
    })),
  })

const third = 'https://cheap-third-party.example'
const secretsOf = ({ providers }: Moved): readonly unknown[] =>
  providers.map(({ baseUrl, secrets }) => [baseUrl, secrets.apiKey])

describe("a vendor's key", () => {
  it('goes to no other host because a key of that host stands in the config itself', async () => {
    const moved = await litellmOf([
      { vendor: 'anthropic', host: third, key: 'sk-third' },
      { vendor: 'anthropic', key: 'os.environ/ANTHROPIC_API_KEY' },
    ])
    expect(secretsOf(moved)).toEqual([
      [third, 'env:ANTHROPIC_CHEAP_THIRD_PARTY_EXAMPLE_API_KEY'],
      [undefined, 'env:ANTHROPIC_API_KEY'],
    ])
    expect(moved.left.map(({ instead }) => instead)).toContain(
      'Move it to a secret store, such as the variable ANTHROPIC_CHEAP_THIRD_PARTY_EXAMPLE_API_KEY, and remove it here.',
    )
  })

  it('is not overwritten by one that stands in the config, whichever comes first', async () => {
    for (const other of ['os.environ/GROQ_API_KEY', undefined]) {
      const named = { vendor: 'groq', ...(other !== undefined && { key: other }) }
      const literal = { vendor: 'groq', key: 'gsk-mine' }
      const references = (moved: Moved) => moved.providers.map(({ secrets }) => secrets.apiKey)
      expect(references(await litellmOf([literal, named]))).toEqual([
        'env:GROQ_2_API_KEY',
        'env:GROQ_API_KEY',
      ])
      expect(references(await litellmOf([named, literal]))).toEqual([
        'env:GROQ_API_KEY',
        'env:GROQ_2_API_KEY',
      ])
    }
  })

  it('goes to no other host when the config names no key for it, and the report says so', async () => {
    for (const move of [litellmOf, portkeyOf]) {
      const moved = await move([{ vendor: 'anthropic', host: third }, { vendor: 'anthropic' }])
      expect(secretsOf(moved)).toEqual([
        [third, undefined],
        [undefined, 'env:ANTHROPIC_API_KEY'],
      ])
      expect(moved.left.map(({ reason }) => reason)).toContain(
        'the config names no key for this address, and the key in ANTHROPIC_API_KEY is for another host',
      )
    }
  })

  it.each([third, 'os.environ/SOME_BASE'])(
    'of OpenAI goes to no other server of its format: %s',
    async (host) => {
      const moves = host === third ? [litellmOf, portkeyOf] : [litellmOf]
      for (const move of moves) {
        const moved = await move([{ vendor: 'openai', host }, { vendor: 'openai' }])
        expect(moved.providers).toMatchObject([
          { adapter: 'openai-compatible', secrets: {} },
          { adapter: 'openai', secrets: { apiKey: 'env:OPENAI_API_KEY' } },
        ])
        expect(moved.providers[0]?.secrets).toEqual({})
        expect(moved.left.map(({ reason }) => reason)).toContain(
          'the config names no key for this address, and the key in OPENAI_API_KEY is for another host',
        )
      }
    },
  )

  it('keeps its usual name at its own host, and where the vendor has no host of its own', async () => {
    expect(
      secretsOf(
        await litellmOf([
          { vendor: 'anthropic', host: 'https://api.anthropic.com', key: 'sk-mine' },
          { vendor: 'azure', host: 'https://one.openai.azure.com' },
          { vendor: 'hosted_vllm', host: 'http://vllm.local/v1' },
        ]),
      ),
    ).toEqual([
      ['https://api.anthropic.com', 'env:ANTHROPIC_API_KEY'],
      ['https://one.openai.azure.com', 'env:AZURE_API_KEY'],
      ['http://vllm.local/v1', 'env:HOSTED_VLLM_API_KEY'],
    ])
  })

  it('is one variable for one key at one host', async () => {
    const moved = await litellmOf([
      { vendor: 'anthropic', host: `${third}/a`, key: 'sk-third' },
      { vendor: 'anthropic', host: `${third}/b`, key: 'sk-third' },
    ])
    const variable = 'env:ANTHROPIC_CHEAP_THIRD_PARTY_EXAMPLE_API_KEY'
    expect(secretsOf(moved)).toEqual([
      [`${third}/a`, variable],
      [`${third}/b`, variable],
    ])
  })
})

const vendors = ['openai', 'anthropic', 'groq', 'azure', 'gemini', 'mistral']
const account = (vendor: string, keys: readonly string[]) =>
  fc.record(
    {
      vendor: fc.constant(vendor),
      host: fc.constantFrom(third, `${third}/v1`, 'https://other.example', 'https://api.groq.com/openai/v1'),
      key: fc.constantFrom(...keys),
    },
    { requiredKeys: ['vendor'] },
  )
const configs: readonly {
  name: string
  move: (accounts: readonly Account[]) => Promise<Moved>
  accounts: fc.Arbitrary<Account>
}[] = [
  {
    name: 'LiteLLM',
    move: litellmOf,
    accounts: fc
      .constantFrom(...vendors, 'hosted_vllm')
      .chain((vendor) =>
        account(vendor, [
          'sk-one',
          'sk-two',
          'os.environ/GROQ_API_KEY',
          'os.environ/ANTHROPIC_2_API_KEY',
          'os.environ/OTHER',
        ]),
      ),
  },
  {
    name: 'Portkey',
    move: portkeyOf,
    accounts: fc
      .constantFrom('openai', 'anthropic', 'groq', 'azure-openai', 'google', 'mistral-ai')
      .chain((vendor) => account(vendor, ['sk-one', 'sk-two'])),
  },
]

describe.each(configs)("two providers of a config of $name's", ({ move, accounts }) => {
  it('share a variable only where host and key are the same, or where the config names it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(accounts, { minLength: 2, maxLength: 5 }), async (list) => {
        const { providers } = await move(list)
        const written = providers.map(({ secrets, paths, ...provider }) => {
          const from = list[Number(/\[(\d+)\]$/.exec(paths[0] ?? '')?.[1])]
          const own = provider.vendor === 'groq' ? 'api.groq.com' : `the host of ${provider.vendor}`
          const host = from?.host === undefined ? own : new URL(from.host).host
          return { reference: secrets.apiKey, key: from?.key, host }
        })
        for (const [place, one] of written.entries()) {
          const named = one.key?.startsWith('os.environ/') === true
          if (named) expect(one.reference).toBe(`env:${one.key?.slice('os.environ/'.length)}`)
          for (const other of written.slice(place + 1)) {
            if (one.reference === undefined || one.reference !== other.reference) continue
            if (named && one.key === other.key) continue
            if (one.key === undefined && other.key === undefined) {
              // A vendor without a host of its own reads its variable for the address that the config gives.
              if (!/AZURE|VLLM/.test(one.reference)) expect(one.host).toBe(other.host)
              continue
            }
            const both = new Set([one.key ?? 'usual', other.key ?? 'usual'])
            const usual = [one.key, other.key].some((key) => key === undefined)
            if (usual)
              expect(both, 'the usual variable, named by the other').toContain(
                `os.environ/${one.reference.slice(4)}`,
              )
            else expect([one.key, one.host], one.reference).toEqual([other.key, other.host])
          }
        }
      }),
      { numRuns: draws(150, 2000) },
    )
  })
})
