import {
  type Carriage,
  type Chat,
  type ChatCodec,
  type ChatRequest,
  isOpenaiCompletion,
  type OpenaiPrinting,
  type OpenaiResponsesPrinting,
  openaiChat,
  openaiCompletions,
  openaiResponses,
  openaiResponsesOf,
} from 'modelspine/adapter'

/** The paths of OpenAI's formats, below the base URL. */
export type OpenaiPath = '/chat/completions' | '/completions' | '/responses' | '/embeddings'

/** What is known of one call when its request is written. */
export interface FormWriting {
  readonly stream: boolean
  /** The entry of `options` to send. */
  readonly vendor: string
  readonly carriage: Carriage
}

/** One of OpenAI's formats for chats, as a server takes it. */
export interface OpenaiForm {
  readonly path: OpenaiPath
  readonly codec: Pick<ChatCodec, 'dialect' | 'title' | 'parseReply' | 'reader' | 'capTokens'>
  print(request: ChatRequest, writing: FormWriting): string
  /** Whether only requests that came in this format are sent in it. */
  readonly isOnlyOwn?: boolean
}

type OwnWords<Printing> = Omit<Printing, keyof FormWriting>

export function chatForm(own: OwnWords<OpenaiPrinting>): OpenaiForm {
  return {
    path: '/chat/completions',
    codec: openaiChat,
    print: (request, writing) => openaiChat.print(request, { ...writing, ...own }),
  }
}

/** Legacy completions. */
export function completionForm(own: OwnWords<OpenaiPrinting>): OpenaiForm {
  return {
    path: '/completions',
    codec: openaiCompletions,
    print: (request, writing) => openaiCompletions.print(request, { ...writing, ...own }),
  }
}

/** `signer` names a server whose thoughts no other server reads. */
export function responseForm(own: OwnWords<OpenaiResponsesPrinting>, signer?: string): OpenaiForm {
  const codec = signer === undefined ? openaiResponses : openaiResponsesOf(signer)
  return {
    path: '/responses',
    codec,
    print: (request, writing) => codec.print(request, { ...writing, ...own }),
  }
}

/** The formats that a server takes. At least one of `chat` and `responses` is there. */
export interface OpenaiForms {
  readonly chat?: OpenaiForm | undefined
  readonly completions?: OpenaiForm | undefined
  readonly responses?: OpenaiForm | undefined
}

/**
 * The format that a request is sent in. One that came in a format which the server takes stays in it. Any other is
 * written as a response where the server takes them from everybody, unless it says what only chat completions can say.
 */
export function formFor(request: Chat, { chat, completions, responses }: OpenaiForms): OpenaiForm {
  const came = request.native?.dialect
  if (completions !== undefined && isOpenaiCompletion({ model: '', ...request })) return completions
  const isOwn = came === openaiResponses.dialect
  const prefersChat = came === openaiChat.dialect || (responses?.isOnlyOwn === true && !isOwn)
  const first = prefersChat ? (chat ?? responses) : (responses ?? chat)
  const other = first === chat ? undefined : chat
  const form = other !== undefined && !isOwn && wantsChat(request) ? other : first
  if (form === undefined) throw new TypeError('a server of OpenAI takes chat completions or responses')
  return form
}

/** Whether the request says what responses have no word for. */
function wantsChat({
  stop = [],
  choices = 1,
  seed,
  frequencyPenalty,
  presencePenalty,
  messages,
}: Chat): boolean {
  const tuned = seed ?? frequencyPenalty ?? presencePenalty
  if (stop.length > 0 || choices > 1 || tuned !== undefined) return true
  return messages.some(({ content }) => content.some(({ type }) => type === 'audio'))
}
