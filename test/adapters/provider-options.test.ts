import { secretOf } from 'modelspine/adapter'
import { anthropic } from 'modelspine/adapters/anthropic'
import { azureOpenai } from 'modelspine/adapters/azure-openai'
import { bedrock } from 'modelspine/adapters/bedrock'
import { gemini } from 'modelspine/adapters/gemini'
import { mlflowRegistry, mlflowWebhooks } from 'modelspine/adapters/mlflow'
import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { openai } from 'modelspine/adapters/openai'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { prometheusMetrics } from 'modelspine/adapters/prometheus'
import { sagemakerProvider } from 'modelspine/adapters/sagemaker'
import { vertexGemini, vertexProvider } from 'modelspine/adapters/vertex'
import { createRouter, staticRoutes } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'

type Factory = (options: never) => unknown
const apiKey = secretOf('sk-right')
const baseUrl = 'http://127.0.0.1:9'
const region = 'eu-west-1'
const keys = { accessKeyId: 'AKIA', secretAccessKey: apiKey }
const vertex = { project: 'my-team', location: 'europe-west4' }
const metrics = {
  errors: { kind: 'value', value: 'max_over_time(up{name=$name, revision=$revision}[$range])' },
}

/** What JavaScript and JSON can give, which the compiler does not see. */
const made = (factory: Factory, options: object): unknown => factory(options as never)

function refusal(
  factory: Factory,
  options: object,
): Error & { readonly details: { readonly field: string } } {
  try {
    made(factory, options)
  } catch (error) {
    return error as never
  }
  throw new Error('it was accepted')
}

describe('a credential of an adapter', () => {
  it.each<[string, Factory, object, string]>([
    ['openaiCompatible', openaiCompatible, { baseUrl, apiKey: 'sk-plain' }, 'apiKey'],
    ['openai', openai, { apiKey: 'sk-plain' }, 'apiKey'],
    ['openai without one', openai, {}, 'apiKey'],
    ['anthropic', anthropic, { apiKey: 'sk-plain' }, 'apiKey'],
    ['anthropic with a token', anthropic, { authToken: 'sk-plain' }, 'authToken'],
    ['azureOpenai', azureOpenai, { endpoint: baseUrl, apiKey: 'sk-plain' }, 'apiKey'],
    ['azureOpenai with a token', azureOpenai, { endpoint: baseUrl, token: 'sk-plain' }, 'token'],
    ['gemini', gemini, { apiKey: { key: 'sk-plain' } }, 'apiKey'],
    ['gemini without one', gemini, { apiKey: null }, 'apiKey'],
    ['bedrock', bedrock, { region, apiKey: 'sk-plain' }, 'apiKey'],
    [
      'bedrock with keys',
      bedrock,
      { region, credentials: { accessKeyId: 'AKIA', secretAccessKey: 'sk-plain' } },
      'credentials.secretAccessKey',
    ],
    [
      'bedrock with a session',
      bedrock,
      { region, credentials: { ...keys, sessionToken: 'sk-plain' } },
      'credentials.sessionToken',
    ],
    ['vertexGemini', vertexGemini, { ...vertex, credentials: { token: 'sk-plain' } }, 'credentials.token'],
    ['mlflowRegistry', mlflowRegistry, { baseUrl, token: 'sk-plain' }, 'token'],
    ['mlflowWebhooks', mlflowWebhooks, { secret: 'sk-plain' }, 'secret'],
    [
      'prometheusMetrics',
      prometheusMetrics,
      { baseUrl, metrics, basic: { user: 'ann', password: 'sk-plain' } },
      'basic.password',
    ],
  ])('is refused as a plain text: %s', (_, factory, options, option) => {
    const error = refusal(factory, options)
    expect(error).toMatchObject({ code: 'invalid-options', retryable: false, details: { field: option } })
    expect(error.message).toContain(option)
    expect(error.message).toContain("envSecrets().resolve('NAME')")
    expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain('sk-plain')
  })

  it.each<[string, Factory, object]>([
    ['vertexGemini', vertexGemini, { ...vertex, credentials: 'sk-plain' }],
    ['bedrock', bedrock, { region, credentials: 'sk-plain' }],
  ])('are refused as a plain text: %s', (_, factory, options) => {
    const error = refusal(factory, options)
    expect(error).toMatchObject({ code: 'invalid-options', details: { field: 'credentials' } })
    expect(`${error.message} ${error.stack}`).not.toContain('sk-plain')
  })

  it.each<[string, Factory, object]>([
    ['openaiCompatible without one', openaiCompatible, { baseUrl }],
    ['openaiCompatible', openaiCompatible, { baseUrl, apiKey: undefined }],
    ['openai', openai, { apiKey }],
    ['anthropic', anthropic, { apiKey: async () => apiKey }],
    ['bedrock', bedrock, { region, credentials: { ...keys, secretAccessKey: async () => apiKey } }],
  ])('is taken as a secret, as a function, and not at all: %s', (_, factory, options) => {
    expect(() => made(factory, options)).not.toThrow()
  })

  it.each<[string, Factory, object]>([
    ['openaiCompatible', openaiCompatible, { baseUrl, apiKey: async () => 'sk-plain' }],
    ['anthropic', anthropic, { baseUrl, apiKey: () => 'sk-plain' }],
    ['gemini', gemini, { baseUrl, apiKey: async () => undefined }],
    [
      'bedrock',
      bedrock,
      { region, endpoint: baseUrl, credentials: { ...keys, secretAccessKey: () => 'sk-plain' } },
    ],
    [
      'vertexGemini',
      vertexGemini,
      { ...vertex, endpoint: baseUrl, credentials: { token: () => 'sk-plain' } },
    ],
  ])('is no outage when its function gives no secret: %s', async (_, factory, options) => {
    const spec = { operations: ['chat' as const], backends: [{ provider: 'p', model: 'm' }] }
    const providers = { p: made(factory, options) as never }
    const router = createRouter({
      table: staticRoutes({ providers, routes: [{ metadata: { name: 'r' }, spec }] }),
    })
    const asked = router.chat('r', { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] })
    const error = await asked.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'auth', retryable: false })
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('sk-plain')
  })
})

describe('the options of a provider', () => {
  it.each<[string, Factory, object, string, string]>([
    ['openaiCompatible', openaiCompatible, { baseURL: baseUrl }, 'baseURL', 'Did you mean "baseUrl"?'],
    ['openaiCompatible', openaiCompatible, {}, 'baseUrl', 'is missing: give a string'],
    ['openaiCompatible', openaiCompatible, { baseUrl, quirk: 'vllm' }, 'quirk', 'Did you mean "quirks"?'],
    [
      'openaiCompatible',
      openaiCompatible,
      { baseUrl, quirks: { lack: [] } },
      'quirks.lack',
      'Did you mean "lacks"?',
    ],
    ['openai', openai, { apikey: apiKey }, 'apikey', 'Did you mean "apiKey"?'],
    ['openai', openai, { apiKey, organisation: 'o' }, 'organisation', 'Did you mean "organization"?'],
    ['anthropic', anthropic, { maxToken: 5 }, 'maxToken', 'Did you mean "maxTokens"?'],
    ['anthropic', anthropic, { sampling: true }, 'sampling', 'is a boolean: give a function'],
    ['azureOpenai', azureOpenai, { endPoint: baseUrl, apiKey }, 'endPoint', 'Did you mean "endpoint"?'],
    ['gemini', gemini, { apiKey, timeOutMs: 5 }, 'timeOutMs', 'Did you mean "timeoutMs"?'],
    ['bedrock', bedrock, { regoin: region }, 'regoin', 'Did you mean "region"?'],
    ['vertexGemini', vertexGemini, { projekt: 'my-team' }, 'projekt', 'Did you mean "project"?'],
    ['vertexProvider', vertexProvider, { ...vertex, tensor: 'x' }, 'tensor', 'Did you mean "tensors"?'],
    ['sagemakerProvider', sagemakerProvider, { region, tensor: 'x' }, 'tensor', 'Did you mean "tensors"?'],
    [
      'openInferenceProvider',
      openInferenceProvider,
      { baseUrl, header: {} },
      'header',
      'Did you mean "headers"?',
    ],
  ])('are refused when they do not exist: %s %j', (_, factory, options, option, message) => {
    const error = refusal(factory, options)
    expect(error).toMatchObject({ code: 'invalid-options', details: { field: option } })
    expect(error.message).toContain(message)
  })

  it('name a server that is known, and an API that there is', () => {
    const quirks = refusal(openaiCompatible, { baseUrl, quirks: 'vlm' })
    expect(quirks).toMatchObject({ code: 'invalid-options', details: { field: 'quirks' } })
    expect(quirks.message).toContain('quirks is "vlm", which is no known server: write one of vllm, sglang')
    expect(refusal(openaiCompatible, { baseUrl, quirks: 'constructor' }).message).toContain('no known server')
    expect(refusal(openai, { apiKey, api: 'response' }).message).toBe(
      'api is "response": write responses or chat, or leave it out for both',
    )
  })
})
