import { jsonBody } from '../../../provider/contract/json-body.ts'
import { type ChatRequest, editedFields, type Original } from '../../../provider/contract.ts'
import { membersOf, patchMembers } from '../../json-text.ts'
import { messageEdits } from './patch-items.ts'
import {
  fieldValue,
  type OpenaiResponsesPrinting,
  type ResponseField,
  responseNames,
} from './response-body.ts'

type Edits = Record<string, string | undefined>

/** The text of the original with all that the request says otherwise. */
export function patchResponse(
  request: ChatRequest,
  original: Original<ChatRequest>,
  printing: OpenaiResponsesPrinting,
): string {
  const edits: Edits = { model: JSON.stringify(request.model), ...streamEdits(original, printing) }
  const inner: Record<string, Edits> = {}
  const edit = (name: string, value: string | undefined): void => {
    const [outer = '', member] = name.split('.')
    if (member === undefined) edits[outer] = value
    else inner[outer] = { ...inner[outer], [member]: value }
  }
  for (const field of editedFields(request, original.value)) {
    if (field === 'options') Object.assign(edits, optionEdits(request, printing))
    else if (field === 'messages') Object.assign(edits, messageEdits(request, original, printing))
    else if (field in responseNames) writeField(request, field as ResponseField, printing, edit)
  }
  for (const [outer, members] of Object.entries(inner))
    edits[outer] = patchedWithin(original.text, outer, members)
  return patchMembers(original.text, edits)
}

function writeField(
  request: ChatRequest,
  field: ResponseField,
  printing: OpenaiResponsesPrinting,
  edit: (name: string, value: string | undefined) => void,
): void {
  const value = request[field] === undefined ? undefined : fieldValue(request, field, printing)
  const [first, ...others] = responseNames[field]
  for (const name of others) edit(name, undefined)
  if (first !== undefined) edit(first, value === undefined ? undefined : jsonBody(value))
}

/** The member of the body with other members inside. */
function patchedWithin(text: string, outer: string, members: Edits): string | undefined {
  const member = membersOf(text).findLast(({ name }) => name === outer)
  const given = member === undefined ? '' : text.slice(member.value, member.to)
  return patchMembers(given.startsWith('{') ? given : '{}', members)
}

function streamEdits({ body }: Original<ChatRequest>, { stream }: OpenaiResponsesPrinting): Edits {
  if (stream) return body.stream === true ? {} : { stream: 'true' }
  return body.stream === true ? { stream: undefined, stream_options: undefined } : {}
}

function optionEdits(request: ChatRequest, { vendor }: OpenaiResponsesPrinting): Edits {
  const edits: Edits = {}
  const said = new Set(['model', 'stream', 'stream_options', 'input', 'instructions'])
  for (const [field, names] of Object.entries(responseNames)) {
    if (request[field as ResponseField] !== undefined)
      for (const name of names) said.add(name.split('.')[0] ?? '')
  }
  for (const [name, value] of Object.entries(request.options?.[vendor] ?? {})) {
    if (!said.has(name)) edits[name] = jsonBody(value)
  }
  return edits
}
