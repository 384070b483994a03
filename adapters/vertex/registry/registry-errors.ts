import { isModelspineError, ModelspineError } from 'modelspine/adapter'
import type { GoogleWords } from '../../shared/google/google-words.ts'

export const registryWords: GoogleWords = {
  vendor: 'Vertex',
  owner: 'vertexRegistry',
  unavailable: 'registry-unavailable',
  conflict: 'conflict',
  refused: 'invalid-options',
  meaning({ status }, message) {
    if (status === 'NOT_FOUND') return { code: 'model-not-found', message }
    // Another writer was faster.
    if (status === 'ALREADY_EXISTS') return { code: 'conflict', message, retryable: true }
    return undefined
  },
}

/** Undefined for a model, version or alias that is not there. */
export async function unlessMissing<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found
  } catch (error) {
    if (isModelspineError(error, 'model-not-found')) return undefined
    throw error
  }
}

export function missing(model: string, what: string): ModelspineError {
  return new ModelspineError('model-not-found', `model "${model}" of Vertex ${what}`, { details: { model } })
}
