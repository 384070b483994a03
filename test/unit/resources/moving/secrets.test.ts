import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Moved, routesFromLitellm, routesFromPortkey } from '../../../../src/resources/index.ts'
import { changed, leavesOf } from './accounted.ts'

const fixtures = 'test/unit/resources/moving/fixtures'
const litellm = parse(readFileSync(`${fixtures}/litellm.yaml`, 'utf8'), { version: '1.1' })
const portkey = JSON.parse(readFileSync(`${fixtures}/portkey.json`, 'utf8'))

/** The fields whose texts are names: of models, groups, vendors, and of settings that are no secrets. */
const names =
  /^(model|model_name|id|mode|base_model|routing_strategy|provider|name|credential_name|litellm_credential_name|api_version|apiVersion|tenant_id|organization|openai_organization|aws_region_name|aws_region|vertex_project|vertex_location|deploymentId|resourceName|api_base|custom_host)$/

const configs: readonly { name: string; config: object; move: (source: object) => Promise<Moved> }[] = [
  {
    name: "LiteLLM's",
    config: litellm,
    move: (source) => routesFromLitellm(source, { models: ['anthropic/claude-x'] }),
  },
  { name: "Portkey's", config: portkey, move: (source) => routesFromPortkey(source, { models: ['gpt-4o'] }) },
]

describe.each(configs)('a secret in a config of $name', ({ config, move }) => {
  it('is not in the result', async () => {
    expect(JSON.stringify(config)).toContain('canary')
    expect(inspect(await move(config), { depth: 20 })).not.toContain('canary')
  })

  it('is not in the result when it stands in any field that is no name', async () => {
    for (const { path } of leavesOf(config)) {
      if (path.some((step) => names.test(String(step)) || /fallbacks$|_alias$/.test(String(step)))) continue
      const moved = await move(changed(config, path, 'planted-canary-text') as object)
      expect(inspect(moved, { depth: 20 }), path.join('.')).not.toContain('planted')
    }
  })

  it('is not in the result when it looks like a key, wherever it stands', async () => {
    for (const { path } of leavesOf(config)) {
      const moved = await move(changed(config, path, 'sk-proj-planted-0123456789') as object)
      expect(inspect(moved, { depth: 20 }), path.join('.')).not.toContain('planted')
    }
  })
})

describe('a secret that stands in a config', () => {
  it('is told by its path, with a variable to move it to', async () => {
    const { providers, left } = await routesFromLitellm({
      model_list: [
        { model_name: 'a', litellm_params: { model: 'openai/gpt-4o', api_key: 'sk-one' } },
        { model_name: 'b', litellm_params: { model: 'openai/gpt-4o', api_key: 'sk-two' } },
        { model_name: 'c', litellm_params: { model: 'openai/gpt-4o', api_key: 'sk-one' } },
      ],
    })
    expect(providers.map(({ name, secrets, paths }) => [name, secrets.apiKey, paths])).toEqual([
      ['openai', 'env:OPENAI_API_KEY', ['model_list[0]', 'model_list[2]']],
      ['openai-2', 'env:OPENAI_2_API_KEY', ['model_list[1]']],
    ])
    expect(left).toContainEqual({
      path: 'model_list[1].litellm_params.api_key',
      value: '[secret]',
      reason: 'a secret stands in the config; Modelspine takes references only',
      instead: 'Move it to a secret store, such as the variable OPENAI_2_API_KEY, and remove it here.',
    })
  })

  it('is the variable that the config names, or the one that LiteLLM reads without a word', async () => {
    const { providers } = await routesFromLitellm({
      model_list: [
        { model_name: 'a', litellm_params: { model: 'groq/llama', api_key: 'os.environ/TEAM_GROQ' } },
        { model_name: 'b', litellm_params: { model: 'groq/llama' } },
      ],
    })
    expect(providers.map(({ secrets }) => secrets.apiKey)).toEqual(['env:TEAM_GROQ', 'env:GROQ_API_KEY'])
  })
})
