import { checkOptions, type OptionKinds } from 'modelspine/adapter'
import { type OpenaiConnection, openaiConnectionKinds } from '../shared/openai/openai-connection.ts'
import { type OpenaiProvider, openaiProvider } from '../shared/openai/openai-provider.ts'
import { checkApi, type OpenaiApi, ownForms } from '../shared/openai/own-forms.ts'
import { checkSecret } from '../shared/options/check-secret.ts'
import { type ApiKey, bearerKey } from '../shared/provider/api-key.ts'

export interface OpenaiOptions extends OpenaiConnection {
  /** Sent as `authorization: Bearer …`. */
  readonly apiKey: ApiKey
  /** Whose quota and bill it is, for a key that belongs to several. */
  readonly organization?: string
  readonly project?: string
  /**
   * The only API that is called. Absent: both. Then a request that came in one of OpenAI's formats is sent in it. Any
   * other is sent as a response, unless it says what only chat completions can say.
   */
  readonly api?: OpenaiApi
  /**
   * Whether answers to requests from other formats have encrypted thoughts, which callers give back. Only models that reason
   * have them, and others refuse the wish. Default false.
   */
  readonly encryptedReasoning?: boolean
  /** Default `https://api.openai.com/v1`. A region of OpenAI has one of its own, such as `https://eu.api.openai.com/v1`. */
  readonly baseUrl?: string
  /** The `gen_ai.provider.name`, and the name of the request's `options` entry to send. Default `openai`. */
  readonly name?: string
}

const kinds: OptionKinds<OpenaiOptions> = {
  ...openaiConnectionKinds,
  apiKey: 'any',
  organization: 'string',
  project: 'string',
  api: 'string',
  encryptedReasoning: 'boolean',
  baseUrl: 'string',
  name: 'string',
}

/** A provider for OpenAI's own API: responses, chat completions, legacy completions and embeddings. Throws `invalid-options`. */
export function openai(options: OpenaiOptions): OpenaiProvider {
  checkOptions(options, kinds)
  const { apiKey, organization, project, api, encryptedReasoning = false, clock, ...more } = options
  checkSecret('apiKey', apiKey, 'key')
  checkApi(api)
  const { name = 'openai', baseUrl = 'https://api.openai.com/v1', headers, ...connection } = more
  const owner = {
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  }
  return openaiProvider({
    name,
    http: { ...connection, baseUrl, headers: { ...owner, ...headers } },
    clock,
    forms: ownForms(api, encryptedReasoning),
    credentials: () => bearerKey(apiKey),
  })
}
