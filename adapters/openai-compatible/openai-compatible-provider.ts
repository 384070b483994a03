import { checkOptions, type OptionKinds } from 'modelspine/adapter'
import { type OpenaiConnection, openaiConnectionKinds } from '../shared/openai/openai-connection.ts'
import {
  chatForm,
  completionForm,
  type OpenaiForm,
  type OpenaiForms,
  responseForm,
} from '../shared/openai/openai-forms.ts'
import { type OpenaiProvider, openaiProvider } from '../shared/openai/openai-provider.ts'
import { checkSecret } from '../shared/options/check-secret.ts'
import { type ApiKey, bearerKey } from '../shared/provider/api-key.ts'
import { wrongOption } from '../shared/wrong-option.ts'
import { fitToServer } from './fit-to-server.ts'
import { type KnownServer, knownServers } from './known-servers.ts'
import type { ServerQuirks } from './server-quirks.ts'

export interface OpenaiCompatibleOptions extends OpenaiConnection {
  /** The URL without `/chat/completions`: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Sent as `authorization: Bearer …`. Leave it out for a server that needs no key. */
  readonly apiKey?: ApiKey | undefined
  /** The `gen_ai.provider.name`, and the name of the request's `options` entry to send. Default `openai`. */
  readonly name?: string
  /** How the server differs from OpenAI: the name of a known one, or what differs. Default: as OpenAI. */
  readonly quirks?: KnownServer | ServerQuirks
  /**
   * The server's name for the limit on output tokens. Default: that of `quirks`, or `max_completion_tokens`. Some servers
   * know only `max_tokens`.
   */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
}

export interface OpenaiCompatibleProvider extends OpenaiProvider {}

const kinds: OptionKinds<OpenaiCompatibleOptions> = {
  ...openaiConnectionKinds,
  baseUrl: 'string!',
  apiKey: 'any',
  name: 'string',
  quirks: 'any',
  maxTokensField: 'string',
}

const quirkKinds: OptionKinds<ServerQuirks> = {
  maxTokensField: 'string',
  extensions: 'list',
  lacks: 'list',
  schema: 'string',
  seedField: 'string',
  streamUsage: 'string',
  responses: 'boolean',
}

/** A provider for every server with OpenAI's chat completions and embeddings. Throws `invalid-options`. */
export function openaiCompatible(options: OpenaiCompatibleOptions): OpenaiCompatibleProvider {
  checkOptions(options, kinds)
  const { apiKey, clock, name = 'openai', quirks: named = {}, maxTokensField, ...http } = options
  checkSecret('apiKey', apiKey, 'key', false)
  const quirks = typeof named === 'string' ? serverNamed(named) : named
  checkOptions(quirks, quirkKinds, 'quirks')
  const titled = typeof named === 'string' ? named : 'this server'
  return openaiProvider({
    name,
    http,
    clock,
    forms: formsOf({ ...quirks, ...(maxTokensField === undefined ? {} : { maxTokensField }) }, titled),
    credentials: () => bearerKey(apiKey),
  })
}

function serverNamed(name: string): ServerQuirks {
  const known = Object.entries(knownServers).find(([each]) => each === name)?.[1]
  if (known !== undefined) return known
  const names = Object.keys(knownServers).join(', ')
  throw wrongOption(
    'quirks',
    `is "${name}", which is no known server: write one of ${names}, or what differs`,
  )
}

function formsOf(quirks: ServerQuirks, titled: string): OpenaiForms {
  const {
    maxTokensField = 'max_completion_tokens',
    extensions = [],
    streamUsage = 'asked',
    responses,
  } = quirks
  const own = { maxTokensField, extensions: new Set(extensions), streamUsage }
  const chat = chatForm(own)
  const fitted: OpenaiForm = {
    ...chat,
    codec: { ...chat.codec, title: `OpenAI's chat completions, as ${titled} takes them,` },
    print: (request, writing) => chat.print(fitToServer(request, quirks, writing), writing),
  }
  return {
    chat: Object.keys(quirks).length === 0 ? chat : fitted,
    completions: completionForm({ maxTokensField }),
    responses:
      responses === true ? { ...responseForm({ defaults: { store: false } }), isOnlyOwn: true } : undefined,
  }
}
