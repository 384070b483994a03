import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { type Definitions, definitions, refTo, type Schema } from './closed-schema.ts'
import { officialModel } from './official-models.ts'

interface Shape {
  readonly type: string
  readonly members?: Readonly<Record<string, Member>>
  readonly required?: readonly string[]
  readonly member?: Member
  readonly key?: Member
  readonly value?: Member
  readonly enum?: readonly string[]
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly union?: boolean
  readonly document?: boolean
  readonly payload?: string
}

interface Member {
  readonly shape: string
  readonly location?: string
  readonly locationName?: string
}

interface Operation {
  readonly http: { readonly method: string; readonly requestUri: string }
  readonly input?: { readonly shape: string }
  readonly output?: { readonly shape: string }
}

interface Description {
  readonly metadata: {
    readonly protocol: string
    /** All that it speaks, where it speaks several. */
    readonly protocols?: readonly string[]
    readonly jsonVersion?: string
    readonly targetPrefix?: string
  }
  readonly operations: Readonly<Record<string, Operation>>
  readonly shapes: Readonly<Record<string, Shape>>
}

/** The interface of one service of AWS, as AWS describes it. */
export interface AwsModel {
  readonly metadata: Description['metadata']
  readonly operations: readonly string[]
  /** Method and path of an operation's request. */
  http(operation: string): Operation['http']
  /**
   * What is wrong with a request, all members together, wherever HTTP carries them. Members that the operation does not
   * know are wrong.
   */
  request(operation: string, members: unknown): readonly string[]
  /** The same for a reply. */
  reply(operation: string, members: unknown): readonly string[]
  /**
   * The members of a request or a reply of a REST protocol, as HTTP carries them. Headers of a service's own, which begin with
   * `x-amzn-sagemaker-` or `x-amzn-bedrock-`, and that the operation does not know are members of their own names, which are
   * wrong.
   */
  carried(
    operation: string,
    way: 'request' | 'reply',
    message: CarriedMessage,
  ): Readonly<Record<string, unknown>>
}

/** A message of HTTP. */
export interface CarriedMessage {
  /** Only of a request, without a query. */
  readonly path?: string
  /** In small letters. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array
}

/** Undefined, with a line on the console, when the descriptions are not in the cache. */
export function awsModel(service: string): AwsModel | undefined {
  const found = officialModel(`${service}.json.gz`)
  if ('missing' in found) {
    console.log(`skipped the checks against the model of ${service}: ${found.missing}`)
    return undefined
  }
  const description = JSON.parse(gunzipSync(readFileSync(found.path)).toString('utf8')) as Description
  const { metadata, operations, shapes } = description
  let checks: Definitions | undefined
  const check = (shape: string | undefined, value: unknown): readonly string[] => {
    checks ??= definitions(
      Object.fromEntries(Object.entries(shapes).map(([name, each]) => [name, schemaOf(each)])),
    )
    if (shape !== undefined) return checks.problems(shape, value)
    return Object.keys(value as object).map((name) => `${name} is not known: the operation has no members`)
  }
  const known = (operation: string): Operation => {
    const description = operations[operation]
    if (description === undefined) throw new Error(`${service} has no operation ${operation}`)
    return description
  }
  return {
    metadata,
    operations: Object.keys(operations),
    http: (operation) => known(operation).http,
    request: (operation, members) => check(known(operation).input?.shape, members),
    reply: (operation, members) => check(known(operation).output?.shape, members),
    carried(operation, way, message) {
      const { http, input, output } = known(operation)
      const shape = shapes[(way === 'request' ? input : output)?.shape ?? ''] ?? { type: 'structure' }
      return {
        ...membersInPath(http.requestUri, message.path),
        ...membersInHeaders(shape, shapes, message.headers),
        ...(shape.payload !== undefined &&
          message.body.byteLength > 0 && { [shape.payload]: Buffer.from(message.body).toString('base64') }),
      }
    },
  }
}

/** Of `/endpoints/{EndpointName}/invocations` the endpoint's name. A path of another form is wrong. */
function membersInPath(template: string, path: string | undefined): Readonly<Record<string, string>> {
  if (path === undefined) return {}
  const found = new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(path)
  const named = Object.entries(found?.groups ?? { [`the path ${path}`]: '' })
  return Object.fromEntries(named.map(([name, value]) => [name, decodeURIComponent(value)]))
}

function membersInHeaders(
  { members = {} }: Shape,
  shapes: Description['shapes'],
  headers: CarriedMessage['headers'],
): Readonly<Record<string, unknown>> {
  const known = new Map(
    Object.entries(members)
      .filter(([, { location }]) => location === 'header')
      .map(
        ([name, { locationName = name, shape }]) => [locationName.toLowerCase(), { name, shape }] as const,
      ),
  )
  const found: [string, unknown][] = []
  for (const [header, value] of Object.entries(headers)) {
    const member = known.get(header)
    if (member !== undefined) {
      found.push([member.name, shapes[member.shape]?.type === 'integer' ? Number(value) : String(value)])
    } else if (/^x-amzn-(sagemaker|bedrock)-/.test(header)) found.push([header, value])
  }
  return Object.fromEntries(found)
}

/** A closed JSON Schema: members that the shape does not name are refused. Blobs are base64 text. */
function schemaOf(shape: Shape): Schema {
  const { min, max } = shape
  switch (shape.type) {
    case 'structure':
      return shape.document === true ? {} : structure(shape)
    case 'list':
      return { type: 'array', items: refOf(shape.member), minItems: min ?? 0, ...(max && { maxItems: max }) }
    case 'map':
      return {
        type: 'object',
        additionalProperties: refOf(shape.value),
        propertyNames: refOf(shape.key),
        minProperties: min ?? 0,
        ...(max && { maxProperties: max }),
      }
    case 'string':
      return {
        type: 'string',
        minLength: min ?? 0,
        ...(max && { maxLength: max }),
        ...(shape.enum && { enum: shape.enum }),
        ...patternOf(shape.pattern),
      }
    case 'integer':
    case 'long':
      return { type: 'integer', ...bounds(shape) }
    case 'float':
    case 'double':
      return { type: 'number', ...bounds(shape) }
    case 'boolean':
      return { type: 'boolean' }
    case 'timestamp':
      return { type: ['number', 'string'] }
    case 'blob':
      return { type: 'string' }
    default:
      throw new Error(`shapes of the type ${shape.type} are not known`)
  }
}

function structure({ members = {}, required = [], union = false }: Shape): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(members).map(([name, member]) => [name, refOf(member)])),
    required,
    additionalProperties: false,
    ...(union && { minProperties: 1, maxProperties: 1 }),
  }
}

function refOf(member: Member | undefined): Schema {
  return member === undefined ? {} : { $ref: refTo(member.shape) }
}

function bounds({ min, max }: Shape): Schema {
  return { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) }
}

/** Some patterns are written for Java and mean nothing here. Those are left out. */
function patternOf(pattern: string | undefined): Schema {
  if (pattern === undefined) return {}
  try {
    new RegExp(pattern, 'u')
  } catch {
    return {}
  }
  // AWS means the whole text.
  return { pattern: `^(?:${pattern})$` }
}
