import type { JsonRecord } from '../../../json.ts'
import type { VendorOptions } from '../../../provider/contract.ts'
import type { Carriage } from '../../carriage.ts'
import { bedrockVendor } from '../left-over.ts'

/** Where a block may stand. */
export type BlockRole = 'system' | 'user' | 'assistant' | 'tool'

/** What is known of the place that is being written. */
export interface ConverseContext {
  /** The entry of `options` to send, beside that of Bedrock. */
  readonly vendor: string
  readonly carriage: Carriage
  /** The place in the request: `messages[1].content[0]`. */
  readonly path: string
  /** Anthropic's models refuse thoughts that nobody signed. */
  readonly isClaude: boolean
  /** The names of documents that were written, in small letters. Bedrock refuses two of one name in a request. */
  readonly documentNames: Set<string>
}

/** Whether the name of a model or of an inference profile says that it is one of Anthropic's. */
export function namesClaude(model: string): boolean {
  return /(^|[./])anthropic\./.test(model)
}

/** Bedrock's own options of a part. Those of other vendors are told as left out. */
export function ownOptions(options: VendorOptions | undefined, context: ConverseContext): JsonRecord {
  if (options === undefined) return {}
  const { vendor, carriage, path } = context
  carriage.options(path, options, [vendor, bedrockVendor])
  return vendor === bedrockVendor
    ? (options[vendor] ?? {})
    : { ...options[bedrockVendor], ...options[vendor] }
}

/** Tells that these options of Bedrock's have no place in the block. */
export function leaveOut(options: JsonRecord, { carriage, path }: ConverseContext): void {
  for (const name in options) {
    if (options[name] !== undefined)
      carriage.approximate(`${path}.options.${bedrockVendor}.${name}`, 'left out')
  }
}
