import { isRecord, type JsonRecord } from '../../../json.ts'
import type { ChatDelta } from '../../../provider/contract.ts'
import { readSignature } from '../../foreign-signature.ts'
import { redactedOf } from '../blocks/read-block.ts'
import { anthropicVendor } from '../vendor.ts'

const nothing: readonly ChatDelta[] = []

/** Reads the events of one block of a streamed answer. */
export class BlockReader {
  readonly #block: JsonRecord
  readonly #kind: string
  #hasArguments = false

  constructor(block: JsonRecord) {
    this.#block = block
    this.#kind = String(block.type)
  }

  start(): readonly ChatDelta[] {
    const block = this.#block
    switch (this.#kind) {
      case 'text':
        return textOf('text-delta', block.text)
      case 'thinking':
        return [...textOf('reasoning-delta', block.thinking), ...signatureOf(block.signature)]
      case 'redacted_thinking': {
        const { text, encrypted = '', signedBy = anthropicVendor } = redactedOf(String(block.data ?? ''))
        return [{ type: 'reasoning-delta', text, encrypted, signedBy }]
      }
      case 'tool_use': {
        const { id, name, input } = block
        // Some servers of this format say all of a call at once.
        const whole = isRecord(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : undefined
        this.#hasArguments = whole !== undefined
        return [
          {
            type: 'tool-call-delta',
            id: String(id ?? ''),
            name: String(name ?? ''),
            ...(whole !== undefined && { arguments: whole }),
          },
        ]
      }
      default:
        return [opaque(this.#kind, block)]
    }
  }

  delta(delta: JsonRecord): readonly ChatDelta[] {
    switch (delta.type) {
      case 'text_delta':
        return textOf('text-delta', delta.text)
      case 'thinking_delta':
        return textOf('reasoning-delta', delta.thinking)
      case 'signature_delta':
        return signatureOf(delta.signature)
      case 'input_json_delta':
        return this.#kind === 'tool_use'
          ? this.#arguments(delta.partial_json)
          : [opaque('input_json_delta', delta)]
      default:
        return [opaque(String(delta.type), delta)]
    }
  }

  #arguments(text: unknown): readonly ChatDelta[] {
    if (typeof text !== 'string' || text === '') return nothing
    this.#hasArguments = true
    return [{ type: 'tool-call-delta', arguments: text }]
  }

  /** Nothing is written for a call without arguments, and everybody else expects an empty object. */
  stop(): readonly ChatDelta[] {
    if (this.#kind !== 'tool_use' || this.#hasArguments) return nothing
    return [{ type: 'tool-call-delta', arguments: '{}' }]
  }
}

function textOf(type: 'text-delta' | 'reasoning-delta', text: unknown): readonly ChatDelta[] {
  return typeof text === 'string' && text !== '' ? [{ type, text }] : nothing
}

function signatureOf(signature: unknown): readonly ChatDelta[] {
  if (typeof signature !== 'string' || signature === '') return nothing
  return [{ type: 'reasoning-delta', text: '', ...readSignature(signature, anthropicVendor) }]
}

function opaque(kind: string, data: JsonRecord): ChatDelta {
  return { type: 'opaque-delta', vendor: anthropicVendor, kind, data }
}
