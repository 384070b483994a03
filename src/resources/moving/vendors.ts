/** The vendors that other gateways name, and what the app makes its provider of. */
import { variableOf } from './secret-values.ts'

export interface Vendor {
  /** The name of the provider that is made, unless the config gives one. */
  readonly name: string
  /** The folder of the adapter. Absent when none speaks the vendor's own format. */
  readonly adapter?: string
  /** The vendor's own host. Absent where the config gives the address, as for Azure and a server of one's own. */
  readonly host?: string
  /** The address of a vendor that is asked by the adapter `openai-compatible`. */
  readonly baseUrl?: string
  /** The variable from which LiteLLM takes the key when its config has none. */
  readonly variable?: string
  /** What the config's address needs behind it, because it names the server and not its OpenAI format. */
  readonly path?: string
}

const compatible = (name: string, baseUrl: string, variable: string): Vendor => ({
  name,
  adapter: 'openai-compatible',
  host: new URL(baseUrl).host,
  baseUrl,
  variable,
})
const server = (name: string, more: Partial<Vendor> = {}): Vendor => ({
  name,
  adapter: 'openai-compatible',
  ...more,
})

const openai: Vendor = {
  name: 'openai',
  adapter: 'openai',
  host: 'api.openai.com',
  variable: 'OPENAI_API_KEY',
}
const azure: Vendor = { name: 'azure-openai', adapter: 'azure-openai', variable: 'AZURE_API_KEY' }
const anthropic: Vendor = {
  name: 'anthropic',
  adapter: 'anthropic',
  host: 'api.anthropic.com',
  variable: 'ANTHROPIC_API_KEY',
}
const bedrock: Vendor = { name: 'bedrock', adapter: 'bedrock' }
const vertex: Vendor = { name: 'vertex', adapter: 'vertex' }
const gemini: Vendor = {
  name: 'gemini',
  adapter: 'gemini',
  host: 'generativelanguage.googleapis.com',
  variable: 'GEMINI_API_KEY',
}
const sagemaker: Vendor = { name: 'sagemaker', adapter: 'sagemaker' }
const groq = compatible('groq', 'https://api.groq.com/openai/v1', 'GROQ_API_KEY')
const together = compatible('together', 'https://api.together.xyz/v1', 'TOGETHERAI_API_KEY')
const mistral = compatible('mistral', 'https://api.mistral.ai/v1', 'MISTRAL_API_KEY')
const deepseek = compatible('deepseek', 'https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY')
const openrouter = compatible('openrouter', 'https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY')
const fireworks = compatible('fireworks', 'https://api.fireworks.ai/inference/v1', 'FIREWORKS_AI_API_KEY')
const xai = compatible('xai', 'https://api.x.ai/v1', 'XAI_API_KEY')
const perplexity = compatible('perplexity', 'https://api.perplexity.ai', 'PERPLEXITYAI_API_KEY')
const cerebras = compatible('cerebras', 'https://api.cerebras.ai/v1', 'CEREBRAS_API_KEY')
const sambanova = compatible('sambanova', 'https://api.sambanova.ai/v1', 'SAMBANOVA_API_KEY')
const deepinfra = compatible('deepinfra', 'https://api.deepinfra.com/v1/openai', 'DEEPINFRA_API_KEY')
const ollama = server('ollama', { baseUrl: 'http://localhost:11434/v1', path: '/v1' })

/** By LiteLLM's prefix of a model: `groq/llama-3.3-70b`. */
export const litellmVendors: Readonly<Record<string, Vendor>> = {
  openai,
  'text-completion-openai': openai,
  azure,
  azure_text: azure,
  anthropic,
  bedrock,
  bedrock_converse: bedrock,
  vertex_ai: vertex,
  vertex_ai_beta: vertex,
  gemini,
  sagemaker,
  sagemaker_chat: sagemaker,
  groq,
  together_ai: together,
  mistral,
  deepseek,
  openrouter,
  fireworks_ai: fireworks,
  xai,
  perplexity,
  cerebras,
  sambanova,
  deepinfra,
  nvidia_nim: compatible('nvidia-nim', 'https://integrate.api.nvidia.com/v1', 'NVIDIA_NIM_API_KEY'),
  ollama,
  ollama_chat: ollama,
  hosted_vllm: server('vllm', { variable: 'HOSTED_VLLM_API_KEY' }),
  vllm: server('vllm'),
  lm_studio: server('lm-studio', { variable: 'LM_STUDIO_API_KEY' }),
  llamafile: server('llamafile'),
  xinference: server('xinference'),
  openai_like: server('openai-compatible'),
  custom_openai: server('openai-compatible'),
  litellm_proxy: server('litellm', { variable: 'LITELLM_PROXY_API_KEY' }),
}

/** By Portkey's `provider`. Portkey takes no key from a variable. */
export const portkeyVendors: Readonly<Record<string, Vendor>> = {
  openai,
  'azure-openai': azure,
  anthropic,
  bedrock,
  'vertex-ai': vertex,
  google: gemini,
  sagemaker,
  groq,
  'together-ai': together,
  'mistral-ai': mistral,
  deepseek,
  openrouter,
  'fireworks-ai': fireworks,
  'x-ai': xai,
  'perplexity-ai': perplexity,
  cerebras,
  sambanova,
  deepinfra,
  ollama,
  triton: { name: 'triton', adapter: 'open-inference' },
}

/** The variables from which LiteLLM takes keys by itself. */
export const usualVariables: ReadonlySet<string> = new Set(
  Object.values(litellmVendors).flatMap(({ variable }) => (variable === undefined ? [] : [variable])),
)

/** Whether the vendor is asked at its own host, or at the address that the config must give it anyway. */
export function isAtHome(vendor: Vendor | undefined, address: unknown): boolean {
  if (vendor === undefined || address === undefined || vendor.host === undefined) return vendor !== undefined
  return variableOf(address) === undefined && URL.parse(String(address))?.host === vendor.host
}

/** The vendor that LiteLLM asks for a name without a prefix, as far as the name itself says it. */
export function vendorOfName(model: string): string | undefined {
  if (/^(gpt-|chatgpt-|o\d|text-embedding-|ft:gpt-)/.test(model)) return 'openai'
  if (model.startsWith('claude-')) return 'anthropic'
  if (model.startsWith('gemini-')) return 'vertex_ai'
  return /^([a-z]{2,6}\.)?(amazon|anthropic|cohere|meta|mistral|ai21|deepseek)\./.test(model)
    ? 'bedrock'
    : undefined
}
