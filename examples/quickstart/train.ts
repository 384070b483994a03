import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import { recipes, type Version } from './training/recipes.ts'
import type { TrainedModel } from './training/train-model.ts'

export interface TrainingOptions {
  /** Where the model files go; it must exist. */
  readonly folder: string
  readonly seed: number
  /** How many digits to train with; the others test. */
  readonly training: number
  /** Default: all, in order. */
  readonly versions?: readonly Version[]
}

/**
 * Yields each model as soon as it is trained. A thread of its own does the work, so that whoever reads this goes
 * on answering requests; it ends when the reader stops reading.
 */
export async function* train(options: TrainingOptions): AsyncGenerator<TrainedModel, void, void> {
  const versions = options.versions ?? (Object.keys(recipes) as Version[])
  const worker = new Worker(new URL('./training/train-worker.ts', import.meta.url), {
    workerData: { ...options, versions } satisfies Required<TrainingOptions>,
  })
  try {
    for await (const [trained] of on(worker, 'message', { close: ['exit'] })) yield trained
  } finally {
    await worker.terminate()
  }
}
