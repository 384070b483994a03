import { ModelspineError } from 'modelspine/adapter'
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

export function missing(model: string, what: string): ModelspineError {
  return new ModelspineError('model-not-found', `model "${model}" of Vertex ${what}`, { details: { model } })
}
