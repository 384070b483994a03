/**
 * The package's ids of the providers whose `gen_ai.provider.name` is another one. The names are those of
 * OpenTelemetry's conventions.
 */
const ids: Readonly<Record<string, string>> = {
  'aws.bedrock': 'aws',
  'azure.ai.inference': 'azure',
  'azure.ai.openai': 'azure',
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
  x_ai: 'x-ai',
}

export function providerIdOf(name: string, own: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(own, name)) return own[name] as string
  return Object.hasOwn(ids, name) ? (ids[name] as string) : name
}

/**
 * The model's own name in the longer ones of clouds: `publishers/google/models/NAME`, with or without a project before
 * it, and ARNs of foundation models and of inference profiles, which end with `/NAME`.
 */
export function modelNameOf(providerId: string, model: string): string {
  if (providerId === 'google') return model.replace(/^(?:.*\/)?models\//, '')
  return providerId === 'aws' && model.startsWith('arn:') ? model.slice(model.lastIndexOf('/') + 1) : model
}
