import { readFileSync } from 'node:fs'
import { type Definitions, definitions, refTo, type Schema } from './closed-schema.ts'
import { officialModel } from './official-models.ts'

interface Method {
  readonly id: string
  readonly httpMethod: string
  readonly path: string
  readonly flatPath?: string
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly request?: { readonly $ref: string }
  readonly response?: { readonly $ref: string }
}

interface Parameter {
  readonly location: 'path' | 'query'
  readonly required?: boolean
  readonly type: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly repeated?: boolean
}

interface Resource {
  readonly methods?: Readonly<Record<string, Method>>
  readonly resources?: Readonly<Record<string, Resource>>
}

interface Document extends Resource {
  readonly schemas: Readonly<Record<string, Schema>>
  readonly parameters: Readonly<Record<string, Parameter>>
}

/** A request as an adapter makes it. */
export interface GoogleRequest {
  readonly method: string
  /** With its query, and with the version of the API: `v1/projects/p/locations`. */
  readonly path: string
  readonly body?: unknown
}

/** The interface of one API of Google, as its discovery document describes it. */
export interface GoogleModel {
  /** Names of methods, such as `aiplatform.projects.locations.endpoints.create`. */
  readonly methods: readonly string[]
  /** What is wrong with a request of this method: path, query and body. */
  request(method: string, request: GoogleRequest): readonly string[]
  /** What is wrong with a reply. Members that the method does not know are wrong. */
  reply(method: string, body: unknown): readonly string[]
}

/** Undefined, with a line on the console, when the descriptions are not in the cache. */
export function googleModel(document: string): GoogleModel | undefined {
  const found = officialModel(`${document}.json`)
  if ('missing' in found) {
    console.log(`skipped the checks against ${document}: ${found.missing}`)
    return undefined
  }
  const root = JSON.parse(readFileSync(found.path, 'utf8')) as Document
  const methods = new Map(methodsOf(root).map((method) => [method.id, method]))
  let checks: Definitions | undefined
  const check = (ref: string | undefined, value: unknown): readonly string[] => {
    if (ref === undefined) return value === undefined ? [] : ['the method has no body']
    checks ??= definitions(
      Object.fromEntries(Object.entries(root.schemas).map(([name, schema]) => [name, closed(schema)])),
    )
    return checks.problems(ref, value)
  }
  const known = (id: string): Method => {
    const method = methods.get(id)
    if (method === undefined) throw new Error(`${document} has no method ${id}`)
    return method
  }
  return {
    methods: [...methods.keys()],
    request(id, { method, path, body }) {
      const described = known(id)
      const problems = method === described.httpMethod ? [] : [`the method is ${described.httpMethod}`]
      return [...problems, ...pathProblems(described, root, path), ...check(described.request?.$ref, body)]
    },
    reply: (id, body) => check(known(id).response?.$ref, body),
  }
}

function methodsOf({ methods = {}, resources = {} }: Resource): readonly Method[] {
  return [...Object.values(methods), ...Object.values(resources).flatMap(methodsOf)]
}

function pathProblems(method: Method, root: Document, given: string): readonly string[] {
  const [path = '', query = ''] = given.split('?')
  const template = (method.flatPath ?? method.path).replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
  const wanted = new RegExp(`^/?${template.replaceAll(/\{[^}]+\}/g, '[^/:]+')}$`)
  const problems = wanted.test(path) ? [] : [`the path is not ${method.flatPath ?? method.path}`]
  for (const [name, value] of new URLSearchParams(query)) {
    const parameter = method.parameters?.[name] ?? root.parameters[name]
    if (parameter === undefined || parameter.location !== 'query') problems.push(`${name} is no parameter`)
    else if (parameter.enum !== undefined && !parameter.enum.includes(value))
      problems.push(`${name} is none of ${parameter.enum}`)
  }
  return problems
}

/** Discovery documents have JSON Schema of an old kind, with names of their own. int64 is text in JSON. */
function closed(schema: Schema): Schema {
  const {
    $ref,
    type,
    properties,
    items,
    additionalProperties,
    enum: words,
    format,
  } = schema as {
    readonly $ref?: string
    readonly type?: string
    readonly properties?: Readonly<Record<string, Schema>>
    readonly items?: Schema
    readonly additionalProperties?: Schema
    readonly enum?: readonly string[]
    readonly format?: string
  }
  if ($ref !== undefined) return { $ref: refTo($ref) }
  switch (type) {
    case 'object':
      return {
        type,
        properties: Object.fromEntries(
          Object.entries(properties ?? {}).map(([name, member]) => [name, closed(member)]),
        ),
        additionalProperties: additionalProperties === undefined ? false : closed(additionalProperties),
      }
    case 'array':
      return { type, items: closed(items ?? {}) }
    case 'string':
      return { type, ...(words && { enum: words }), ...(format === 'int64' && { pattern: '^-?[0-9]+$' }) }
    case 'integer':
    case 'number':
    case 'boolean':
      return { type }
    default:
      return {}
  }
}
