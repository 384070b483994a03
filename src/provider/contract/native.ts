import { type JsonRecord, sameJson } from '../../json.ts'

/** A value that may carry the form in which its vendor, or its caller, wrote it. */
export interface HasNative {
  readonly native?: Native
}

/** What a native form says: the text as it came, and the value that was read from it. */
export interface Original<Value> {
  readonly text: string
  readonly body: JsonRecord
  readonly value: Value
}

/**
 * A request, reply or event in a vendor's own dialect. It belongs to the value that was read from it. A value
 * that was edited since says something else, so the text of its native form is no longer given. Then a
 * redaction cannot be undone by the original. Functions read it, so that nobody forgets to ask: `nativeText`,
 * `nativeBody` and, for dialects that write edits into the original, `originalOf`.
 */
export class Native {
  /** The dialect's name, such as `openai-chat`. */
  readonly dialect: string
  readonly #text: string
  #body: JsonRecord | undefined
  #value: HasNative | undefined

  /** `body` is the parsed text. Without it, the text is parsed when the body is first read. */
  constructor(dialect: string, text: string, body?: JsonRecord) {
    this.dialect = dialect
    this.#text = text
    this.#body = body
  }

  /** Says, once and for ever, that `value` was read from its native form. */
  static bind<Value extends HasNative>(value: Value): Value {
    if (value.native !== undefined) value.native.#value ??= value
    return value
  }

  static original<Value extends HasNative>(value: Value, dialect: string): Original<Value> | undefined {
    const { native } = value
    if (native === undefined || native.dialect !== dialect || !(#text in native)) return undefined
    if (native.#value === undefined) return undefined
    return new ReadOriginal(native.#text, native.#value as Value, native)
  }

  static text(value: HasNative, dialect: string): string | undefined {
    const { native } = value
    if (native === undefined || native.dialect !== dialect || !(#text in native)) return undefined
    return isUntouched(value, native.#value) ? native.#text : undefined
  }

  static body(value: HasNative, dialect: string): JsonRecord | undefined {
    const { native } = value
    return native === undefined || Native.text(value, dialect) === undefined ? undefined : native.#parsed()
  }

  static parsed(native: Native): JsonRecord {
    return native.#parsed()
  }

  #parsed(): JsonRecord {
    this.#body ??= JSON.parse(this.#text) as JsonRecord
    return this.#body
  }
}

class ReadOriginal<Value> implements Original<Value> {
  readonly text: string
  readonly value: Value
  readonly #native: Native

  constructor(text: string, value: Value, native: Native) {
    this.text = text
    this.value = value
    this.#native = native
  }

  get body(): JsonRecord {
    return Native.parsed(this.#native)
  }
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

/** The text of a value's native form in this dialect. Undefined once the value was edited. */
export function nativeText(value: HasNative, dialect: string): string | undefined {
  return Native.text(value, dialect)
}

/** The parsed text of a value's native form in this dialect. Undefined once the value was edited. */
export function nativeBody(value: HasNative, dialect: string): JsonRecord | undefined {
  return Native.body(value, dialect)
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
