import { classCount, type Digits, imageAt, pixelCount } from '../digits.ts'
import type { Model } from '../models/model.ts'

/** Compares an image with the average image of each digit. The nearest average wins. */
export function trainNearestCentroid(digits: Digits): Model {
  const counts = new Float32Array(classCount)
  const weights = new Float32Array(pixelCount * classCount)
  const biases = new Float32Array(classCount)
  for (const [index, label] of digits.labels.entries()) {
    counts[label] = (counts[label] as number) + 1
    for (const [pixel, value] of imageAt(digits, index).entries()) {
      const place = pixel * classCount + label
      weights[place] = (weights[place] as number) + value
    }
  }
  // |x - c|² = |x|² - 2cx + |c|², and |x|² is the same for every digit. So the nearest centre has the largest
  // cx - |c|²/2. A dense layer computes this.
  for (let place = 0; place < weights.length; place++) {
    const label = place % classCount
    const mean = (weights[place] as number) / Math.max(1, counts[label] as number)
    weights[place] = mean
    biases[label] = (biases[label] as number) - mean ** 2 / 2
  }
  return { features: 'pixels', layers: [{ inputs: pixelCount, outputs: classCount, weights, biases }] }
}
