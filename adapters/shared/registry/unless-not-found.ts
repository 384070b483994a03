import { isModelspineError } from 'modelspine/adapter'

/** Undefined for a model, a version or an alias that is not there. Versions may be deleted after they were listed. */
export async function unlessNotFound<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found
  } catch (error) {
    if (isModelspineError(error, 'model-not-found')) return undefined
    throw error
  }
}
