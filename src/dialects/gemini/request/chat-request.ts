import { ModelspineError, messageOf } from '../../../errors.ts'
import type { ChatRequest } from '../../../provider/contract.ts'
import { withNative } from '../../../provider/contract.ts'
import type { ChatCall, ChatPlaceInUrl } from '../../chat-codec.ts'
import { parseExactly } from '../../exact-json.ts'
import { geminiFields, unreadIn } from '../gemini-fields.ts'
import { geminiDialect } from '../gemini-names.ts'
import { parseContents, parseSystem } from './contents.ts'
import { parseGeneration } from './generation.ts'
import { parseToolConfig, parseTools } from './tools.ts'

const read: ReadonlySet<string> = new Set([
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
])

/** Labels of a bill, and a wish about price and speed. */
const hints: ReadonlySet<string> = new Set(['labels', 'serviceTier'])

/**
 * Reads the body of `generateContent`. The path says the model, and whether the answer is streamed. A known field with a
 * wrong value throws `bad-request` with the field, its value and a correct value.
 */
export function parseGemini(text: string, place?: ChatPlaceInUrl): ChatCall {
  const fields = geminiFields(parsed(text), '')
  const generation = parseGeneration(fields)
  const choice = parseToolConfig(fields)
  const unread = [...unreadIn(fields, read, hints), ...generation.unread, ...choice.unread]
  const request = defined({
    model: place?.model ?? fields.string('model', 'the name of a model'),
    messages: [
      ...parseSystem(fields.value('systemInstruction')),
      ...parseContents(fields.value('contents')).flat(),
    ],
    ...generation.fields,
    tools: parseTools(fields),
    toolChoice: choice.toolChoice,
    unread: unread.length === 0 ? undefined : unread,
  }) as ChatRequest
  return {
    request: withNative(request, geminiDialect, text),
    stream: place?.stream ?? false,
    // Every stream of Google says it.
    includeUsage: true,
  }
}

function parsed(text: string): unknown {
  try {
    return parseExactly(text)
  } catch (error) {
    throw new ModelspineError('bad-request', `the body is not JSON: ${messageOf(error)}`)
  }
}

function defined<Value extends object>(value: Value): Partial<Value> {
  const kept: Partial<Value> = {}
  for (const name in value) if (value[name] !== undefined) kept[name] = value[name]
  return kept
}
