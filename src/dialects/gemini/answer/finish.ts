import type { FinishReason } from '../../../provider/contract.ts'

const read: ReadonlyMap<unknown, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['MODEL_ARMOR', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
] as const)

const wire: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
  other: 'OTHER',
}

/** Google has no word for an answer that calls tools: it stops like any other. */
export function readGeminiFinish(value: unknown, hasCalls: boolean): FinishReason {
  const reason = read.get(value) ?? 'other'
  return reason === 'stop' && hasCalls ? 'tool-calls' : reason
}

export function geminiFinish(reason: FinishReason): string {
  return wire[reason]
}
