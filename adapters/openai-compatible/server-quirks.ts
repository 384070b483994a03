import type { OpenaiExtension } from 'modelspine/adapter'

/** Something of OpenAI's chat completions that a server ignores or refuses. */
export type ServerLack =
  /** Several answers. */
  | 'choices'
  | 'seed'
  | 'endUser'
  | 'frequencyPenalty'
  | 'presencePenalty'
  | 'reasoningEffort'
  | 'stop'
  | 'parallelToolCalls'
  /** Any choice but `auto`. */
  | 'toolChoice'
  /** A tool by its name, or that some tool must be called. */
  | 'forcedTools'
  /** One tool by its name. That some tool must be called is taken. */
  | 'namedTools'
  | 'tools'
  /** Tools that take free text. */
  | 'customTools'
  | 'strictTools'
  /** The role `developer`. It is written as `system`. */
  | 'developer'
  /** Names of authors. */
  | 'names'
  | 'images'
  /** Images by their address. Their bytes are taken. */
  | 'imageAddresses'
  | 'imageDetail'
  | 'audio'
  | 'files'
  | 'jsonMode'

/** How a server differs from OpenAI's chat completions. What is absent is as OpenAI has it. */
export interface ServerQuirks {
  /** The name for the limit on output tokens. Default `max_completion_tokens`. */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /** What the server takes beyond OpenAI's format. */
  readonly extensions?: readonly OpenaiExtension[]
  /** What changes the answer is refused by name. What only shapes it is left out, and told. */
  readonly lacks?: readonly ServerLack[]
  /** How an answer is bound to a schema. Default `json_schema`, in `response_format`. `none`: it is refused. */
  readonly schema?: 'json_schema' | 'guided_json' | 'none'
  /** The name of the seed. Default `seed`. */
  readonly seedField?: string
  /** Whether usage in a stream must be asked for with `stream_options`. `always`: the server does not know the field. */
  readonly streamUsage?: 'asked' | 'always'
  /** Whether the server has `/responses` too. Then requests that came as responses are sent there. Default false. */
  readonly responses?: boolean
}
