import type { SharedV4ProviderOptions } from '@ai-sdk/provider'
import { ModelspineError } from '../../errors.ts'
import { isRecord } from '../../json.ts'
import type { VendorOptions } from '../../provider/contract.ts'
import type { Actor } from '../../resources/metadata.ts'
import type { CallOptions } from '../../routing/router.ts'
import { aiSdkVendor, ownName } from '../words/dialect.ts'

/**
 * What an app may say of one request, under `providerOptions.modelspine`. In a loop of tools it holds for each step,
 * which is a request of its own.
 */
export interface RouteRequestOptions {
  /** Who makes the request. Default: the actor of the model's options. */
  readonly actor?: Actor
  /**
   * The app's own id for the request. It may come again. The request's one id comes from the router, and is in the
   * metadata of the answer.
   */
  readonly callerId?: string
  /** A hint for a strategy of your own: requests with the same value belong together. Those that ship do not read it. */
  readonly stickyKey?: string
  /** For strategies, layers and observers. Added to the tags of the model's options. */
  readonly tags?: Readonly<Record<string, string>>
  /** Options by the name of a provider that is no model of the AI SDK, in the words of its vendor. */
  readonly options?: VendorOptions
}

type Check = (value: unknown) => string | undefined

const text: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty'
const texts: Check = (value) =>
  isRecord(value) && Object.values(value).every((each) => typeof each === 'string')
    ? undefined
    : 'an object whose values are texts'
const objects: Check = (value) => {
  if (!isRecord(value) || !Object.values(value).every(isRecord))
    return 'an object with an object for each provider'
  return aiSdkVendor in value ? 'what models of the AI SDK read directly under providerOptions' : undefined
}
const actor: Check = (value) => {
  const isActor =
    isRecord(value) &&
    text(value.name) === undefined &&
    (value.roles === undefined ||
      (Array.isArray(value.roles) && value.roles.every((role) => typeof role === 'string')))
  return isActor ? undefined : 'an object with a name, and a list of roles if there are any'
}

const checks: Readonly<Record<keyof RouteRequestOptions, Check>> = {
  actor,
  callerId: text,
  stickyKey: text,
  tags: texts,
  options: objects,
}

/** Reads `providerOptions.modelspine`. Throws `bad-request` for an unknown member or a wrong value, and names it. */
export function readRouteOptions(provided: SharedV4ProviderOptions | undefined): RouteRequestOptions {
  const own: unknown = provided?.[ownName]
  if (own === undefined) return {}
  if (!isRecord(own)) throw wrong(ownName, 'an object')
  for (const [name, value] of Object.entries(own)) {
    if (!Object.hasOwn(checks, name)) throw unknownMember(name)
    const right = value === undefined ? undefined : checks[name as keyof RouteRequestOptions](value)
    if (right !== undefined) throw wrong(`${ownName}.${name}`, right)
  }
  return own as RouteRequestOptions
}

function unknownMember(name: string): ModelspineError {
  const known = Object.keys(checks).join(', ')
  const hint = name === 'requestId' ? '. Each request has an id of its own; write callerId for yours' : ''
  const field = `providerOptions.${ownName}.${name}`
  return new ModelspineError('bad-request', `${field} is not known; known are ${known}${hint}`, {
    details: { field },
  })
}

function wrong(path: string, right: string): ModelspineError {
  const field = `providerOptions.${path}`
  return new ModelspineError('bad-request', `${field} is wrong; write ${right}`, { details: { field } })
}

/** How a model of a route makes all its requests. */
export interface RouteModelOptions {
  /** Who makes the requests. Default `anonymous`. */
  readonly actor?: Actor
  /** For strategies, layers and observers. */
  readonly tags?: Readonly<Record<string, string>>
}

/** What the AI SDK gives with each call. */
interface SdkCall {
  readonly abortSignal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
}

/** The router's options for one call. */
export function callOptions(
  { abortSignal, headers }: SdkCall,
  { actor, callerId, stickyKey, tags }: RouteRequestOptions,
  all: RouteModelOptions,
  requestId: string,
): CallOptions {
  const who = actor ?? all.actor
  const known = tags === undefined && all.tags === undefined ? undefined : { ...all.tags, ...tags }
  const given = Object.entries(headers ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return {
    requestId,
    ...(abortSignal === undefined ? {} : { abortSignal }),
    ...(given.length === 0 ? {} : { headers: Object.fromEntries(given) }),
    ...(who === undefined ? {} : { actor: who }),
    ...(known === undefined ? {} : { tags: known }),
    ...(callerId === undefined ? {} : { callerId }),
    ...(stickyKey === undefined ? {} : { stickyKey }),
  }
}
