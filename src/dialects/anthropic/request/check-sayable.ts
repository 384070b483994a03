import type { ChatRequest } from '../../../provider/contract.ts'
import type { Carriage } from '../../carriage.ts'

/** Refuses, or tells as left out, the fields for which this format has no member. */
export function checkSayable(request: ChatRequest, carriage: Carriage): void {
  const { choices = 1, seed, frequencyPenalty = 0, presencePenalty = 0, stop, responseFormat } = request
  if (choices > 1) carriage.refuse('choices', `${choices} answers to one request`, 'ask several times')
  if (responseFormat !== undefined && request.responseSchema === undefined) {
    carriage.refuse('responseFormat', 'JSON of any form', 'give a schema for the answer')
  }
  if (seed !== undefined) carriage.approximate('seed', 'left out')
  if (frequencyPenalty !== 0) carriage.approximate('frequencyPenalty', 'left out')
  if (presencePenalty !== 0) carriage.approximate('presencePenalty', 'left out')
  if (stop?.some(isBlank) === true) carriage.refuse('stop', 'white space', 'stop at something that is seen')
}

/** Anthropic refuses to stop at such a text. */
export function isBlank(text: string): boolean {
  return text.trim() === ''
}
