import type { ServerResponse } from 'node:http'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { ChatEvent, ChatReply, ModelProvider } from 'modelspine/adapter'
import { fromAiSdk } from 'modelspine/ai-sdk'
import type { FaultyVendor } from '../laboratory/fault-world.ts'
import {
  anthropicVendor,
  azureVendor,
  bedrockVendor,
  geminiVendor,
  openaiResponsesVendor,
  openaiVendor,
  vertexGeminiVendor,
} from '../laboratory/vendors.ts'
import { dialectList, type PairedDialect } from '../unit/dialects/pairs/dialect-list.ts'
import { type Upstream, upstream } from '../unit/gateway/gateway-world.ts'
import type { FailureKind } from './real-client.ts'

/** What a question says, and what comes of it. */
export const prompts = {
  text: 'Say it.',
  tool: 'How is the weather?',
  schema: 'Which hue has the sky?',
  endless: 'Never stop.',
} as const

export const saidText = 'Grüße ✓ an alle 🌍'
export const toolCall = { name: 'forecast', arguments: { city: 'Zürich', days: 3 } }
export const saidJson = '{"hueOfSky":"blue"}'
export const usage = { inputTokens: 12, outputTokens: 4 }

export interface ScriptedVendor {
  readonly name: string
  readonly embeds: boolean
  /** Arguments of a call come in pieces. */
  readonly piecesOfArguments: boolean
  readonly vendor: FaultyVendor
  readonly dialect: string
  /** Its words for a model that it does not have. */
  readonly unknownModel: object
}

const openaiUnknown = {
  error: {
    message: 'The model `m` does not exist',
    type: 'invalid_request_error',
    param: null,
    code: 'model_not_found',
  },
}

/** A provider package of the AI SDK, told that its server reads schemas. */
const aiSdkVendor: FaultyVendor = {
  words: openaiVendor.words,
  connect(url, name) {
    const baseURL = `${url}/v1`
    const wishes = { includeUsage: true, supportsStructuredOutputs: true }
    return fromAiSdk(createOpenAICompatible({ name, baseURL, ...wishes }), { name })
  },
}

export const scriptedVendors: readonly ScriptedVendor[] = [
  {
    name: 'openai-compatible',
    embeds: true,
    piecesOfArguments: true,
    vendor: openaiVendor,
    dialect: 'OpenAI chat',
    unknownModel: openaiUnknown,
  },
  {
    name: 'openai',
    embeds: true,
    piecesOfArguments: true,
    vendor: openaiResponsesVendor,
    dialect: 'OpenAI responses',
    unknownModel: openaiUnknown,
  },
  {
    name: 'azure-openai',
    embeds: true,
    piecesOfArguments: true,
    vendor: azureVendor,
    dialect: 'OpenAI chat',
    unknownModel: { error: { code: 'DeploymentNotFound', message: 'The API deployment does not exist.' } },
  },
  {
    name: 'from-ai-sdk',
    embeds: true,
    piecesOfArguments: true,
    vendor: aiSdkVendor,
    dialect: 'OpenAI chat',
    unknownModel: openaiUnknown,
  },
  {
    name: 'anthropic',
    embeds: false,
    piecesOfArguments: true,
    vendor: anthropicVendor,
    dialect: 'Anthropic',
    unknownModel: {
      type: 'error',
      error: { type: 'not_found_error', message: 'model: m' },
      request_id: 'req_1',
    },
  },
  {
    name: 'bedrock',
    embeds: true,
    piecesOfArguments: true,
    vendor: bedrockVendor,
    dialect: 'Bedrock Converse',
    unknownModel: { __type: 'ResourceNotFoundException', message: 'Could not resolve the foundation model' },
  },
  {
    name: 'gemini',
    embeds: true,
    // Gemini never splits them.
    piecesOfArguments: false,
    vendor: geminiVendor,
    dialect: 'Gemini',
    unknownModel: { error: { code: 404, message: 'models/m is not found', status: 'NOT_FOUND' } },
  },
  {
    name: 'vertex-gemini',
    embeds: true,
    // Gemini never splits them.
    piecesOfArguments: false,
    vendor: vertexGeminiVendor,
    dialect: 'Gemini',
    unknownModel: { error: { code: 404, message: 'models/m is not found', status: 'NOT_FOUND' } },
  },
]

/** A server that speaks as the vendor does, and a provider that calls it. */
export async function openVendor(scripted: ScriptedVendor): Promise<{
  readonly server: Upstream
  readonly provider: ModelProvider
}> {
  const dialect = dialectList.find(({ name }) => name === scripted.dialect)
  if (dialect === undefined) throw new Error(`there is no dialect ${scripted.dialect}`)
  const server = await upstream((body, response, { url = '' }) =>
    answer(scripted, dialect, url, body.toString(), response),
  )
  return { server, provider: scripted.vendor.connect(server.url, scripted.name) }
}

function answer(
  scripted: ScriptedVendor,
  dialect: PairedDialect,
  url: string,
  body: string,
  response: ServerResponse,
): void {
  const { words } = scripted.vendor
  const { asked, model, streamed } = words.read(url, body)
  if (isFailure(model)) {
    const { status, text } =
      model === 'not-found'
        ? { status: 404, text: JSON.stringify(scripted.unknownModel) }
        : words.refusal(model)
    const wait = model === 'rate-limited' ? { 'retry-after': '7' } : {}
    response.writeHead(status, { 'content-type': 'application/json', ...wait }).end(text)
    return
  }
  if (asked !== 'chat') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(words.whole(asked).text)
    return
  }
  const prompt = promptIn(dialect, body)
  const facts = { id: 'id-1', model, createdMs: 1_796_000_000_000, includeUsage: true }
  if (!streamed) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(dialect.codec.printReply(replyTo(prompt), facts))
    return
  }
  const { contentType, encoding = 'utf8' } = words.inEvents ?? { contentType: '' }
  response.writeHead(200, { 'content-type': contentType })
  const writer = dialect.codec.writer(facts)
  for (const event of eventsFor(prompt)) response.write(Buffer.from(writer.write([event]), encoding))
  if (prompt !== 'endless') response.end(Buffer.from(writer.end(), encoding))
}

function isFailure(model: string): model is FailureKind {
  return model === 'rate-limited' || model === 'not-found' || model === 'context-length'
}

function promptIn(dialect: PairedDialect, body: string): keyof typeof prompts {
  const parts = dialect.parse(body).messages.flatMap(({ content }) => content)
  const found = Object.entries(prompts).find(([, text]) =>
    parts.some((part) => part.type === 'text' && part.text === text),
  )
  if (found === undefined) throw new Error(`no prompt is in ${body}`)
  return found[0] as keyof typeof prompts
}

function replyTo(prompt: keyof typeof prompts): ChatReply {
  const content =
    prompt === 'tool'
      ? ({ type: 'tool-call', id: 'call_1', name: toolCall.name, arguments: argumentsText() } as const)
      : ({ type: 'text', text: prompt === 'schema' ? saidJson : saidText } as const)
  const finishReason = prompt === 'tool' ? 'tool-calls' : 'stop'
  return { id: 'id-1', model: 'm', choices: [{ content: [content], finishReason }], usage }
}

function eventsFor(prompt: keyof typeof prompts): readonly ChatEvent[] {
  const at = { choice: 0, block: 0 }
  const texts = (prompt === 'schema' ? saidJson : saidText).split(/(?<=[ :])/)
  const pieces: readonly ChatEvent[] =
    prompt === 'tool'
      ? [
          { parts: [{ type: 'tool-call-delta', ...at, id: 'call_1', name: toolCall.name, arguments: '' }] },
          ...argumentsText()
            .split(/(?<=,)/)
            .map((text): ChatEvent => ({ parts: [{ type: 'tool-call-delta', ...at, arguments: text }] })),
        ]
      : texts.map((text) => ({ parts: [{ type: 'text-delta', ...at, text }] }))
  if (prompt === 'endless') return pieces
  const finishReason = prompt === 'tool' ? 'tool-calls' : 'stop'
  return [
    ...pieces,
    { parts: [{ type: 'finish', choice: 0, finishReason }] },
    { parts: [{ type: 'usage', usage }] },
  ]
}

function argumentsText(): string {
  return JSON.stringify(toolCall.arguments)
}
