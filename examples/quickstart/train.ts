import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import { recipes, type Version } from './training/recipes.ts'
import type { TrainedModel } from './training/train-model.ts'

export interface TrainingOptions {
  /** The folder for the model files. It must exist. */
  readonly folder: string
  readonly seed: number
  /** How many digits are used for training. The others are used for the test. */
  readonly training: number
  /** Default: all versions, in order. */
  readonly versions?: readonly Version[]
}

/**
 * Yields each model as soon as it is trained. A separate thread does the training, so that the main thread
 * can still answer requests. The thread ends when the reader stops reading.
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
