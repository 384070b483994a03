import { describe, expect, it } from 'vitest'
import { type Moved, type MovingOptions, routesFromLitellm } from '../../../../src/resources/index.ts'
import { leftAt } from './accounted.ts'
import { asked } from './asked.ts'

/** A deployment: `a` is the model `a` at a server of its own. */
const deployment = (model_name: string, model: string, params: object = {}, model_info?: object): object => ({
  model_name,
  litellm_params: {
    model: `openai/${model}`,
    api_base: `http://${model}.test/v1`,
    api_key: 'os.environ/K',
    ...params,
  },
  ...(model_info !== undefined && { model_info }),
})
const move = (
  model_list: readonly object[],
  router_settings: object = {},
  options: MovingOptions = {},
): Promise<Moved> =>
  routesFromLitellm({ model_list, router_settings: { timeout: 1, ...router_settings } }, options)
const spec = ({ routes }: Moved, place = 0) => routes[place]?.spec
const models = (backends: readonly object[] = []): readonly unknown[] =>
  backends.map((backend) => ('model' in backend ? backend.model : undefined))

describe('the order in which a route of LiteLLM asks', () => {
  it('is the group before its fallbacks', async () => {
    const moved = await move([deployment('m', 'a'), deployment('m', 'b'), deployment('n', 'c')], {
      fallbacks: [{ m: ['n'] }],
    })
    expect([...(await asked(moved, 'm', 100)).keys()].sort()).toEqual(['a b c', 'b a c'])
    expect(await asked(moved, 'n', 5)).toEqual(new Map([['c', 1]]))
  })

  it('is by weight at first', async () => {
    const moved = await move([deployment('m', 'a', { weight: 9 }), deployment('m', 'b', { weight: 1 })])
    const orders = await asked(moved, 'm', 2000)
    expect(orders.get('a b')).toBeGreaterThan(0.87)
    expect(orders.get('b a')).toBeGreaterThan(0.07)
  })

  it('is by the levels of order, and then the fallbacks', async () => {
    const moved = await move(
      [
        deployment('m', 'c', { order: 2 }),
        deployment('m', 'a', { order: 1 }),
        deployment('m', 'b', { order: 1 }),
        deployment('m', 'd'),
        deployment('n', 'e'),
      ],
      { fallbacks: [{ m: ['n'] }] },
    )
    expect([...(await asked(moved, 'm', 100)).keys()].sort()).toEqual(['a b c d e', 'b a c d e'])
  })

  it('follows the fallbacks of fallbacks, and asks nobody twice', async () => {
    const moved = await move(
      [deployment('m', 'a'), deployment('n', 'b'), deployment('o', 'c'), deployment('p', 'd')],
      {
        fallbacks: [{ m: ['n', 'o'] }, { n: ['p', 'm'] }, { o: ['n'] }],
      },
    )
    expect(await asked(moved, 'm', 5)).toEqual(new Map([['a b d c', 1]]))
    expect(await asked(moved, 'o', 5)).toEqual(new Map([['c b d a', 1]]))
    // A fallback that comes by two ways is carried by both.
    const { left } = moved
    expect(left.filter(({ path }) => path.includes('fallbacks')).map(({ path }) => path)).toEqual([])
  })

  it('has the default fallbacks where a group has none of its own', async () => {
    const moved = await move([deployment('m', 'a'), deployment('n', 'b'), deployment('o', 'c')], {
      fallbacks: [{ m: ['n'] }],
      default_fallbacks: ['o'],
    })
    // The fallbacks of n are the default ones.
    expect([...(await asked(moved, 'm', 2)).keys()]).toEqual(['a b c'])
    expect([...(await asked(moved, 'n', 2)).keys()]).toEqual(['b c'])
    expect([...(await asked(moved, 'o', 2)).keys()]).toEqual(['c'])
  })

  it('ends with a deployment without weight', async () => {
    const moved = await move([deployment('m', 'a', { weight: 2 }), deployment('m', 'b')])
    expect(await asked(moved, 'm', 20)).toEqual(new Map([['a b', 1]]))
  })

  it('has no retries in the group when the config says so', async () => {
    const moved = await move([deployment('m', 'a'), deployment('m', 'b'), deployment('n', 'c')], {
      num_retries: 0,
      fallbacks: [{ m: ['n'] }],
    })
    expect([...(await asked(moved, 'm', 100)).keys()].sort()).toEqual(['a c', 'b c'])
  })

  it('differs where retries are for some of the group only, and is told', async () => {
    const group = [deployment('m', 'a'), deployment('m', 'b'), deployment('m', 'c'), deployment('n', 'd')]
    const moved = await move(group, { num_retries: 1, fallbacks: [{ m: ['n'] }] })
    expect(leftAt(moved, 'model_list[0].model_name').join()).toContain('asks the fallbacks first')
    expect(spec(moved)?.attempts).toBe(3)
  })

  it('is at most ten calls, and is told when there would be more', async () => {
    const many = [...'abcdefghijkl'].map((model) => deployment(model, model))
    const moved = await move(many, { fallbacks: [{ a: [...'bcdefghijkl'] }] })
    expect([...(await asked(moved, 'a', 1)).keys()]).toEqual(['a b c d e f g h i j'])
    expect(leftAt(moved, 'model_list[0].model_name').join()).toContain('at most 10 calls')
  })
})

describe('the weights of a group', () => {
  it.each([
    [
      'weight before rpm',
      [
        { weight: 1, rpm: 5 },
        { weight: 3, rpm: 50 },
      ],
      [1, 3],
    ],
    [
      'rpm before tpm',
      [
        { rpm: 900, tpm: 1 },
        { rpm: 10, tpm: 9 },
      ],
      [900, 10],
    ],
    ['tpm', [{ tpm: 5 }, { tpm: 7 }], [5, 7]],
    ['none when the first has none', [{}, { weight: 7 }], [undefined, undefined]],
    [
      'the next measure when the weights are all 0',
      [
        { weight: 0, rpm: 1 },
        { weight: 0, rpm: 2 },
      ],
      [1, 2],
    ],
  ])('are those of %s', async (_, params, weights) => {
    const moved = await move(params.map((each, place) => deployment('m', `m${place}`, each)))
    expect(spec(moved)?.backends.map(({ weight }) => weight)).toEqual(weights)
  })

  it('are equal with another strategy, which is told', async () => {
    const moved = await move([deployment('m', 'a', { weight: 1 }), deployment('m', 'b', { weight: 3 })], {
      routing_strategy: 'latency-based-routing',
    })
    expect(spec(moved)?.backends.map(({ weight }) => weight)).toEqual([undefined, undefined])
    expect(leftAt(moved, 'router_settings.routing_strategy')).toHaveLength(1)
    expect(leftAt(moved, 'model_list[1].litellm_params.weight')).toHaveLength(1)
  })

  it('are none for one deployment', async () => {
    const moved = await move([deployment('m', 'a', { weight: 3, rpm: 60 })])
    expect(spec(moved)?.backends).toEqual([{ provider: 'openai-compatible', model: 'a' }])
    expect(leftAt(moved, 'model_list[0].litellm_params.weight')).toEqual([
      'there is one deployment, so there is nothing to weigh',
    ])
    expect(leftAt(moved, 'model_list[0].litellm_params.rpm')).toEqual([
      'as a limit for each minute it is left',
    ])
  })

  it('add up when two deployments are the same model of the same account', async () => {
    const same = { api_base: 'http://x.test/v1' }
    const moved = await move([deployment('m', 'a', same), deployment('m', 'a', same), deployment('m', 'b')])
    expect(spec(moved)?.backends.map(({ weight = 1 }) => weight)).toEqual([2, 1])
  })
})

describe('the names of a route of LiteLLM', () => {
  it('are the model name and its aliases', async () => {
    const moved = await move([deployment('GPT-4o', 'a')], {
      model_group_alias: { 'gpt-4': 'GPT-4o', best: { model: 'GPT-4o' } },
    })
    expect(moved.routes[0]).toMatchObject({
      metadata: { name: 'gpt-4o' },
      spec: { names: ['GPT-4o', 'gpt-4', 'best'] },
    })
  })

  it('are told when an alias takes one away', async () => {
    const moved = await move([deployment('m', 'a'), deployment('n', 'b')], { model_group_alias: { m: 'n' } })
    expect(moved.routes.map(({ spec: { names } }) => names)).toEqual([['n', 'm']])
    expect(leftAt(moved, 'model_list[0]')).toEqual(['an alias leads its name elsewhere'])
  })

  it('have labels of their own when they are written alike', async () => {
    const moved = await move([deployment('a/b', 'a'), deployment('a.b', 'b'), deployment('ünï', 'c')])
    expect(moved.routes.map(({ metadata }) => metadata.name)).toEqual(['a-b', 'a-b-2'])
    expect(leftAt(moved, 'model_list[2]')).toEqual(['a route cannot have its model_name as a name'])
  })

  it('are those that clients send, where the config has a wildcard', async () => {
    const wildcards = [
      deployment('local/*', '*'),
      { model_name: 'local/big-*', litellm_params: { model: 'anthropic/claude-*' } },
      { model_name: '*', litellm_params: { model: '*' } },
    ]
    const moved = await move(wildcards, {}, { models: ['local/x', 'local/big-y', 'groq/z', 'what'] })
    expect(moved.routes.map(({ spec: { names, backends } }) => [names?.[0], models(backends)[0]])).toEqual([
      ['local/x', 'x'],
      ['local/big-y', 'claude-y'],
      ['groq/z', 'z'],
    ])
    expect(moved.providers.map(({ name }) => name)).toEqual(['openai-compatible', 'anthropic', 'groq'])
  })

  it('are left without a word of what clients send', async () => {
    const litellm_params = { model: 'openai/*', api_key: 'os.environ/KEY', api_base: 'http://127.0.0.1:1' }
    const moved = await move([{ model_name: 'local/*', litellm_params }])
    expect(moved.routes).toEqual([])
    for (const field of Object.keys(litellm_params)) {
      expect(leftAt(moved, `model_list[0].litellm_params.${field}`)).toEqual([
        'its deployment is in no route',
      ])
    }
    expect(leftAt(moved, 'model_list[0].model_name')).toEqual([
      'a route has exact names, and this is a wildcard',
    ])
  })
})

describe('a fallback of LiteLLM', () => {
  it('may be a wildcard, an alias, or one deployment by its id', async () => {
    const moved = await move(
      [
        deployment('m', 'a'),
        deployment('w/*', '*'),
        deployment('n', 'b', {}, { id: 'just-b' }),
        deployment('n', 'c'),
      ],
      { fallbacks: [{ m: ['w/x', 'short', 'just-b'] }], model_group_alias: { short: 'n' }, num_retries: 0 },
    )
    expect(models(spec(moved)?.fallback)).toEqual(['x', 'b', 'c'])
  })

  it('of an alias is that of its model, unless the alias leads to a wildcard', async () => {
    const moved = await move([deployment('m', 'a'), deployment('w/*', '*'), deployment('n', 'b')], {
      model_group_alias: { short: 'm', wild: 'w/x' },
      fallbacks: [{ short: ['n'] }, { wild: ['n'] }],
    })
    expect(moved.routes.map(({ metadata, spec: { fallback } }) => [metadata.name, models(fallback)])).toEqual(
      [
        ['m', []],
        ['n', []],
        ['wild', ['b']],
      ],
    )
    expect(leftAt(moved, 'router_settings.fallbacks[0].short[0]')).toHaveLength(1)
    expect(leftAt(moved, 'router_settings.fallbacks[1].wild[0]')).toEqual([])
  })

  it('for long prompts is carried when it is one for all failures, too', async () => {
    const moved = await move([deployment('m', 'a'), deployment('n', 'b'), deployment('o', 'c')], {
      fallbacks: [{ m: ['n'] }],
      context_window_fallbacks: [{ m: ['n', 'o'] }],
    })
    expect(models(spec(moved)?.fallback)).toEqual(['b'])
    expect(moved.carried).toContainEqual({
      path: 'router_settings.context_window_fallbacks[0].m[0]',
      to: 'routes[0].spec.fallback[0]',
    })
    expect(leftAt(moved, 'router_settings.context_window_fallbacks[0].m[1]')).toHaveLength(1)
  })

  it('of a model that embeds is no model that chats', async () => {
    const moved = await move([deployment('m', 'text-embed'), deployment('n', 'b')], {
      default_fallbacks: ['n'],
    })
    expect(spec(moved)).toMatchObject({ operations: ['embed'], attempts: 1 })
    expect(leftAt(moved, 'router_settings.default_fallbacks[0]').join()).toContain(
      '"n" cannot do what "m" is asked',
    )
  })
})

describe('the timeouts of a route of LiteLLM', () => {
  it('leave time for every call', async () => {
    const moved = await move(
      [deployment('m', 'a', { timeout: 40, stream_timeout: 2.5 }), deployment('n', 'b')],
      {
        fallbacks: [{ m: ['n'] }],
        timeout: 20,
      },
    )
    expect(spec(moved)?.timeouts).toEqual({ request: '80s', attempt: '40s', firstOutput: '2500ms' })
    expect(spec(moved, 1)?.timeouts).toEqual({ attempt: '20s' })
  })

  it('are those of litellm_settings when the router has none, and are told when nothing is written', async () => {
    const model_list = [deployment('m', 'a')]
    const moved = await routesFromLitellm({ model_list, litellm_settings: { request_timeout: 600 } })
    expect(spec(moved)?.timeouts).toEqual({ request: '600s', attempt: '600s' })
    const silent = await routesFromLitellm({ model_list })
    expect(spec(silent)?.timeouts).toBeUndefined()
    expect(leftAt(silent, 'router_settings.timeout').join()).toContain('ends a request after 60s')
  })

  it('are left when they are no seconds', async () => {
    const moved = await move([deployment('m', 'a', { timeout: 'os.environ/T' })])
    expect(leftAt(moved, 'model_list[0].litellm_params.timeout')).toEqual(['it is no number of seconds'])
  })
})

describe('the providers of a config of LiteLLM', () => {
  it.each([
    ['openai/gpt-4o', {}, { name: 'openai', adapter: 'openai', modelPrefix: 'openai/' }, 'gpt-4o'],
    ['gpt-4o', {}, { name: 'openai', adapter: 'openai' }, 'gpt-4o'],
    [
      'azure/dep',
      { api_base: 'https://x.openai.azure.com/' },
      { adapter: 'azure-openai', baseUrl: 'https://x.openai.azure.com' },
      'dep',
    ],
    [
      'bedrock/converse/eu.anthropic.x',
      { aws_region_name: 'eu-west-1' },
      { adapter: 'bedrock', settings: { region: 'eu-west-1' } },
      'eu.anthropic.x',
    ],
    ['us.amazon.nova-pro-v1:0', {}, { adapter: 'bedrock' }, 'us.amazon.nova-pro-v1:0'],
    [
      'gemini/gemini-2.5-flash',
      {},
      { adapter: 'gemini', secrets: { apiKey: 'env:GEMINI_API_KEY' } },
      'gemini-2.5-flash',
    ],
    [
      'vertex_ai/gemini-2.5-pro',
      { vertex_project: 'p' },
      { adapter: 'vertex', settings: { project: 'p' } },
      'gemini-2.5-pro',
    ],
    [
      'together_ai/meta/Llama',
      {},
      { name: 'together', adapter: 'openai-compatible', baseUrl: 'https://api.together.xyz/v1' },
      'meta/Llama',
    ],
    [
      'ollama/llama3.2',
      { api_base: 'http://127.0.0.1:11434' },
      { baseUrl: 'http://127.0.0.1:11434/v1' },
      'llama3.2',
    ],
    [
      'Qwen/Qwen2.5',
      { custom_llm_provider: 'hosted_vllm', api_base: 'http://v.test/v1' },
      { name: 'vllm', baseUrl: 'http://v.test/v1' },
      'Qwen/Qwen2.5',
    ],
    ['sagemaker/endpoint', {}, { adapter: 'sagemaker' }, 'endpoint'],
  ])('speak for %s with %j', async (model, params, provider, name) => {
    const moved = await routesFromLitellm({
      model_list: [{ model_name: 'm', litellm_params: { model, ...params } }],
    })
    expect(moved.providers[0]).toMatchObject(provider)
    expect(models(spec(moved)?.backends)).toEqual([name])
  })

  it('are told when no adapter speaks to them', async () => {
    const moved = await routesFromLitellm({
      model_list: [{ model_name: 'm', litellm_params: { model: 'cohere/command' } }],
    })
    expect(moved.providers[0]).not.toHaveProperty('adapter')
    expect(leftAt(moved, 'model_list[0].litellm_params.model').join()).toContain('no adapter')
  })

  it('take what a credential has', async () => {
    const moved = await routesFromLitellm({
      model_list: [
        {
          model_name: 'm',
          litellm_params: { model: 'azure/d', litellm_credential_name: 'team', api_version: '2' },
        },
      ],
      credential_list: [
        {
          credential_name: 'team',
          credential_values: { api_key: 'os.environ/K', api_base: 'os.environ/B', api_version: '1' },
        },
      ],
    })
    expect(moved.providers[0]).toMatchObject({
      name: 'team',
      baseUrl: 'env:B',
      secrets: { apiKey: 'env:K' },
      settings: { apiVersion: '2' },
    })
    expect(leftAt(moved, 'credential_list[0].credential_values.api_version')).toEqual([
      'no model of a route uses it',
    ])
  })
})
