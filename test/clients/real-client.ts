import type { Router } from 'modelspine/routing'

/** Where a client finds the models. */
export interface Place {
  /** The gateway's address, without a path. */
  readonly url: string
  /** The router behind the gateway, for clients in the same process. */
  readonly router: Router
}

export interface Question {
  readonly model: string
  readonly text: string
  /** A PNG, as base64. */
  readonly image?: string
  /** Offers the tool `forecast`. */
  readonly tool?: true
  /** Asks for JSON of `replySchema`. */
  readonly schema?: true
}

/** What a client made of an answer. */
export interface Said {
  readonly text: string
  /** Calls of tools, with their arguments parsed. */
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[]
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  /** In how many pieces text and arguments came; 0 when the answer came whole. */
  readonly pieces: number
}

export type FailureKind = 'rate-limited' | 'not-found' | 'context-length'

export type ErrorClass = abstract new (...args: never[]) => Error

/** A client as its users have it, unmodified. */
export interface RealClient {
  readonly name: string
  /** The package that is asked for its version. */
  readonly package: string
  /** How it reaches the models. */
  readonly through: string
  ask(question: Question): Promise<Said>
  stream(question: Question): Promise<Said>
  /** Leaves a stream at its first text. */
  leave(question: Question): Promise<void>
  /** Absent where the client has no embeddings. */
  readonly embed?: (model: string, text: string) => Promise<readonly number[]>
  /** What the client throws for each failure. */
  readonly errors: Readonly<Record<FailureKind, { readonly kind: ErrorClass; readonly like: object }>>
  /** The seconds to wait that an error tells. */
  retryAfter(error: unknown): string | null | undefined
}

/** The form of JSON that a tool takes or that an answer has. */
export interface ObjectSchema {
  readonly [name: string]: unknown
  readonly type: 'object'
  readonly properties: Readonly<Record<string, { readonly type: 'string' | 'integer' }>>
  readonly required: string[]
  readonly additionalProperties: false
}

export const toolSchema: ObjectSchema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
}

export const replySchema: ObjectSchema = {
  type: 'object',
  properties: { hueOfSky: { type: 'string' } },
  required: ['hueOfSky'],
  additionalProperties: false,
}

/** A PNG of one pixel, as base64. */
export const image =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
