import { join } from 'node:path'
import type { Digits } from '../digits.ts'
import { accuracy } from '../models/accuracy.ts'
import { writeModelFile } from '../models/model-file.ts'
import { recipes, type Version } from './recipes.ts'

export interface TrainedModel {
  readonly version: Version
  readonly description: string
  readonly file: string
  /** The accuracy on digits that were not used for training, from 0 to 1. */
  readonly testAccuracy: number
  readonly trainingMs: number
}

/** Trains one version, measures it and writes `<folder>/<version>.model`. */
export function trainModel(
  version: Version,
  digits: { readonly training: Digits; readonly test: Digits },
  options: { readonly folder: string; readonly seed: number },
): TrainedModel {
  const started = performance.now()
  const model = recipes[version].train(digits.training, options.seed)
  const trainingMs = performance.now() - started
  const file = join(options.folder, `${version}.model`)
  writeModelFile(file, version, model)
  const { description } = recipes[version]
  return { version, description, file, testAccuracy: accuracy(model, digits.test), trainingMs }
}
