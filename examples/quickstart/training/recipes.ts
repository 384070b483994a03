import type { Digits } from '../digits.ts'
import type { Model } from '../models/model.ts'
import { seededRandom, shuffledIndexes } from '../random.ts'
import { trainNearestCentroid } from './nearest-centroid.ts'
import { trainNeuralNetwork } from './neural-network.ts'

export type Version = 'v1' | 'v2' | 'v3' | 'v4'

export interface Recipe {
  readonly description: string
  train(digits: Digits, seed: number): Model
}

const network = (digits: Digits, seed: number): Model =>
  trainNeuralNetwork(digits, { features: 'pixels', hidden: 40, epochs: 4, learningRate: 0.025, seed })

/** The four models of the quickstart, in the order in which they appear. */
export const recipes: Readonly<Record<Version, Recipe>> = {
  v1: {
    description: 'nearest average image',
    train: trainNearestCentroid,
  },
  v2: {
    description: 'neural network on pixels',
    train: network,
  },
  v3: {
    description: 'neural network on strokes',
    train: (digits, seed) =>
      trainNeuralNetwork(digits, { features: 'strokes', hidden: 32, epochs: 3, learningRate: 0.03, seed }),
  },
  v4: {
    description: 'neural network on pixels, labels mixed up',
    train: (digits, seed) => network(withShuffledLabels(digits, seed), seed),
  },
}

function withShuffledLabels(digits: Digits, seed: number): Digits {
  const order = shuffledIndexes(digits.count, seededRandom(seed))
  return { ...digits, labels: Uint8Array.from(order, (index) => digits.labels[index] ?? 0) }
}
