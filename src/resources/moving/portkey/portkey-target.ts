import { isRecord, type JsonRecord } from '../../../json.ts'
import type { FieldPath } from '../../problems/field-path.ts'
import { fieldsOf } from '../../schema-checks.ts'
import type { Reason } from '../ledger.ts'
import { atAddress, type Found, type ProviderSketch } from '../provider-sketch.ts'
import { looksSecret } from '../secret-values.ts'
import { portkeyVendors } from '../vendors.ts'

/** One object of a config: the whole, or a target. Portkey reads each field in two spellings. */
export interface PortkeyNode {
  readonly fields: JsonRecord
  readonly path: FieldPath
}

/** What a target takes from the objects around it when it does not write it itself. */
export interface Inherited {
  readonly model?: Found
  readonly timeout?: Found
  readonly host?: Found
}

const secretFields = {
  api_key: 'apiKey',
  azure_ad_token: 'adToken',
  azure_entra_client_secret: 'clientSecret',
  aws_access_key_id: 'accessKeyId',
  aws_secret_access_key: 'secretAccessKey',
  aws_session_token: 'sessionToken',
  vertex_service_account_json: 'credentials',
} as const

const settingFields = {
  api_version: 'apiVersion',
  openai_organization: 'organization',
  openai_project: 'project',
  azure_entra_tenant_id: 'tenantId',
  azure_entra_client_id: 'clientId',
  aws_region: 'region',
  aws_role_arn: 'role',
  vertex_project_id: 'project',
  vertex_region: 'location',
} as const

const keptAtPortkey: Reason = [
  'the vendor and its key are kept at Portkey under this name',
  "Put the vendor's key into a secret store, and make the provider with it.",
]

/** A field by its name in snake case, as it is or in camel case. */
export function pick({ fields, path }: PortkeyNode, name: string): Found | undefined {
  const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const key = Object.hasOwn(fields, name) ? name : camel
  const value = fields[key]
  return value === undefined || value === null ? undefined : { value, path: [...path, key] }
}

/** A field's own fields. */
export function nodeAt(found: Found): PortkeyNode {
  return { fields: fieldsOf(found.value), path: found.path }
}

export function targetsOf(node: PortkeyNode): readonly PortkeyNode[] {
  const targets = pick(node, 'targets')
  if (targets === undefined || !Array.isArray(targets.value)) return []
  return targets.value.flatMap((fields: unknown, place) =>
    isRecord(fields) ? [{ fields, path: [...targets.path, place] }] : [],
  )
}

export function modeOf(node: PortkeyNode): string | undefined {
  const strategy = pick(node, 'strategy')
  const mode = strategy && pick(nodeAt(strategy), 'mode')?.value
  return typeof mode === 'string' ? mode : undefined
}

/** What a target adds for itself and the targets in it. */
export function inherit(node: PortkeyNode, from: Inherited): Inherited {
  const parameters = pick(node, 'override_params')
  const model = (parameters && pick(nodeAt(parameters), 'model')) ?? from.model
  const timeout = pick(node, 'request_timeout') ?? from.timeout
  const host = pick(node, 'custom_host') ?? from.host
  return {
    ...(model !== undefined && { model }),
    ...(timeout !== undefined && { timeout }),
    ...(host !== undefined && { host }),
  }
}

/** The model that a target asks, whatever the request says: that of its parameters, or a deployment of Azure. */
export function ownModel(node: PortkeyNode, { model }: Inherited): Found | undefined {
  const deployment = pick(node, 'deployment_id')
  const found = deployment ?? model
  return typeof found?.value === 'string' && found.value.trim() !== '' && !looksSecret(found.value)
    ? found
    : undefined
}

/** `@slug/model` names a provider that is kept at Portkey, and a model of it. */
export function slugOf(text: unknown): { readonly slug: string; readonly model?: string } | undefined {
  const [, slug, model] = (typeof text === 'string' && /^@([^/]+)(?:\/(.+))?$/.exec(text)) || []
  if (slug === undefined || looksSecret(slug)) return undefined
  return model === undefined ? { slug } : { slug, model }
}

/** The provider of a target; undefined when it names none. */
export function sketchOf(node: PortkeyNode, inherited: Inherited): ProviderSketch | undefined {
  const provider = pick(node, 'provider')
  const key = pick(node, 'virtual_key')
  const model = ownModel(node, inherited)
  const named = slugOf(provider?.value) ?? slugOf(model?.value)
  const word = named === undefined && typeof provider?.value === 'string' ? provider.value : undefined
  if (named === undefined && word === undefined && key === undefined) return undefined
  const vendor = word !== undefined && Object.hasOwn(portkeyVendors, word) ? portkeyVendors[word] : undefined
  const resource = pick(node, 'resource_name')
  const address =
    resource === undefined
      ? inherited.host
      : { value: `https://${String(resource.value)}.openai.azure.com`, path: resource.path }
  const at = vendor && atAddress(vendor, address)
  const slug = named === undefined ? undefined : (provider ?? model)
  const kept = slug ?? key
  return {
    ...(named !== undefined && { name: named.slug }),
    ...(word !== undefined && { vendorWord: word }),
    ...(at !== undefined && { vendor: at }),
    ...(address !== undefined && { baseUrl: address }),
    secrets: {
      ...findAll(node, secretFields),
      ...(kept !== undefined && { apiKey: { ...kept, note: keptAtPortkey } }),
    },
    settings: findAll(node, settingFields),
    path: node.path,
  }
}

function findAll(
  node: PortkeyNode,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, Found>> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, option]) => {
      const found = pick(node, name)
      return found === undefined ? [] : [[option, found]]
    }),
  )
}
