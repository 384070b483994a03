import type { Ledger } from '../ledger.ts'
import type { ProviderShelf } from '../provider-shelf.ts'
import { atAddress, type Found, type ProviderSketch } from '../provider-sketch.ts'
import type { LitellmDeployment } from './deployment.ts'
import { modelOf } from './model-of.ts'

/** LiteLLM's fields that are secrets, and the options of providers that they become. */
const secretFields = {
  api_key: 'apiKey',
  azure_ad_token: 'adToken',
  client_secret: 'clientSecret',
  azure_password: 'password',
  aws_access_key_id: 'accessKeyId',
  aws_secret_access_key: 'secretAccessKey',
  aws_session_token: 'sessionToken',
  vertex_credentials: 'credentials',
} as const

const settingFields = {
  api_version: 'apiVersion',
  organization: 'organization',
  tenant_id: 'tenantId',
  client_id: 'clientId',
  azure_username: 'username',
  aws_region_name: 'region',
  aws_profile_name: 'profile',
  aws_role_name: 'role',
  vertex_project: 'project',
  vertex_location: 'location',
} as const

const addressFields = ['api_base', 'base_url', 'aws_bedrock_runtime_endpoint'] as const

/** The fields that say how a vendor is reached. Every deployment that is in a route carries them. */
export const connectionFields: ReadonlySet<string> = new Set([
  ...Object.keys(secretFields),
  ...Object.keys(settingFields),
  ...addressFields,
])

/** A model at a provider, for a request that names `model`. */
export interface ProviderModel {
  readonly provider: string
  readonly model: string
}

/**
 * The provider of a deployment and the vendor's name of the model. `model` is the deployment's, or what a wildcard made
 * of it. Undefined when nothing says which vendor it is; then the deployment is left.
 */
export function providerOf(
  deployment: LitellmDeployment,
  model: string,
  shelf: ProviderShelf,
  ledger: Ledger,
): ProviderModel | undefined {
  const given = deployment.find('custom_llm_provider')
  const named = modelOf(model, typeof given?.value === 'string' ? given.value : undefined)
  const modelPath = deployment.at('litellm_params', 'model')
  if (named.word === undefined || named.model.trim() === '') {
    ledger.leave(deployment.path, [
      'its model names no vendor that is known here, or no model of it, so it is in no route',
      `Write the vendor before the model, such as openai/NAME.`,
    ])
    return undefined
  }
  const baseUrl = addressFields.map((field) => deployment.find(field)).find((found) => found !== undefined)
  const credential = deployment.find('litellm_credential_name')
  const vendor = named.vendor && atAddress(named.vendor, baseUrl)
  const provider = shelf.nameOf({
    ...(typeof credential?.value === 'string' && { name: credential.value }),
    vendorWord: named.word,
    ...(vendor !== undefined && { vendor }),
    ...(named.prefix !== undefined && { modelPrefix: named.prefix }),
    ...(baseUrl !== undefined && { baseUrl }),
    secrets: findAll(deployment, secretFields, () => true),
    settings: findAll(deployment, settingFields, ({ value }) => typeof value !== 'object'),
    path: deployment.path,
  } satisfies ProviderSketch)
  const place = shelf.placeOf(provider)
  if (deployment.credentialName !== undefined) {
    ledger.carry(deployment.credentialName, `providers[${place}].name`)
  }
  if (given !== undefined) ledger.carry(given.path, `providers[${place}].vendor`)
  if (credential !== undefined) ledger.carry(credential.path, `providers[${place}].name`)
  if (vendor?.adapter === undefined) {
    ledger.leave(modelPath, [
      `no adapter of Modelspine speaks to this model of ${named.word}; the route names a provider that the app has to write`,
      'Use fromAiSdk with the package that the AI SDK has for the vendor, or write a ModelProvider.',
    ])
  }
  return { provider, model: named.model }
}

function findAll(
  deployment: LitellmDeployment,
  fields: Readonly<Record<string, string>>,
  isOne: (found: Found) => boolean,
): Readonly<Record<string, Found>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, option]) => {
      const found = deployment.find(field)
      return found === undefined || !isOne(found) ? [] : [[option, found]]
    }),
  )
}
