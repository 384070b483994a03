import type { ChatRequest, ChatTool, UnreadField } from '../../provider/contract.ts'
import { JsonFields } from '../json-fields.ts'
import { bedrockOptions, bedrockVendor, listOthers } from './left-over.ts'
import { markIn } from './messages/read-mark.ts'

/** Reads `toolConfig`. What the contract has no word for is listed in `unread`, or stays in the tool. */
export function readTools(
  config: JsonFields | undefined,
  unread: UnreadField[],
): Pick<ChatRequest, 'tools' | 'toolChoice'> {
  if (config === undefined) return {}
  listOthers(config, ['tools', 'toolChoice'], unread)
  const tools: ChatTool[] = []
  const list = config.optionalList('tools', 'a list of tools') ?? []
  for (const [index, value] of list.entries()) {
    const last = tools.at(-1)
    const cacheMark = markIn(value)
    if (cacheMark !== undefined && last?.type === 'function' && last.cacheMark === undefined) {
      tools[tools.length - 1] = { ...last, cacheMark }
    } else tools.push(readTool(new JsonFields(value, config.at(`tools[${index}]`)), unread))
  }
  const toolChoice = readChoice(config.optionalFields('toolChoice'), unread)
  return { ...(tools.length > 0 && { tools }), ...(toolChoice !== undefined && { toolChoice }) }
}

function readTool(tool: JsonFields, unread: UnreadField[]): ChatTool {
  const spec = tool.optionalFields('toolSpec')
  if (spec === undefined) {
    const [kind = 'tool'] = Object.keys(tool.record)
    const isMark = kind === 'cachePoint'
    return {
      type: 'opaque',
      vendor: bedrockVendor,
      kind,
      data: tool.record,
      ...(!isMark && { required: true }),
    }
  }
  const form = spec.optionalFields('inputSchema')
  const schema = form?.optionalFields('json')
  if (form === undefined || schema === undefined) {
    throw spec.wrong('inputSchema', 'an object with the JSON Schema in json')
  }
  listOthers(tool, ['toolSpec'], unread)
  listOthers(form, ['json'], unread)
  const description = spec.optionalString('description')
  const strict = spec.optionalBoolean('strict')
  return {
    type: 'function',
    name: spec.string('name'),
    ...(description !== undefined && { description }),
    parameters: schema.record,
    ...(strict !== undefined && { strict }),
    ...bedrockOptions(spec.record, ['name', 'description', 'inputSchema', 'strict']),
  }
}

const choices = ['tool', 'any', 'auto'] as const

/** The choice is the name of the only member. */
function readChoice(choice: JsonFields | undefined, unread: UnreadField[]): ChatRequest['toolChoice'] {
  if (choice === undefined) return undefined
  const kind = choices.find((each) => choice.value(each) !== undefined)
  listOthers(choice, kind === undefined ? [] : [kind], unread)
  if (kind === undefined) return undefined
  const said = new JsonFields(choice.value(kind), choice.at(kind))
  listOthers(said, kind === 'tool' ? ['name'] : [], unread)
  if (kind === 'tool') return { name: said.string('name') }
  return kind === 'any' ? 'required' : 'auto'
}
