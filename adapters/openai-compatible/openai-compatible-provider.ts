import type { OpenaiConnection } from '../shared/openai/openai-connection.ts'
import { chatForm, completionForm } from '../shared/openai/openai-forms.ts'
import { type OpenaiProvider, openaiProvider } from '../shared/openai/openai-provider.ts'
import { type ApiKey, bearerKey } from '../shared/provider/api-key.ts'

export interface OpenaiCompatibleOptions extends OpenaiConnection {
  /** The URL without `/chat/completions`: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Sent as `authorization: Bearer …`. Leave it out for a server that needs no key. */
  readonly apiKey?: ApiKey | undefined
  /** The `gen_ai.provider.name`, and the name of the request's `options` entry to send. Default `openai`. */
  readonly name?: string
  /**
   * The server's name for the limit on output tokens. Default `max_completion_tokens`. Some servers know only
   * `max_tokens`.
   */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
}

export interface OpenaiCompatibleProvider extends OpenaiProvider {}

/** A provider for every server with OpenAI's chat completions and embeddings. */
export function openaiCompatible(options: OpenaiCompatibleOptions): OpenaiCompatibleProvider {
  const { apiKey, clock, name = 'openai', maxTokensField = 'max_completion_tokens', ...http } = options
  return openaiProvider({
    name,
    http,
    clock,
    forms: { chat: chatForm({ maxTokensField }), completions: completionForm({ maxTokensField }) },
    credentials: () => bearerKey(apiKey),
  })
}
