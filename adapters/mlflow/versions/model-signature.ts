import type { Signature } from 'modelspine/adapter'
import { z } from 'zod'
import { signatureOf } from './column-types.ts'

/** Larger descriptions are not read. Those of MLflow have some kilobytes. */
const mostChars = 256 * 1024

const description = z.looseObject({
  signature: z
    .looseObject({ inputs: z.string().nullish(), outputs: z.string().nullish() })
    .nullish()
    .catch(undefined),
})

/** The signature in the text of a file `MLmodel`. */
export async function signatureInFile(text: string): Promise<Signature | undefined> {
  if (text.length > mostChars) return undefined
  const { parse } = await import('yaml')
  try {
    return signatureOf(description.parse(parse(text)).signature ?? {})
  } catch {
    return undefined
  }
}

const history = z.array(description.extend({ artifact_path: z.string().nullish() }))

/**
 * The signature in a run's tag `mlflow.log-model.history`, where MLflow 1 and 2 keep a copy of each `MLmodel` that the
 * run logged. `folder` is the artifact's path below the run's artifacts.
 */
export function signatureInHistory(tag: string, folder: string): Signature | undefined {
  try {
    const entry = history.parse(JSON.parse(tag)).findLast(({ artifact_path }) => artifact_path === folder)
    return signatureOf(entry?.signature ?? {})
  } catch {
    return undefined
  }
}
