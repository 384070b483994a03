import { isRecord, type JsonRecord } from '../../../json.ts'
import type { Signed } from '../../../provider/contract.ts'
import { camelMembers } from '../gemini-fields.ts'
import { readGoogleSignature } from '../google-signature.ts'
import type { AnswerCallIds } from './answer-parts.ts'

/** What a piece of a call says. */
export interface CallPiece {
  readonly isNew: boolean
  readonly piece: Signed & { readonly id?: string; readonly name?: string; readonly arguments?: string }
}

/**
 * Calls whose arguments Vertex AI streams (`streamFunctionCallArguments`): each piece says the value at a path. The text of
 * the arguments is given with the last piece, because their JSON cannot be written in the order of the pieces.
 */
export class PartialCalls {
  #args: Record<string, unknown> | undefined

  /** Undefined for a part that is no piece of a call. */
  read(part: unknown, ids: AnswerCallIds): CallPiece | undefined {
    if (!isRecord(part)) return undefined
    const { functionCall: given, thoughtSignature } = camelMembers(part)
    if (!isRecord(given)) return undefined
    const call = camelMembers(given)
    const isOpen = this.#args !== undefined
    if (!isOpen && call.partialArgs === undefined && call.willContinue !== true) return undefined
    const args = this.#args ?? {}
    for (const piece of Array.isArray(call.partialArgs) ? call.partialArgs : []) {
      if (isRecord(piece)) setAt(args, camelMembers(piece))
    }
    this.#args = call.willContinue === true ? args : undefined
    const { signature, signedBy } = readGoogleSignature(thoughtSignature)
    return {
      isNew: !isOpen,
      piece: {
        ...(!isOpen && named(call, ids)),
        ...(this.#args === undefined && { arguments: JSON.stringify(args) }),
        ...(signature !== undefined && { signature }),
        ...(signedBy !== undefined && { signedBy }),
      },
    }
  }
}

function named(call: JsonRecord, ids: AnswerCallIds): { readonly id: string; readonly name: string } {
  const name = String(call.name ?? '')
  return { id: typeof call.id === 'string' ? call.id : ids.next(name), name }
}

/** Names and numbers of a path such as `$.stops[0].city` or `$['a b']`. */
const step = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]/g

function setAt(root: Record<string, unknown>, piece: JsonRecord): void {
  const steps = [...String(piece.jsonPath ?? '').matchAll(step)].map(([, name, place, quoted]) =>
    place === undefined ? (name ?? quoted ?? '') : Number(place),
  )
  const last = steps.pop()
  if (last === undefined) return
  let at = root as Record<string | number, unknown>
  for (const [index, each] of steps.entries()) {
    const next = steps[index + 1] ?? last
    if (!Object.hasOwn(at, each)) define(at, each, typeof next === 'number' ? [] : {})
    at = at[each] as Record<string | number, unknown>
  }
  const before = Object.hasOwn(at, last) ? at[last] : undefined
  define(at, last, valueIn(piece, before))
}

/** A plain assignment to `__proto__` would not make a member. */
function define(record: Record<string | number, unknown>, name: string | number, value: unknown): void {
  Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true })
}

/** Pieces of a text at the same place follow each other. */
function valueIn({ stringValue, numberValue, boolValue }: JsonRecord, before: unknown): unknown {
  if (typeof stringValue === 'string') return typeof before === 'string' ? before + stringValue : stringValue
  return numberValue ?? boolValue ?? null
}
