import type { Question } from '../telling/traffic.ts'
import { type Digits, imageAt, pixelCount } from './digits.ts'

/** Asks for the label of one digit. */
export function questionOf(digits: Digits, index: number): Question {
  const data = Array.from(imageAt(digits, index), (grey) => Math.round(grey * 255))
  return {
    body: JSON.stringify({
      inputs: [{ name: 'image', shape: [1, pixelCount], datatype: 'UINT8', data }],
      outputs: [{ name: 'label' }],
    }),
    truth: digits.labels[index] ?? -1,
  }
}
