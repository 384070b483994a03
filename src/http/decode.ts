import { ModelspineError } from '../errors.ts'
import type { HttpHeaders } from './dispatcher.ts'

/** A way to compress a body that is undone here. */
export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd'

const codings: ReadonlyMap<string, Coding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
])

/**
 * How the body is compressed, although the client asked for `identity`. Undefined when it is not. Throws
 * `malformed-reply` when it cannot be undone.
 */
export function codingOf(headers: HttpHeaders): Coding | undefined {
  const given = headers['content-encoding']
  if (given === undefined) return undefined
  const names = String(given)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  const [name] = names
  if (name === undefined) return undefined
  const coding = names.length === 1 ? codings.get(name) : undefined
  if (coding !== undefined) return coding
  throw new ModelspineError(
    'malformed-reply',
    `the reply has the content encoding "${names.join(', ').slice(0, 100)}", which cannot be decoded: gzip, deflate, br or zstd can`,
    { retryable: false },
  )
}

/** Without the headers that were true only before decoding. */
export function withoutCoding(headers: HttpHeaders): HttpHeaders {
  const { 'content-encoding': _coding, 'content-length': _length, ...rest } = headers
  return rest
}

type Decode = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
  told: (error: Error | null, plain: Uint8Array) => void,
) => void

/** The whole body, decoded. Throws `malformed-reply` when it has more than `maxBytes`, and `interrupted` when its end is missing. */
export function decoded(bytes: Uint8Array, coding: Coding, maxBytes: number): Promise<Uint8Array> {
  const zlib = process.getBuiltinModule('node:zlib')
  const ways: Readonly<Record<Coding, Decode>> = {
    gzip: zlib.gunzip,
    deflate: isRawDeflate(bytes) ? zlib.inflateRaw : zlib.inflate,
    br: zlib.brotliDecompress,
    zstd: zlib.zstdDecompress,
  }
  return new Promise((resolve, reject) => {
    ways[coding](bytes, { maxOutputLength: maxBytes }, (error, plain) =>
      error === null ? resolve(plain) : reject(decodeError(error, coding, maxBytes)),
    )
  })
}

/** The body's pieces, decoded as they arrive. Throws as `decoded` does, and what `chunks` throws after all that came before. */
export async function* decodedChunks(
  chunks: AsyncIterable<Uint8Array>,
  coding: Coding,
): AsyncGenerator<Uint8Array> {
  let decoder: Decoder | undefined
  try {
    for await (const chunk of chunks) {
      decoder ??= new Decoder(coding, chunk)
      yield* decoder.after(chunk)
    }
    if (decoder !== undefined) yield* decoder.after(undefined)
  } finally {
    decoder?.destroy()
  }
}

/** Feeds one of Node's decoders, and reads no further ahead than it holds. */
class Decoder {
  readonly #coding: Coding
  readonly #stream: import('node:stream').Transform
  #failure: Error | undefined
  #wake = (): void => {}

  constructor(coding: Coding, first: Uint8Array) {
    const zlib = process.getBuiltinModule('node:zlib')
    const ways = {
      gzip: zlib.createGunzip,
      deflate: isRawDeflate(first) ? zlib.createInflateRaw : zlib.createInflate,
      br: zlib.createBrotliDecompress,
      zstd: zlib.createZstdDecompress,
    }
    this.#coding = coding
    this.#stream = ways[coding]()
    this.#stream.on('readable', () => this.#wake())
    this.#stream.on('error', (error) => this.#fail(error))
  }

  /** The pieces that this chunk makes, or those that the end of the body makes. */
  async *after(chunk: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
    let isTaken = false
    const taken = (): void => {
      isTaken = true
      this.#wake()
    }
    // A missing end is an error after `finish`, in place of `end`.
    if (chunk === undefined) this.#stream.on('end', taken).end()
    else this.#stream.write(chunk, taken)
    for (;;) {
      const piece: Uint8Array | null = this.#stream.read()
      if (piece !== null) yield piece
      else if (this.#failure !== undefined) throw this.#failure
      else if (isTaken) return
      else await this.#woken()
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  destroy(): void {
    this.#stream.destroy()
  }

  #fail(error: Error): void {
    this.#failure ??= decodeError(error, this.#coding)
    this.#wake()
  }
}

/** RFC 9110, 8.4.1.2: some servers send what is called deflate without the header of zlib. */
function isRawDeflate([first = 0]: Uint8Array): boolean {
  return (first & 0x0f) !== 8
}

function decodeError(error: NodeJS.ErrnoException, coding: Coding, maxBytes?: number): ModelspineError {
  if (error.code === 'ERR_BUFFER_TOO_LARGE') {
    const message = `the reply has more than the ${maxBytes} bytes allowed when its ${coding} is decoded`
    return new ModelspineError('malformed-reply', message, {
      details: { maxBodyBytes: maxBytes },
      retryable: false,
    })
  }
  return error.code === 'Z_BUF_ERROR'
    ? new ModelspineError('interrupted', `the reply ended in the middle of its ${coding}`)
    : new ModelspineError('malformed-reply', `the reply is not the ${coding} that its headers announce`)
}
