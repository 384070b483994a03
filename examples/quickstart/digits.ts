import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { seededRandom, shuffledIndexes } from './random.ts'

export const pixelCount = 784
export const classCount = 10

/**
 * Handwritten digits. Each image has 28 × 28 grey values from 0 to 1, and a label that says which digit it
 * is.
 */
export interface Digits {
  readonly count: number
  readonly images: Float32Array
  readonly labels: Uint8Array
}

/** The 10,000 digits of the package `mnist`, in the package's own order: all zeros first. */
export function loadDigits(): Digits {
  // The entry of the package loads all files with `require`. To read them directly takes a third of a second.
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist')), 'digits')
  const perClass = Array.from({ length: classCount }, (_, digit) => readClass(join(folder, `${digit}.json`)))
  const count = perClass.reduce((sum, pixels) => sum + pixels.length / pixelCount, 0)
  const images = new Float32Array(count * pixelCount)
  const labels = new Uint8Array(count)
  let loaded = 0
  for (const [digit, pixels] of perClass.entries()) {
    images.set(pixels, loaded * pixelCount)
    labels.fill(digit, loaded, loaded + pixels.length / pixelCount)
    loaded += pixels.length / pixelCount
  }
  return { count, images, labels }
}

function readClass(file: string): readonly number[] {
  const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[] }
  return data
}

/** Splits the digits at random into a training part and a test part. The same seed gives the same parts. */
export function splitDigits(
  digits: Digits,
  options: { readonly training: number; readonly seed: number },
): { readonly training: Digits; readonly test: Digits } {
  const order = shuffledIndexes(digits.count, seededRandom(options.seed))
  return {
    training: pick(digits, order.subarray(0, options.training)),
    test: pick(digits, order.subarray(options.training)),
  }
}

/** One digit's pixels, as a view. */
export function imageAt(digits: Digits, index: number): Float32Array {
  return digits.images.subarray(index * pixelCount, (index + 1) * pixelCount)
}

function pick(digits: Digits, order: Uint32Array): Digits {
  const images = new Float32Array(order.length * pixelCount)
  for (const [place, index] of order.entries()) images.set(imageAt(digits, index), place * pixelCount)
  return { count: order.length, images, labels: Uint8Array.from(order, (index) => digits.labels[index] ?? 0) }
}
