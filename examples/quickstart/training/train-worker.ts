import { parentPort, workerData } from 'node:worker_threads'
import { loadDigits, splitDigits } from '../digits.ts'
import type { TrainingOptions } from '../train.ts'
import { trainModel } from './train-model.ts'

const { versions, ...options } = workerData as Required<TrainingOptions>
const digits = splitDigits(loadDigits(), options)
for (const version of versions) parentPort?.postMessage(trainModel(version, digits, options))
