/** What can be asked, and in which form the answer comes. */
export type Asked = 'chat' | 'embed' | 'infer' | 'infer-binary'

export interface Answer {
  readonly contentType: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer in events, each with its end. */
export interface AnswerInEvents {
  readonly contentType: string
  /** Set for a binary answer: each character of its texts is one byte. */
  readonly encoding?: 'latin1'
  /** Every event but the last has output. The last one says that the answer is finished. */
  readonly events: readonly string[]
  /** What stands behind the last event. */
  readonly endMark: string
  readonly malformed: string
  /** An event that reports an error. */
  readonly error: string
}

export interface Refusal {
  readonly status: number
  readonly text: string
}

export type RefusalKind = 'rate-limited' | 'broken' | 'overloaded' | 'context-length' | 'content-filter'

/**
 * How a vendor says what the laboratory lets it say. Answers hold `answeredText`, `answeredVector` or `answeredTensors`,
 * so that a test knows whether all of an answer arrived.
 */
export interface VendorWords {
  /** What a request asks for, by its path and body. */
  read(
    path: string,
    body: string,
  ): { readonly asked: Asked; readonly model: string; readonly streamed: boolean }
  whole(asked: Asked): Answer
  /** Left out for a vendor without streams. */
  readonly inEvents?: AnswerInEvents
  refusal(kind: RefusalKind): Refusal
  /** A whole answer with status 200 that reports an error all the same. */
  readonly errorAnswer: string
}

/** Its letters have one to four bytes in UTF-8. */
export const answeredText = 'Grüße ✓ an alle 🌍'
/** Floats of 32 bits hold these without a loss. */
export const answeredVector: readonly number[] = [0.5, -0.25, 1]
export const answeredTensors =
  '{"model_name":"m","outputs":[{"name":"y","datatype":"BYTES","shape":[1],"data":["Grüße 🌍"]}]}'

const binaryHead =
  '{"model_name":"m","outputs":[{"name":"y","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":9}}]}'
/** Its bytes are letters, so that it can be a text here. */
export const answeredBinary: string = `${binaryHead}\x05\0\0\0tiger`
export const answeredBinaryHeaders: Readonly<Record<string, string>> = {
  'inference-header-content-length': String(binaryHead.length),
}
