import type { JsonRecord } from '../../../json.ts'
import { type FieldPath, valueAt } from '../../problems/field-path.ts'
import type { Reason } from '../ledger.ts'
import { wrongType } from '../wrong-type.ts'

const guardrails: Reason = [
  'no guardrails ship; the router has places for them',
  'Give createRouter({ layers }) yours.',
]
const headers: Reason = [
  'headers of callers do not go to vendors',
  'A watch of an observer may add headers to a call; a provider has its option headers.',
]
const codes: Reason = [
  'who may be asked after a failure depends on its code, not on a list of statuses',
  'See the table of failures in docs/routing.md.',
]

/** By the field's name in snake case, wherever it stands. */
const table: Readonly<Record<string, Reason>> = {
  retry: [
    'a route never calls the same backend twice for a request',
    'Add a fallback: attempts is the number of calls to different backends. A Retry-After is passed on to the caller.',
  ],
  on_status_codes: codes,
  cache: ['no cache ships; the router has a place for one', 'Give createRouter({ layers: { cache } }).'],
  forward_headers: headers,
  input_guardrails: guardrails,
  output_guardrails: guardrails,
  default_input_guardrails: guardrails,
  default_output_guardrails: guardrails,
  before_request_hooks: guardrails,
  after_request_hooks: guardrails,
  input_mutators: guardrails,
  output_mutators: guardrails,
  override_params: [
    "a route sends each request as its caller wrote it, with the backend's model",
    'Set the parameter where the request is made, or in a guardrail of your own.',
  ],
  weight: ['only the mode loadbalance reads a weight'],
  name: ['a target of a route has no name'],
  strict_open_ai_compliance: ["answers of the gateway's OpenAI surface have what the vendor sent"],
  cb_config: [
    'the strategy of the router has rests, not a route',
    'Write restingStrategy(weightedStrategy(Math.random), { failures, restMs }). It counts failures in a row.',
  ],
  metadata: ['a route adds no metadata', 'Give a request its attributes where it is made.'],
  azure_auth_mode: ['the provider knows how it signs in'],
  azure_model_name: ["Azure knows its model by the deployment's name"],
  request_timeout: ['its target is in no route'],
  custom_host: ['its target is in no route'],
}

const shapes: Readonly<Record<string, 'a list' | 'an object'>> = {
  targets: 'a list',
  strategy: 'an object',
  override_params: 'an object',
}

export function portkeyReason(path: FieldPath, config: JsonRecord): Reason {
  const last = String(path.at(-1))
  const wanted = Object.hasOwn(shapes, last) ? shapes[last] : undefined
  const wrong = wanted && wrongType('Portkey', wanted, valueAt(config, path))
  if (wrong !== undefined) return wrong
  for (const step of [...path].reverse()) {
    if (typeof step === 'number') continue
    const name = step.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (Object.hasOwn(table, name)) return table[name] as Reason
  }
  return ['Modelspine has nothing of this name']
}

/** Whether the fields of an object have reasons of their own. */
export function isPortkeySection(path: FieldPath): boolean {
  const last = path.at(-1)
  return typeof last === 'number' ? path.at(-2) === 'targets' : last === 'targets' || last === 'strategy'
}
