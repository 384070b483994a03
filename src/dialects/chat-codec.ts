import type { ModelspineError } from '../errors.ts'
import type { Chat, ChatEvent, ChatReply, ChatRequest } from '../provider/contract.ts'
import type { Carriage } from './carriage.ts'

/** Makes an error of a parsed answer or event that holds one. */
export type ErrorOf = (body: unknown) => ModelspineError

/** A request in a dialect, with what its caller wants of the answer's form. */
export interface ChatCall {
  /** Its native form is the text that was read. */
  readonly request: ChatRequest
  readonly stream: boolean
  /** Whether the caller asked for usage in the stream. */
  readonly includeUsage: boolean
}

/** What the path of a request says in some formats. */
export interface ChatPlaceInUrl {
  readonly model: string
  readonly stream: boolean
}

/** How to write a request for an upstream. */
export interface ChatPrinting {
  readonly stream: boolean
  /** The entry of `options` to send. Fields that the contract knows win over fields of the entry. */
  readonly vendor: string
  /** Watches over what this dialect lacks. Absent: refusals throw, and approximations are allowed. */
  readonly carriage?: Carriage | undefined
}

/** What an answer says that no upstream of another dialect gave. */
export interface ChatAnswerFacts {
  readonly id: string
  readonly model: string
  /** Milliseconds since the epoch. */
  readonly createdMs: number
  /** Whether the caller asked for usage in the stream. */
  readonly includeUsage: boolean
}

/**
 * How one vendor family writes chats. Surfaces read requests and write answers with it, providers write
 * requests and read answers. Nothing else knows the vendor's names of fields.
 */
export interface ChatCodec<Printing extends ChatPrinting = ChatPrinting> {
  /** The value of `dialect` in a native form. */
  readonly dialect: string
  /** The format's name in messages for people, such as "Anthropic's messages". */
  readonly title: string
  /**
   * Reads a caller's request. Throws `bad-request` with the field, its value and a correct value. What the contract has
   * no word for is listed in `unread`. `place` is what the path says, for formats whose bodies do not say it.
   */
  parse(text: string, place?: ChatPlaceInUrl): ChatCall
  /**
   * Writes a request for an upstream. A request of this dialect keeps its text: the model, what was edited and
   * what `printing` asks for are written into it. Of any other request everything is written, or refused by name
   * (`unsupported`, with the field), or told to the carriage as approximated.
   */
  print(request: ChatRequest, printing: Printing): string
  /** As `capTokens` of a provider. `vendor` names the entry of `options` that holds further limits. */
  capTokens<Request extends Chat>(request: Request, cap: number, vendor: string): Request
  /**
   * Reads a whole answer. Throws `malformed-reply`, or what `errorOf` makes of an answer that is an error. `request` says
   * what an answer does not repeat, such as the format of its audio.
   */
  parseReply(text: string, errorOf: ErrorOf, request?: Chat): ChatReply
  printReply(reply: ChatReply, facts: ChatAnswerFacts): string
  /** Reads one stream of an upstream. `request` says what the caller may see of it. */
  reader(request: ChatRequest, errorOf: ErrorOf): ChatStreamReader
  /** Writes one stream for a caller. */
  writer(facts: ChatAnswerFacts): ChatStreamWriter
}

/**
 * How a stream ended: by the vendor's end marker, whole at the transport, or in a way that cannot be told from a
 * broken connection.
 */
export type ChatStreamEnd = 'marked' | 'whole' | 'unsure'

export interface ChatStreamReader {
  /** Whether this is the vendor's end marker, which says nothing else. What comes after it is not read. */
  isEnd(name: string, data: string): boolean
  /**
   * The event that a vendor's event says. Undefined for one that says nothing, such as a ping. Throws
   * `malformed-reply`, or what `errorOf` makes of an event that is an error.
   */
  read(name: string, data: string): ChatEvent | undefined
  /**
   * Call this when nothing more comes. Gives the events that the vendor left out. Throws `interrupted` when the
   * answer may have been cut off, and `malformed-reply` when there was no answer.
   */
  end(how: ChatStreamEnd): readonly ChatEvent[]
}

export interface ChatStreamWriter {
  /** The text of these events, framed for HTTP. May be empty. */
  write(events: readonly ChatEvent[]): string
  /** The text that ends a complete stream. */
  end(): string
  /** The number of the next event, in formats that number events. */
  readonly nextNumber?: number
}
