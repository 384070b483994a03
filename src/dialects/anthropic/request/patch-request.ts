import { jsonBody } from '../../../provider/contract/json-body.ts'
import { type ChatRequest, editedFields, type Original } from '../../../provider/contract.ts'
import { patchMembers } from '../../json-text.ts'
import { checkSayable } from './check-sayable.ts'
import { type MessageEdits, patchMessages } from './patch-messages.ts'
import { memberWriters, type WireName, type Writing } from './write-members.ts'

/** The members that say each field. */
const namesOf: Readonly<Partial<Record<keyof ChatRequest, readonly WireName[]>>> = {
  maxOutputTokens: ['max_tokens', 'thinking'],
  temperature: ['temperature'],
  topP: ['top_p'],
  topK: ['top_k'],
  stop: ['stop_sequences'],
  tools: ['tools', 'tool_choice'],
  toolChoice: ['tool_choice', 'thinking'],
  parallelToolCalls: ['tool_choice'],
  reasoningTokens: ['thinking'],
  reasoningEffort: ['output_config', 'thinking'],
  responseSchema: ['output_config'],
  endUser: ['metadata'],
}

const readFields = Object.keys(namesOf) as readonly (keyof ChatRequest)[]

type Edits = MessageEdits & Record<string, string | undefined>

/** The text of the original with all that the request says otherwise. */
export function patchRequest(writing: Writing, original: Original<ChatRequest>, stream: boolean): string {
  const { request, context } = writing
  const edits: Edits = { model: JSON.stringify(request.model) }
  if (stream !== (original.body.stream === true)) edits.stream = stream ? 'true' : undefined
  const edited = editedFields(request, original.value)
  if (edited.length > 0) {
    checkSayable(onlyEdited(request, edited), context.carriage)
    for (const name of new Set(edited.flatMap((field) => namesOf[field] ?? []))) {
      if (name === 'thinking' && !saysThinking(request, edited)) continue
      const value = memberWriters[name](writing)
      edits[name] = value === undefined ? undefined : jsonBody(value)
    }
    if (edited.includes('options')) Object.assign(edits, optionEdits(writing))
    if (edited.includes('messages')) Object.assign(edits, patchMessages(request, original, context))
  }
  return patchMembers(original.text, edits)
}

function onlyEdited(request: ChatRequest, edited: readonly (keyof ChatRequest)[]): ChatRequest {
  const fields = Object.fromEntries(edited.map((field) => [field, request[field]]))
  return { ...fields, model: request.model, messages: [] }
}

/** Thinking as much as the model likes is in the original alone, and stays there. */
function saysThinking(request: ChatRequest, edited: readonly (keyof ChatRequest)[]): boolean {
  return asksThinking(request) || edited.includes('reasoningTokens')
}

function asksThinking({ reasoningTokens, reasoningEffort }: ChatRequest): boolean {
  return reasoningTokens !== undefined || reasoningEffort === 'none'
}

/** The members in which options of the vendor stand beside what the fields say. */
const shared: ReadonlySet<string> = new Set<WireName>(['output_config', 'metadata', 'thinking'])

/** What the request's fields say wins over options. */
function optionEdits(writing: Writing): Edits {
  const { request, context } = writing
  const said = new Set<string>(['model', 'messages', 'system', 'stream', 'betas'])
  for (const field of readFields) {
    if (request[field] !== undefined) for (const name of ownNames(field)) said.add(name)
  }
  if (!asksThinking(request)) said.delete('thinking')
  const edits: Edits = {}
  for (const [name, option] of Object.entries(request.options?.[context.vendor] ?? {})) {
    const isShared = shared.has(name) && (name !== 'thinking' || said.has(name))
    if (said.has(name) && !isShared) continue
    const value = isShared ? memberWriters[name as WireName](writing) : option
    if (value !== undefined) edits[name] = jsonBody(value)
  }
  return edits
}

/** The members that say what this field says, without those that only depend on it. */
function ownNames(field: keyof ChatRequest): readonly WireName[] {
  return field === 'tools' ? ['tools'] : (namesOf[field] ?? [])
}
