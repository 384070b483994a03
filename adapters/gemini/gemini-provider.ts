import { checkOptions, geminiApi, ModelspineError, type OptionKinds } from 'modelspine/adapter'
import { type GeminiProvider, geminiProvider } from '../shared/google/gemini/gemini-provider.ts'
import type { GeminiReach } from '../shared/google/gemini/gemini-reach.ts'
import { geminiWords } from '../shared/google/gemini/gemini-words.ts'
import { vendorWords } from '../shared/google/google-words.ts'
import { resourcePath } from '../shared/google/resource-path.ts'
import { checkSecret } from '../shared/options/check-secret.ts'
import { type ApiKey, revealKey } from '../shared/provider/api-key.ts'
import { type Authority, lateCredentials } from '../shared/vendor-authority.ts'
import { createVendorClient, type VendorConnection } from '../shared/vendor-client.ts'
import { withinLimits } from '../shared/within-limits.ts'
import { embedWithGemini } from './gemini-embeddings.ts'

export interface GeminiOptions
  extends Pick<VendorConnection, 'dispatcher' | 'headers' | 'connections' | 'tls' | 'maxReplyBytes'> {
  /** Sent as `x-goog-api-key`. */
  readonly apiKey: ApiKey
  /** The URL without `/models`. Default `https://generativelanguage.googleapis.com/v1beta`. */
  readonly baseUrl?: string
  /** The `gen_ai.provider.name`, and the name of the request's `options` entry to send. Default `gcp.gemini`. */
  readonly name?: string
  /**
   * How long the service may take until its answer begins, and between two pieces of one, in milliseconds. Default
   * 300,000.
   */
  readonly timeoutMs?: number
}

const kinds: OptionKinds<GeminiOptions> = {
  apiKey: 'any',
  baseUrl: 'string',
  name: 'string',
  timeoutMs: 'any',
  maxReplyBytes: 'any',
  dispatcher: 'any',
  headers: 'object',
  connections: 'any',
  tls: 'any',
}

const words = geminiWords({ vendor: 'Gemini', owner: 'gemini' })

/**
 * A provider for the Gemini API, which takes API keys. The model of a request is a name such as `gemini-2.5-flash`. Connects,
 * loads and reads nothing before the first call. Throws `invalid-options`.
 */
export function gemini(options: GeminiOptions): GeminiProvider {
  checkOptions(options, kinds)
  const {
    apiKey,
    baseUrl = 'https://generativelanguage.googleapis.com/v1beta',
    name = 'gcp.gemini',
    timeoutMs = 300_000,
    maxReplyBytes = 64 * 1024 * 1024,
    ...connection
  } = options
  checkSecret('apiKey', apiKey, 'key')
  const client = createVendorClient(
    { ...connection, baseUrl, timeoutMs, maxReplyBytes },
    vendorWords(words),
    keyAuthority(apiKey),
  )
  const reach: GeminiReach = { client, words, abilities: geminiApi, pathOf: modelPath }
  return geminiProvider({
    name,
    reach,
    embed: (request, context) => embedWithGemini(reach, name, request, context),
  })
}

function keyAuthority(apiKey: ApiKey): Authority {
  return () => ({
    async authorize(_wire, limits) {
      const key = await withinLimits(
        () => revealKey(apiKey),
        limits,
        () => lateCredentials(words),
      )
      return { headers: { 'x-goog-api-key': key }, secrets: [key] }
    },
  })
}

/** A model is a name, or one with its collection: `models/…`, `tunedModels/…`. */
function modelPath(model: string): string {
  const named = model.includes('/') ? model : `models/${model}`
  if (/^(?:models|tunedModels)\/[^/]+$/.test(named)) return `/${resourcePath(named)}`
  throw new ModelspineError(
    'not-found',
    `Gemini: "${model}" names no model: write one such as gemini-2.5-flash, or tunedModels/…`,
  )
}
