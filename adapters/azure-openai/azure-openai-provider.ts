import { checkOptions, type OptionKinds, sha256 } from 'modelspine/adapter'
import { type OpenaiConnection, openaiConnectionKinds } from '../shared/openai/openai-connection.ts'
import type { OpenaiPath } from '../shared/openai/openai-forms.ts'
import { type OpenaiProvider, openaiProvider } from '../shared/openai/openai-provider.ts'
import { checkApi, type OpenaiApi, ownForms } from '../shared/openai/own-forms.ts'
import { checkSecret } from '../shared/options/check-secret.ts'
import { type ApiKey, bearerKey, revealKey } from '../shared/provider/api-key.ts'
import type { Credentials } from '../shared/vendor-authority.ts'
import { namingEndpoint, wrongOption } from '../shared/wrong-option.ts'
import { azureMeaning } from './azure-openai-errors.ts'

export interface AzureOpenaiOptions extends OpenaiConnection {
  /** The resource's URL: `https://my-resource.openai.azure.com`. */
  readonly endpoint: string
  /** A key of the resource, sent as `api-key`. Either this or `token`. */
  readonly apiKey?: ApiKey
  /** Gets a token of Microsoft Entra, sent as `authorization: Bearer …`. Asked at each call, so it keeps tokens itself. */
  readonly token?: ApiKey
  /**
   * A dated version of the older API, such as `2024-10-21`. Its paths name the deployment. Absent: the v1 API, which needs
   * no version. `preview` asks the v1 API for what is not general yet.
   */
  readonly apiVersion?: string
  /** The name of the deployment of each model. A model that is not here is deployed under its own name. */
  readonly deployments?: Readonly<Record<string, string>>
  /**
   * The only API that is called. Absent: both in the v1 API, chosen as the OpenAI adapter does, and chat completions in a
   * dated one.
   */
  readonly api?: OpenaiApi
  /** As in the OpenAI adapter. Default false. */
  readonly encryptedReasoning?: boolean
  /** The `gen_ai.provider.name`, and the name of the request's `options` entry to send. Default `azure.ai.openai`. */
  readonly name?: string
}

const kinds: OptionKinds<AzureOpenaiOptions> = {
  ...openaiConnectionKinds,
  endpoint: 'string!',
  apiKey: 'any',
  token: 'any',
  apiVersion: 'string',
  deployments: 'object',
  api: 'string',
  encryptedReasoning: 'boolean',
  name: 'string',
}

const dated = /^\d{4}-\d{2}-\d{2}/

/**
 * A provider for OpenAI's models at Azure. Throws `invalid-options` without a key and a token, and with both.
 */
export function azureOpenai(options: AzureOpenaiOptions): OpenaiProvider {
  checkOptions(options, kinds)
  const {
    endpoint,
    apiKey,
    token,
    apiVersion,
    deployments = {},
    encryptedReasoning = false,
    ...more
  } = options
  const { api, name = 'azure.ai.openai', clock, ...connection } = more
  if ((apiKey === undefined) === (token === undefined)) {
    throw wrongOption('apiKey', 'or token is needed: give one of them, and not both')
  }
  checkSecret('apiKey', apiKey, 'key', false)
  checkSecret('token', token, 'key', false)
  checkApi(api)
  const isDated = apiVersion !== undefined && dated.test(apiVersion)
  const version = apiVersion === undefined ? '' : `?api-version=${encodeURIComponent(apiVersion)}`

  function place(path: OpenaiPath, model: string): string {
    if (!isDated) return `/v1${path}${version}`
    // In the older API, the deployment of a response stands in the body alone.
    const deployment = path === '/responses' ? '' : `/deployments/${encodeURIComponent(model)}`
    return `${deployment}${path}${version}`
  }

  async function credentials(): Promise<Credentials> {
    if (apiKey === undefined) return bearerKey(token)
    const key = await revealKey(apiKey)
    return { headers: { 'api-key': key }, secrets: [key] }
  }

  return namingEndpoint(() =>
    openaiProvider({
      name,
      http: { ...connection, baseUrl: `${endpoint.replace(/\/+$/, '')}/openai` },
      clock,
      forms: ownForms(isDated ? (api ?? 'chat') : api, encryptedReasoning, signerAt(endpoint)),
      credentials,
      modelName: (model) => (Object.hasOwn(deployments, model) ? (deployments[model] ?? model) : model),
      place,
      meaning: azureMeaning,
    }),
  )
}

/**
 * Each resource reads only its own encrypted thoughts: "could not be verified", says another one, and OpenAI too. The name is
 * no secret of the resource, and the same in every process.
 */
function signerAt(endpoint: string): string {
  return `azure-${sha256(endpoint.replace(/\/+$/, '').toLowerCase()).slice(0, 12)}`
}
