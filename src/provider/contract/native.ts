import { type JsonRecord, sameJson } from '../../json.ts'
import { jsonBody } from './json-body.ts'

/** A value that may carry the form in which its vendor, or its caller, wrote it. */
export interface HasNative {
  readonly native?: Native
}

/** What a native form says: the text as it came, and the value that was read from it. */
export interface Original<Value> {
  readonly text: string
  readonly body: JsonRecord
  /** The form itself, where it is an object of this process. */
  readonly object: object | undefined
  readonly value: Value
}

/**
 * A request, reply or event in a vendor's own dialect. It belongs to the value that was read from it. A value
 * that was edited since says something else, so the text of its native form is no longer given. Then a
 * redaction cannot be undone by the original. Functions read it, so that nobody forgets to ask: `nativeText`,
 * `nativeBody`, `nativeObject` and, for dialects that write edits into the original, `originalOf`.
 *
 * A form is a text, or an object of this process. An object may hold what JSON cannot say, such as bytes, and its
 * text is made when it is asked for.
 */
export class Native {
  /** The dialect's name, such as `openai-chat`. */
  readonly dialect: string
  readonly #form: string | object
  #text: string | undefined
  #body: JsonRecord | undefined
  #value: HasNative | undefined

  /**
   * `form` is the text, or an object. `body` is the parsed text. Without it, the text is parsed when the body is first
   * read.
   */
  constructor(dialect: string, form: string | object, body?: JsonRecord) {
    this.dialect = dialect
    this.#form = form
    this.#body = body
  }

  /** Says, once and for ever, that `value` was read from its native form. */
  static bind<Value extends HasNative>(value: Value): Value {
    if (value.native !== undefined) value.native.#value ??= value
    return value
  }

  static original<Value extends HasNative>(value: Value, dialect: string): Original<Value> | undefined {
    const { native } = value
    if (native === undefined || native.dialect !== dialect || !(#form in native)) return undefined
    if (native.#value === undefined) return undefined
    return new ReadOriginal(native, native.#object(), native.#value as Value)
  }

  static text(value: HasNative, dialect: string): string | undefined {
    const native = Native.#untouched(value, dialect)
    return native === undefined ? undefined : native.#written()
  }

  static body(value: HasNative, dialect: string): JsonRecord | undefined {
    const native = Native.#untouched(value, dialect)
    return native === undefined ? undefined : native.#parsed()
  }

  static object(value: HasNative, dialect: string): object | undefined {
    const native = Native.#untouched(value, dialect)
    return native === undefined ? undefined : native.#object()
  }

  static #untouched(value: HasNative, dialect: string): Native | undefined {
    const { native } = value
    if (native === undefined || native.dialect !== dialect || !(#form in native)) return undefined
    return isUntouched(value, native.#value) ? native : undefined
  }

  #object(): object | undefined {
    return typeof this.#form === 'object' ? this.#form : undefined
  }

  #written(): string {
    this.#text ??= typeof this.#form === 'string' ? this.#form : jsonBody(this.#form, bytesAsText)
    return this.#text
  }

  static written(native: Native): string {
    return native.#written()
  }

  static parsed(native: Native): JsonRecord {
    return native.#parsed()
  }

  #parsed(): JsonRecord {
    this.#body ??= JSON.parse(this.#written()) as JsonRecord
    return this.#body
  }
}

class ReadOriginal<Value> implements Original<Value> {
  readonly object: object | undefined
  readonly value: Value
  readonly #native: Native

  constructor(native: Native, object: object | undefined, value: Value) {
    this.object = object
    this.value = value
    this.#native = native
  }

  get text(): string {
    return Native.written(this.#native)
  }

  get body(): JsonRecord {
    return Native.parsed(this.#native)
  }
}

/** Bytes are written as base64. Addresses and dates write themselves, and so do buffers before they come here. */
function bytesAsText(this: JsonRecord, name: string, written: unknown): unknown {
  const value = this[name]
  if (!(value instanceof Uint8Array)) return written
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
}

/** The same value with a native form that belongs to it. `body` is the parsed text, if there is one. */
export function withNative<Value extends object>(
  value: Value,
  dialect: string,
  text: string,
  body?: JsonRecord,
): Value & { readonly native: Native } {
  return Native.bind({ ...value, native: new Native(dialect, text, body) })
}

/**
 * The same value with an object of this process as the native form that belongs to it. The object must not be changed
 * afterwards. Its text is JSON, made when it is asked for, with bytes as base64.
 */
export function withNativeObject<Value extends object>(
  value: Value,
  dialect: string,
  object: object,
): Value & { readonly native: Native } {
  return Native.bind({ ...value, native: new Native(dialect, object) })
}

/** The text of a value's native form in this dialect. Undefined once the value was edited. */
export function nativeText(value: HasNative, dialect: string): string | undefined {
  return Native.text(value, dialect)
}

/** The parsed text of a value's native form in this dialect. Undefined once the value was edited. */
export function nativeBody(value: HasNative, dialect: string): JsonRecord | undefined {
  return Native.body(value, dialect)
}

/**
 * The object that is a value's native form in this dialect. Undefined once the value was edited, and for a form that
 * is a text.
 */
export function nativeObject(value: HasNative, dialect: string): object | undefined {
  return Native.object(value, dialect)
}

/**
 * The form from which a value was read, even if the value was edited since. It is for a dialect that writes
 * the edits into it: `editedFields` says which fields it must write.
 */
export function originalOf<Value extends HasNative>(
  value: Value,
  dialect: string,
): Original<Value> | undefined {
  return Native.original(value, dialect)
}

/** The names of the fields in which `value` differs from `original`, except `native`. */
export function editedFields<Value extends object>(value: Value, original: Value): readonly (keyof Value)[] {
  const names: (keyof Value)[] = []
  for (const name in value) if (!sameJson(value[name], original[name])) names.push(name)
  for (const name in original) if (!(name in value) && original[name] !== undefined) names.push(name)
  return names.filter((name) => name !== 'native')
}

function isUntouched(value: HasNative, original: HasNative | undefined): boolean {
  if (value === original) return true
  return original !== undefined && editedFields(value, original).length === 0
}
